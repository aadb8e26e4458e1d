import Foundation
import PicketEvents
import Testing

@testable import PicketProfiles

/// Every example of Documentation/PROFILES.md is read as it stands there.
@Suite struct DocumentationTests {
    /// The blocks of YAML on the page.
    static let examples: [String] = {
        let page = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Documentation/PROFILES.md")
        guard let text = try? String(contentsOf: page, encoding: .utf8) else { return [] }
        return text.components(separatedBy: "```yaml\n").dropFirst()
            .map { $0.components(separatedBy: "\n```")[0] }
    }()

    @Test("the page has examples")
    func examplesAreThere() {
        #expect(Self.examples.count >= 8)
    }

    @Test("an example is right", arguments: examples)
    func example(text: String) throws {
        if text.hasPrefix("identity:") {
            let (fleet, diagnostics) = FleetReader.parse(text: text, file: "fleet.yaml")
            #expect(fleet?.devices.isEmpty == false, "\(DiagnosticRenderer().text(diagnostics))")
            return
        }
        // A part of a profile stands in the smallest profile that it can be part of.
        let head = "profile: p\ntargets: [all]\nbehaviors:\n"
        if text.hasPrefix("exceptions:") {
            let behavior = "- { name: gone-silent, metric: num-messages-sent, alarm: none in 30m }\n"
            #expect(try Fixtures.profile(head + behavior + text).exceptions.count == 2)
            return
        }
        let whole =
            text.hasPrefix("profile:")
            ? text : text.hasPrefix("where:") ? head + "- { name: b, metric: count, alarm: any, \(text) }" : head + text
        #expect(try !Fixtures.profile(whole).behaviors.isEmpty)
    }

    /// The page as it stands.
    private static let page: String = {
        let page = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Documentation/PROFILES.md")
        return (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    }()

    @Test("the page names every metric, field, kind, reason, kind of subject and severity")
    func everythingIsNamed() {
        var names = Metric.allCases.map(\.rawValue) + Field.allCases.map(\.rawValue)
        names += EventKind.allCases.filter { !$0.isReserved }.map { "\($0.name)" }
        names += Reason.allCases.filter { $0 != .none }.map { "\($0.name)" }
        names += SubjectKind.allCases.map(\.rawValue) + Severity.Level.allCases.map(\.rawValue)
        names += CustomMetric.MetricType.allCases.map(\.rawValue) + ConditionReader.keys
        for name in names { #expect(Self.page.contains("`\(name)`"), "\(name)") }
    }

    @Test("the page names the keys of every kind of event", arguments: EventKind.allCases.filter { !$0.isReserved })
    func keys(kind: EventKind) throws {
        let line = try #require(
            Self.page.split(separator: "\n").first { line in
                line.hasPrefix("| ") && line.split(separator: "|")[0].contains("`\(kind.name)`")
                    && line.split(separator: "|").count == 3
                    && EventKind.allCases.contains { line.hasPrefix("| `\($0.name)`") }
            })
        let common: Set<EventKey> = [.device, .client, .user, .identity, .clock, .unknown, .address]
        for key in EventKey.allCases
        where EventKey.allowed(in: kind) & 1 << UInt64(key.rawValue) != 0 && !common.contains(key) {
            #expect(line.contains("`\(key.name)`"), "\(kind.name): \(key.name)")
        }
    }
}
