import Glibc

/// Measures one stage alone.
@main
struct Bench {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("decode", 2):
            try DecodeBench.run(file: arguments[1])
        case ("append", 4):
            guard let level = Int(arguments[1]) else { usage() }
            try AppendBench.run(from: arguments[2], to: arguments[3], level: level)
        case ("mqtt", 2):
            guard let millions = Int(arguments[1]), millions > 0 else { usage() }
            if try !MQTTBench.run(millions: millions) { exit(1) }
        default:
            usage()
        }
    }

    private static func usage() -> Never {
        print("usage: picket-bench decode FILE.ndjson | append LEVEL FROM-LOG TO-LOG | mqtt MILLIONS")
        exit(64)
    }
}
