import Foundation
import PicketEvents
import PicketMitigation
import Testing

/// Steps in order, and what is called upon when one of them fails.
struct EscalationTests {
    private static let command = Playbook.Step.command(
        Playbook.Command(
            topic: "cmd/{device}/x", payload: Playbook.Command.standardPayload, acknowledge: "cmd/{device}/ack",
            withinSeconds: 1))
    private static let cutOff = Playbook.Step.cutOff(reason: .keyCompromise, watchSeconds: 1)
    private static let pause = Playbook.Step.wait(for: nil, withinSeconds: 1)

    private func outbox(_ steps: [Playbook.Step], escalation: [Playbook.Step] = []) -> Outbox {
        var set = OutboxTests.set()
        set.playbooks["contain"]?.steps = steps
        set.playbooks["contain"]?.escalation = escalation
        var outbox = Outbox()
        _ = OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set)
        return outbox
    }

    private func end(_ step: String, _ state: Intent.State, _ outbox: inout Outbox) throws {
        let intent = try #require(outbox.due.first { $0.step == step })
        let outcome = MitigationRecord.outcome(id: intent.id, device: "t-1", state: state, note: nil)
        for record in [outcome] + outbox.consequences(of: outcome) { outbox.apply(record, received: 2_000) }
    }

    @Test func `a step waits for the one before it, and only a command holds nobody up`() throws {
        var outbox = outbox([Self.command, Self.pause, Self.cutOff])
        #expect(outbox.due.map(\.step) == ["command", "wait"])
        try end("wait", .done, &outbox)
        #expect(outbox.due.map(\.step) == ["command", "cut-off"])
    }

    @Test func `nobody waits for a command that a person has not allowed yet, nor calls for more because of it`() throws
    {
        var set = OutboxTests.set(.approve)
        set.playbooks["contain"]?.steps = [
            Self.command, .wait(for: .acknowledged, withinSeconds: 1), .notify(to: "security"),
        ]
        set.playbooks["contain"]?.escalation = [Self.cutOff]
        var outbox = Outbox()
        _ = OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set)
        #expect(outbox.due.isEmpty)
        let command = try #require(outbox.intents.values.first { $0.step == "command" })
        #expect(outbox.apply(operator: "approve", mitigation: command.id, by: "anna", received: 2_000) == nil)
        #expect(outbox.due.map(\.step) == ["command", "wait"])
        try end("command", .done, &outbox)
        try end("wait", .done, &outbox)
        #expect(outbox.due.map(\.step) == ["notify"])
    }

    @Test func `what is due when something fails sleeps until then`() throws {
        var outbox = outbox([Self.command], escalation: [Self.cutOff])
        #expect(outbox.due.map(\.step) == ["command"])
        try end("command", .failed, &outbox)
        #expect(outbox.due.map(\.step) == ["cut-off"])
    }

    @Test func `an undo that fails, or an all-clear that nobody takes, calls for nothing`() throws {
        var outbox = outbox([.notify(to: "security"), Self.command], escalation: [Self.cutOff])
        try end("notify", .done, &outbox)
        _ = outbox.consider(
            OutboxTests.violation("t-1", event: .alarmCleared), playbook: "contain", in: OutboxTests.set(),
            certificates: [], address: nil, registered: 0, received: 2_000)
        try end("resolve-notify", .failed, &outbox)
        #expect(outbox.due.map(\.step) == ["command"])
    }

    @Test func `when an approval expires, what waits for its failure is not needed`() throws {
        var set = OutboxTests.set(.approve)
        set.playbooks["contain"]?.steps = [Self.command]
        set.playbooks["contain"]?.escalation = [Self.cutOff]
        var outbox = Outbox()
        _ = OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set)
        for record in outbox.aged(at: 2 * 86_400_000) { outbox.apply(record, received: 2 * 86_400_000) }
        #expect(Set(outbox.intents.values.map(\.state)) == [.expired, .notNeeded])
    }

    @Test func `when nothing fails it is not needed, and that is a record`() throws {
        var outbox = outbox([Self.command, Self.pause], escalation: [Self.cutOff])
        try end("command", .done, &outbox)
        #expect(outbox.intents.values.contains { $0.state == .dormant })
        try end("wait", .done, &outbox)
        #expect(outbox.intents.values.map(\.state.rawValue).sorted() == ["done", "done", "not-needed"])
        #expect(outbox.due.isEmpty)
    }

    @Test func `what sleeps survives a restart`() throws {
        let outbox = outbox([Self.command], escalation: [Self.cutOff])
        var recovered = Outbox()
        for intent in outbox.order.compactMap({ outbox.intents[$0] }) {
            let line = MitigationRecord.intent(intent).line(received: intent.at)
            recovered.apply(try #require(MitigationRecord(line: Data(line))), received: intent.at)
        }
        try end("command", .unknown, &recovered)
        #expect(recovered.due.map(\.step) == ["cut-off"])
    }

    @Test func `a harmless step counts for no limit and no cool-down`() {
        var set = OutboxTests.set(devices: 1)
        set.playbooks["contain"]?.steps = [Self.pause]
        var outbox = Outbox()
        for device in ["t-1", "t-2", "t-1"] {
            let intent = OutboxTests.consider(OutboxTests.violation(device, id: UUID().uuidString), &outbox, set)
            #expect(intent?.state == .running)
        }
    }
}
