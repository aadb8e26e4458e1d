import Foundation
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
}
