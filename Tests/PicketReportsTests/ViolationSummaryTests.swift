import Foundation
import PicketEvents
import Testing

@testable import PicketMitigation
@testable import PicketReports

/// What people decide and what Picket does belongs to its violation, in the very records that the daemon writes.
struct ViolationSummaryTests {
    private func record(_ index: UInt64, _ line: [UInt8]) throws -> ReportRecord {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        let kind = try #require(EventKind(name: object["kind"] as? String ?? ""))
        return try #require(ReportRecord(LaneTally.Note(index: index, kind: kind, received: 1_000, line: line)))
    }

    private func mitigation(_ index: UInt64, _ record: MitigationRecord) throws -> ReportRecord {
        try self.record(index, record.line(received: 1_000))
    }

    private func decision(_ index: UInt64, _ action: String, _ details: [(String, String)]) throws -> ReportRecord {
        let record = OperatorRecord(
            received: 1_000, action: action, by: "anna", details: details.map { OperatorRecord.Detail($0.0, $0.1) })
        return try self.record(index, record.line())
    }

    @Test func `facts, the outcome and decisions are found by the intent that names the violation`() throws {
        var summary = ViolationSummary()
        let violation = #"""
            {"received":"1970-01-01T00:00:01.000Z","feed":"picket","kind":"violation","event":"in-alarm","id":"v1",\#
            "profile":"p","behavior":"b","subject":"device","device":"t-7","severity":"high","why":"w"}
            """#
        summary.add(try record(5, Array(violation.utf8)), from: 0, bucket: 60_000)
        let intent = Intent(
            id: "m1", violation: "v1", behavior: "b", severity: "high", playbook: "contain", index: 0, step: "cut-off",
            device: "t-7", serial: "4A", state: .waiting, why: "mode approve")
        summary.mitigate(try mitigation(6, .intent(intent)))
        summary.decide(try decision(7, "approve", [("mitigation", "m1")]))
        summary.mitigate(
            try mitigation(8, .fact(id: "m1", device: "t-7", fact: "denied", isSeen: true, detail: nil)))
        summary.mitigate(try mitigation(9, .outcome(id: "m1", device: "t-7", state: .done, note: nil)))
        summary.mitigate(try mitigation(10, .outcome(id: "other", device: "t-8", state: .done, note: nil)))
        summary.decide(try decision(11, "verify", [("violation", "v1"), ("state", "true-positive")]))
        let item = try #require(summary.items.first)
        #expect(item.mitigations == [6, 8, 9])
        #expect(item.decisions == [7, 11])
        #expect(item.verdict == "true-positive")
    }
}
