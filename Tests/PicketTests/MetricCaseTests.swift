import Foundation
import Testing

/// Every metric has a case that shows how a violation of it begins and how it ends: what cannot be shown is not there.
@Suite("Metric cases")
struct MetricCaseTests {
    /// AWS's four types of custom metrics, which have no name of their own.
    private static let customTypes = ["number", "number-list", "ip-address-list", "string-list"]

    /// What is expected of a case, as far as it matters here.
    private struct Expected: Decodable {
        var behavior: String
        var event: String
    }

    /// What a case shows of each metric of its profile: the events of its expected violations.
    private static func events(of folder: CaseFolder) throws -> [String: Set<String>] {
        var metrics: [String: String] = [:]
        var name = ""
        for line in try String(contentsOfFile: folder.profile, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("  - name: ") { name = String(line.dropFirst(10)) }
            if line.hasPrefix("    metric: ") {
                let metric = String(line.dropFirst(12))
                metrics[name] = metric.hasPrefix("aws:") ? String(metric.dropFirst(4)) : metric
            }
        }
        let lines = try String(contentsOfFile: "\(folder.path)/expected.ndjson", encoding: .utf8).split(separator: "\n")
        return try lines.reduce(into: [:]) { events, text in
            let line = try JSONDecoder().decode(Expected.self, from: Data(text.utf8))
            if let metric = metrics[line.behavior] { events[metric, default: []].insert(line.event) }
        }
    }

    @Test("Each metric that the program lists has a case of its own, with an alarm and its end")
    func catalogue() async throws {
        let listed = try await Binary.run(["metrics", "--output", "json"])
        try #require(listed.exitCode == 0, "\(listed.stderr)")
        struct Listed: Decodable { var metric: String }
        let metrics = try listed.lines.map { try JSONDecoder().decode(Listed.self, from: Data($0.utf8)).metric }
        #expect(metrics.count >= 40)
        let folders = Dictionary(
            uniqueKeysWithValues: (CaseTests.folders + LiveCaseTests.folders).map { ($0.testDescription, $0) })
        for metric in metrics {
            let folder = try #require(folders["metric-\(metric)"], "there is no case metric-\(metric)")
            let shown = try MetricCaseTests.events(of: folder)[metric] ?? []
            #expect(shown.isSuperset(of: ["in-alarm", "alarm-cleared"]), "metric-\(metric) shows \(shown.sorted())")
        }
        for type in MetricCaseTests.customTypes {
            let folder = try #require(folders["metric-custom-\(type)"], "there is no case metric-custom-\(type)")
            let shown = try MetricCaseTests.events(of: folder).values.reduce(into: Set<String>()) { $0.formUnion($1) }
            #expect(shown.isSuperset(of: ["in-alarm", "alarm-cleared"]), "metric-custom-\(type)")
        }
    }
}
