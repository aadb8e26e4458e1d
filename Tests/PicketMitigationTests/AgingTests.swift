import Foundation
import PicketDetection
import PicketEvents
import PicketMitigation
import PicketProfiles
import Testing

/// What time alone changes, and what two people decide.
struct AgingTests {
    private static let day: Int64 = 86_400_000

    private func age(_ outbox: inout Outbox, to now: Int64, _ set: PlaybookSet) -> [MitigationRecord] {
        let records = outbox.aged(at: now)
        for record in records { outbox.apply(record, received: now) }
        return records
    }

    @Test func `an approval that nobody gave has expired, and cannot be given any more`() throws {
        var outbox = Outbox()
        let set = OutboxTests.set(.approve)
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        #expect(age(&outbox, to: Self.day, set).isEmpty)
        #expect(age(&outbox, to: Self.day + 2_000, set).count == 1)
        #expect(outbox.intents[intent.id]?.state == .expired)
        #expect(outbox.objection(to: "approve", mitigation: intent.id) != nil)
        #expect(age(&outbox, to: 3 * Self.day, set).isEmpty)
    }

    @Test func `a cut-off for a time is taken back once`() throws {
        var outbox = Outbox()
        var set = OutboxTests.set()
        set.playbooks["contain"]?.undoSeconds = 60
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        #expect(age(&outbox, to: Self.day, set).isEmpty, "what was not done is not taken back")
        outbox.apply(
            .outcome(id: intent.id, device: "t-1", state: .done, note: nil), received: Self.day)
        #expect(age(&outbox, to: Self.day + 59_000, set).isEmpty)
        #expect(age(&outbox, to: Self.day + 60_000, set).count == 1)
        #expect(outbox.due.map(\.step) == ["undo-cut-off"])
        #expect(age(&outbox, to: Self.day + 90_000, set).isEmpty)
    }

    @Test func `deadlines stand in the record, whatever the playbook is called by then`() throws {
        var set = OutboxTests.set(.approve)
        set.playbooks["contain"]?.undoSeconds = 60
        set.playbooks["contain"]?.approvalSeconds = 120
        var first = Outbox()
        var intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &first, set))
        intent.before = [Intent.before("main", "in quarantine", true), Intent.before("record", "in quarantine", false)]
        // What a start reads, without any playbook.
        let line = MitigationRecord.intent(intent).line(received: 0)
        guard case .intent(let read)? = MitigationRecord(line: Data(line)) else {
            Issue.record("no intent: \(String(decoding: line, as: UTF8.self))")
            return
        }
        #expect(read.before == intent.before)
        #expect(read.was("in quarantine", at: "main") == true)
        #expect(read.was("in quarantine", at: "record") == false)
        #expect(read.was("in quarantine", at: "other") == nil)
        var outbox = Outbox()
        outbox.apply(.intent(read), received: 0)
        #expect(outbox.aged(at: 119_000).isEmpty)
        #expect(outbox.aged(at: 120_000).count == 1)
        outbox.apply(operator: "approve", mitigation: read.id, by: "anna", received: 1_000)
        outbox.apply(.outcome(id: read.id, device: "t-1", state: .done, note: nil), received: 2_000)
        #expect(outbox.aged(at: 61_000).isEmpty)
        #expect(outbox.aged(at: 62_000).count == 1)
    }

    @Test func `while everything is stopped nothing ages`() throws {
        var outbox = Outbox()
        let set = OutboxTests.set(.approve)
        _ = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        outbox.apply(operator: "stop", mitigation: nil, received: 0)
        #expect(outbox.aged(at: 2 * Self.day).isEmpty)
        outbox.apply(operator: "resume", mitigation: nil, received: 2 * Self.day)
        #expect(outbox.aged(at: 2 * Self.day + 1_000).isEmpty, "nobody was asked while it was stopped")
        #expect(outbox.aged(at: 3 * Self.day).count == 1)
    }

    @Test func `where two have to approve one person twice is not enough`() throws {
        var outbox = Outbox()
        var set = OutboxTests.set(.approve)
        set.playbooks["contain"]?.approvers = 2
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        func approve(_ user: String) -> String? {
            outbox.apply(operator: "approve", mitigation: intent.id, by: user, received: 0)
        }
        #expect(approve("anna") == nil)
        #expect(outbox.due.isEmpty)
        #expect(approve("anna")?.contains("another person") ?? false)
        #expect(outbox.due.isEmpty)
        #expect(approve("ben") == nil)
        #expect(outbox.due.map(\.id) == [intent.id])
    }

    @Test func `whoever was told that it began is told that it is over, and nobody else`() throws {
        var outbox = Outbox()
        var set = OutboxTests.set()
        set.playbooks["contain"]?.steps = [.notify(to: "security")]
        let told = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        let over = OutboxTests.violation("t-1", event: .alarmCleared)
        let records = outbox.consider(
            over, playbook: "contain", in: set, certificates: [], address: nil, registered: 0, received: 2_000)
        #expect(records.count == 1)
        let resolve = try #require(outbox.due.last)
        #expect(resolve.step == "resolve-notify" && resolve.id != told.id && resolve.isHarmless)
        let stranger = OutboxTests.violation("t-2", event: .alarmCleared)
        #expect(
            outbox.consider(
                stranger, playbook: "contain", in: set, certificates: [], address: nil, registered: 0, received: 2_000
            ).isEmpty)
    }
}
