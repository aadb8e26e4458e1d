import PicketDetection
package import PicketEvents
import PicketFeeds
package import PicketProfiles

/// Runs a test of a profile on the very engine: its events are lines of a feed, decoded, put in order and judged as those of
/// any other.
package struct ProfileTestRun {
    /// What was expected and did not come, or came and was not expected.
    package struct Difference: Sendable {
        /// Nil for a violation that nobody expected.
        package var missing: ProfileTest.Expectation?
        package var unexpected: Violation?
    }

    /// Everything that happened.
    package let violations: [Violation]
    package let differences: [Difference]
    /// Why lines are no events, one reason for each such line.
    package let rejections: [String]
    /// Whether every restart found in the log what had been found before.
    package let isSound: Bool
    private let start = ProfileTest.start

    /// Runs `test` of `profile`. Without a fleet of its own, a test is about devices that the profile means.
    package init(_ test: ProfileTest, of profile: SecurityProfile) {
        let meant =
            test.fleet == nil
            ? SecurityProfile(
                name: profile.name, behaviors: profile.behaviors, exceptions: profile.exceptions, source: profile.source
            )
            : profile
        var engine = TestEngine { Detector(profiles: [meant], fleet: test.fleet?.view ?? .none) }
        for (index, part) in test.feed.enumerated() {
            if index > 0 { engine.restart() }
            engine.take(part)
        }
        engine.end()
        let found = engine.found
        violations = found
        rejections = engine.rejections
        isSound = engine.isSound
        differences = ProfileTestRun.compare(test.expectations, found)
    }

    package var passed: Bool { differences.isEmpty && rejections.isEmpty && isSound }

    /// Every expectation takes one violation; alarms that are left over were not expected. Ends of violations need not be
    /// listed.
    private static func compare(_ expectations: [ProfileTest.Expectation], _ found: [Violation]) -> [Difference] {
        var left = found
        var differences: [Difference] = []
        for expectation in expectations {
            if let index = left.firstIndex(where: { expectation.isMet(by: $0) }) {
                left.remove(at: index)
            } else {
                differences.append(Difference(missing: expectation, unexpected: nil))
            }
        }
        for violation in left where violation.event == .inAlarm {
            differences.append(Difference(missing: nil, unexpected: violation))
        }
        return differences
    }

    /// What was expected and what happened, line by line, for a person.
    package func timeline(_ test: ProfileTest) -> [String] {
        var lines = ["  expected:"]
        lines +=
            test.expectations.isEmpty
            ? ["    nothing"]
            : test.expectations.map { expectation in
                let isMissing = differences.contains { $0.missing?.place == expectation.place }
                return "  \(isMissing ? "-" : " ") \(at(expectation.time)) \(expectation.event) \(expectation.behavior)"
                    + (expectation.subject.map { " \($0)" } ?? "") + (expectation.value.map { " value \($0)" } ?? "")
            }
        lines.append("  found:")
        lines +=
            violations.isEmpty
            ? ["    nothing"]
            : violations.map { violation in
                let isExtra = differences.contains { $0.unexpected == violation }
                let value = violation.value.map { " value \(violation.metric.amount($0))" } ?? ""
                return
                    "  \(isExtra ? "+" : " ") \(at(violation.time)) \(violation.event.rawValue) \(violation.behavior)"
                    + " \(violation.subject)\(value): \(violation.why)"
            }
        for reason in Set(rejections).sorted() {
            let count = rejections.count { $0 == reason }
            lines.append("  \(count) \(count == 1 ? "event" : "events") could not be read: \(reason)")
        }
        if !isSound { lines.append("  after a restart the log gives other violations than before: a fault of Picket") }
        return lines
    }

    private func at(_ time: Int64?) -> String {
        guard let time else { return "at any time" }
        let offset = time - start
        guard offset % 1_000 != 0 else { return "+\(offset / 1_000)s" }
        // 50 ms are .050 seconds, not .50.
        return "+\(offset / 1_000).\(String(abs(offset % 1_000) + 1_000).dropFirst())s"
    }
}

extension ProfileTest.Expectation {
    /// Whether the violation is the one that is meant.
    fileprivate func isMet(by violation: Violation) -> Bool {
        guard violation.event.rawValue == event, violation.behavior == behavior else { return false }
        if let time, violation.time != time { return false }
        if let subject, violation.subject != subject { return false }
        guard let value else { return true }
        guard let found = violation.value else { return violation.text == value }
        return value == "\(found)" || value == violation.metric.amount(found) || violation.text == value
    }
}
