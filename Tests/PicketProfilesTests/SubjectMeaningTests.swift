import PicketEvents
import Testing

@testable import PicketProfiles

/// Limits and subjects that can be read, and whether they mean anything.
@Suite struct SubjectMeaningTests {
    private func diagnostics(_ behavior: String, _ more: String = "") -> [Diagnostic] {
        ProfileLoader.parse(text: "profile: p\ntargets: [all]\n\(more)behaviors:\n  - \(behavior)\n", file: "p.yaml")
            .diagnostics
    }

    @Test(
        "what counts devices is not counted for one device",
        arguments: [
            ("devices-per-address", "address"), ("devices-per-certificate", "certificate"),
            ("readers-per-topic", "topic"),
        ])
    func devices(metric: String, subject: String) {
        for said in ["", "subject: device, "] {
            let found = diagnostics("{ name: b, \(said)metric: \(metric), alarm: more than 3 in 1h }")
            #expect(found.map(\.severity) == [.error] && found.first?.suggestion == "subject: \(subject)", "\(found)")
        }
        #expect(diagnostics("{ name: b, subject: \(subject), metric: \(metric), alarm: more than 3 in 1h }").isEmpty)
    }

    @Test(
        "what cannot be read, and what is missing, names nobody but its feed",
        arguments: ["", "subject: user, ", "subject: feed, "], ["rejected", "gaps"])
    func rejected(said: String, metric: String) {
        let found = diagnostics("{ name: b, \(said)metric: \(metric), alarm: more than 3 in 1h }")
        #expect(found.map(\.severity) == (said.contains("feed") ? [] : [.error]), "\(found)")
        #expect(found.first?.suggestion == (said.contains("feed") ? nil : "subject: feed"))
    }

    @Test("a custom number may be below 0, a count may not")
    func negative() {
        for alarm in ["fewer than -5", "more than -5 in 1m", "at most 0"] {
            let found = diagnostics(
                "{ name: b, metric: temperature, alarm: \(alarm) }", "customMetrics: { temperature: number }\n")
            #expect(found.isEmpty, "\(alarm): \(found)")
        }
        #expect(!diagnostics("{ name: b, metric: count, alarm: more than -5 in 1m }").isEmpty)
    }

    @Test("`any` is written as it is read, with a window and without")
    func any() throws {
        let any = try Fixtures.profile(
            "profile: p\ntargets: [all]\nbehaviors: [{ name: b, metric: count, alarm: any }]\n")
        #expect(any.behaviors[0].duration == ProfileLimits.quietSeconds)
        let alone = try Fixtures.profile(
            "profile: p\ntargets: [all]\nbehaviors: [{ name: b, metric: count, alarm: more than 0 }]\n")
        #expect(alone.behaviors[0].duration == nil)
        for profile in [any, alone] {
            let again = try Fixtures.profile(ProfileWriter.yaml(profile))
            #expect(again.behaviors == profile.behaviors)
        }
    }
}
