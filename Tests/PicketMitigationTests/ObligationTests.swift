import Foundation
import PicketEvents
import PicketMitigation
import Testing

/// What follows from an act long after it: it is taken back, or told to be over, however much happened since.
struct ObligationTests {
    private static func fact(_ intent: Intent, _ name: String, _ outbox: inout Outbox) {
        outbox.apply(
            .fact(id: intent.id, device: intent.device, fact: name, isSeen: true, detail: nil), received: 1_500)
    }

    @Test func `a fleet-wide alarm makes nobody forget what was done and who was told`() throws {
        var set = OutboxTests.set(devices: 5)
        set.playbooks["contain"]?.steps.append(.notify(to: "security"))
        var outbox = Outbox()
        var cutOffs: [Intent] = []
        for number in 0..<10_000 {
            let violation = OutboxTests.violation("t-\(number)")
            let first = try #require(OutboxTests.consider(violation, &outbox, set, at: 1_000, registered: 10_000))
            if first.state == .running {
                outbox.apply(.outcome(id: first.id, device: first.device, state: .done, note: nil), received: 1_500)
                cutOffs.append(first)
            } else {
                outbox.apply(operator: "reject", mitigation: first.id, received: 1_500)
            }
            let told = try #require(outbox.family(of: first).first { $0.step == "notify" })
            outbox.apply(.outcome(id: told.id, device: told.device, state: .done, note: nil), received: 1_600)
        }
        #expect(cutOffs.count == 5)
        #expect(outbox.order.count < 30_000)
        for intent in cutOffs { #expect(outbox.undo(intent.id, received: 2_000) != nil) }
        var resolved = 0
        for number in 0..<10_000 {
            let over = OutboxTests.violation("t-\(number)", event: .alarmCleared)
            if OutboxTests.consider(over, &outbox, set)?.step == "resolve-notify" { resolved += 1 }
        }
        #expect(resolved == 10_000)
    }

    @Test func `what nothing follows from is forgotten some day, and not by whoever shows a log`() throws {
        let set = OutboxTests.set(.observe)
        var outbox = Outbox()
        var shown = Outbox(forgets: false)
        for number in 0..<12_000 {
            _ = OutboxTests.consider(OutboxTests.violation("t-\(number)"), &outbox, set)
            _ = OutboxTests.consider(OutboxTests.violation("t-\(number)"), &shown, set)
        }
        #expect(outbox.order.count <= 11_000)
        #expect(shown.order.count == 12_000)
    }

    @Test func `what a person stopped halfway and rejected is taken back like what was done`() throws {
        var set = OutboxTests.set()
        set.playbooks["contain"]?.undoSeconds = 60
        var outbox = Outbox()
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        Self.fact(intent, "denied", &outbox)
        outbox.apply(operator: "stop", mitigation: nil, received: 2_000)
        #expect(outbox.apply(operator: "reject", mitigation: intent.id, received: 3_000) == nil)
        outbox.apply(operator: "resume", mitigation: nil, received: 4_000)
        #expect(outbox.aged(at: 62_999).isEmpty)
        #expect(outbox.aged(at: 63_000).count == 1)
        #expect(outbox.undo(intent.id, received: 5_000) != nil)
        // What was rejected before anything was done has nothing to take back.
        let other = try #require(
            OutboxTests.consider(OutboxTests.violation("t-2"), &outbox, OutboxTests.set(.approve)))
        outbox.apply(operator: "reject", mitigation: other.id, received: 6_000)
        #expect(outbox.undo(other.id, received: 7_000) == nil)
    }

    @Test func `how it was before is how the first of several acts found it`() throws {
        var set = OutboxTests.set()
        set.playbooks["contain"]?.coolDownSeconds = 0
        var outbox = Outbox()
        let first = try #require(OutboxTests.consider(OutboxTests.violation("t-1", id: "a"), &outbox, set))
        outbox.apply(
            .fact(
                id: first.id, device: "t-1", fact: Intent.beforeFact, isSeen: true,
                detail: Intent.before("main", "disabled", false)), received: 1_500)
        // It is under way, and has disabled the user.
        Self.fact(first, "disabled", &outbox)
        let second = try #require(OutboxTests.consider(OutboxTests.violation("t-1", id: "b"), &outbox, set))
        #expect(outbox.was("disabled", at: "main", beforeOthersOf: second) == false)
        // While the second one is under way too, taking the first one back leaves what both did.
        outbox.apply(.outcome(id: first.id, device: "t-1", state: .failed, note: nil), received: 1_600)
        guard case .intent(let undo)? = outbox.undo(first.id, received: 2_000) else {
            throw OutboxTests.MissingIntent()
        }
        #expect(outbox.alsoInForce(with: undo) == nil, "the second has done nothing yet")
        Self.fact(second, "denied", &outbox)
        #expect(outbox.alsoInForce(with: undo)?.id == second.id)
    }

    @Test func `time counts from when it became due, and not from the violation`() throws {
        var set = OutboxTests.set(.approve)
        set.playbooks["contain"]?.approvalSeconds = 60
        var outbox = Outbox()
        let waiting = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        outbox.apply(operator: "approve", mitigation: waiting.id, by: "anna", received: 50_000)
        #expect(outbox.intents[waiting.id]?.begunAt == 50_000)
        // What is called upon when something fails waits for a person from then on.
        set.playbooks["contain"]?.escalation = [.revoke(reason: .keyCompromise)]
        let first = try #require(OutboxTests.consider(OutboxTests.violation("t-2"), &outbox, set))
        outbox.apply(operator: "approve", mitigation: first.id, by: "anna", received: 50_000)
        outbox.apply(.outcome(id: first.id, device: "t-2", state: .failed, note: nil), received: 59_000)
        let escalation = try #require(outbox.family(of: first).last)
        #expect(escalation.step == "revoke" && escalation.state == .waiting)
        #expect(outbox.aged(at: 70_000).isEmpty)
        #expect(outbox.aged(at: 119_000).count == 1)
    }

    @Test func `a step that has another's place is another step`() {
        let run = Playbook.Step.run(arguments: ["page", "{device}"], withinSeconds: 5, isHarmless: true)
        #expect(
            run.fingerprint
                == Playbook.Step.run(arguments: ["page", "{device}"], withinSeconds: 5, isHarmless: true).fingerprint)
        for other in [
            Playbook.Step.run(arguments: ["wipe", "{device}"], withinSeconds: 5, isHarmless: true),
            .run(arguments: ["page", "{device}"], withinSeconds: 6, isHarmless: true), .notify(to: "page"),
        ] { #expect(run.fingerprint != other.fingerprint) }
    }
}
