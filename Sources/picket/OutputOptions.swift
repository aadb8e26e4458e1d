import ArgumentParser
import Glibc

/// How a command speaks: text for people, JSON lines for programs.
struct OutputOptions: ParsableArguments {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(
        help: ArgumentHelp(
            "text or json (one object a line). Without it: text on a terminal, json elsewhere.", valueName: "form"))
    var output: Form?

    /// Whether data is written as JSON.
    var isJSON: Bool { output.map { $0 == .json } ?? (isatty(STDOUT_FILENO) == 0) }

    /// Whether text may be colored: on a terminal, unless `NO_COLOR` is set (no-color.org).
    func mayColor(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 && getenv("NO_COLOR") == nil }
}
