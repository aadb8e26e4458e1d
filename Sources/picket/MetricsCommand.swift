import ArgumentParser
import PicketEvents

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Lists what behaviors can measure.",
        discussion: """
            Example:
              picket metrics --output json

            Metrics of AWS IoT Device Defender have its names; `aws:` before them is optional. A metric of your own is declared
            in the profile: `customMetrics: { cpu_usage: number }`.
            """)

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        var out = StandardOutput()
        for metric in Metric.allCases {
            let kinds = metric.kinds.kinds.map { "\($0.name)" }
            if output.isJSON {
                var line = RecordLine()
                line.add("metric", metric.rawValue)
                line.add("unit", metric.unit)
                line.add("values", "\(metric.values)")
                line.add("from", kinds)
                line.add("evidence", metric.isFromReports ? "device" : "broker")
                try out.line(line.finish())
            } else {
                let name = metric.rawValue.padding(to: 32)
                let from = kinds.count > 6 ? "all events" : kinds.joined(separator: ", ")
                try out.line("\(name)\(metric.unit.padding(to: 30))\(from)".utf8)
            }
        }
        try out.flush()
    }
}

extension String {
    /// At least `width` characters, and a space.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
