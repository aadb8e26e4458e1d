import Foundation
import Glibc
import Testing

/// A Mosquitto with Picket's plugin, on a free port of this machine, and a folder for both.
final class PluginSite {
    /// The plugin, built from the sources of this checkout; nil where it cannot be built.
    static let plugin: String? = {
        let folder = FileManager.default.temporaryDirectory.path + "/picket-plugin-\(getpid())"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(Places.package)/script/plugin")
        process.arguments = [folder]
        process.standardOutput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return nil
        }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "\(folder)/picket_plugin.so" : nil
    }()
    static let broker = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    static let reason: Comment = "needs mosquitto, mosquitto-dev and a C compiler; script/setup installs them"

    let folder: ProductFolder
    let port: Int
    private(set) var mosquitto: ProductProgram?

    init(options: [String] = []) throws {
        folder = try ProductFolder()
        port = try PluginSite.freePort()
        let user = String(cString: getpwuid(geteuid()).pointee.pw_name)
        try folder.write(
            "mosquitto.conf",
            (["listener \(port) 127.0.0.1", "allow_anonymous true", "user \(user)", "log_type all"]
                + ["plugin \(PluginSite.plugin ?? "")", "plugin_opt_socket \(folder.file("broker.sock"))"]
                + ["plugin_opt_deny \(folder.file("deny"))"] + options).joined(separator: "\n") + "\n")
        try folder.write("picket.yaml", "data: data\nfeeds:\n  - { name: broker, plugin: broker.sock }\n")
    }

    deinit { mosquitto?.signal(SIGTERM) }

    static func freePort() throws -> Int {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 ? getsockname(number, $0, &length) : -1
            }
        }
        try #require(code == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts the broker of a folder; tries again for a while where somebody else has the port at the moment.
    static func startBroker(in folder: ProductFolder) throws -> ProductProgram {
        var words = ""
        for _ in 0..<20 {
            let program = try ProductProgram(["-c", "mosquitto.conf"], executable: broker ?? "mosquitto", in: folder)
            if program.waits(until: { program.wordsText.contains("running") }) { return program }
            words = program.wordsText
            usleep(250_000)
        }
        throw BrokerDidNotStart(words: words)
    }

    /// What the broker said.
    struct BrokerDidNotStart: Error { let words: String }

    func startBroker() throws { mosquitto = try PluginSite.startBroker(in: folder) }

    func startPicket() throws -> ProductProgram {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        try #require(program.waits { program.wordsText.contains("the plugin is here") }, "\(program.wordsText)")
        return program
    }

    /// Publishes `count` messages as one client; returns when the broker has them all.
    func publish(_ count: Int, as client: String = "t-7", topic: String = "t", qos: Int = 1) throws
        -> ProductProgram.End
    {
        try folder.write("\(client).lines", String(repeating: "message\n", count: count))
        return try ProductProgram.run(
            ["-h", "127.0.0.1", "-p", "\(port)", "-i", client, "-q", "\(qos)", "-t", topic, "-l"],
            executable: "/usr/bin/mosquitto_pub", in: folder, input: folder.file("\(client).lines")
        ).end
    }

    func records() throws -> [[String: Any]] {
        try RunSite.records(in: folder)
    }

    func count(_ kind: String) throws -> Int { try records().filter { $0["kind"] as? String == kind }.count }

    /// The events that the log says are missing.
    func lost() throws -> Int {
        try records().filter { $0["kind"] as? String == "gap" }.map { ($0["lost"] as? Int) ?? 0 }.reduce(0, +)
    }
}
