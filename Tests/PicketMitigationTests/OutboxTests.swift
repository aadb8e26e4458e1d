import Foundation
import PicketEvents
import PicketMitigation
import PicketProfiles
import Testing

struct OutboxTests {
    static func violation(
        _ device: String, id: String? = nil, identity: Identity = .certificate,
        evidence: Violation.Evidence = .broker, subjectKind: SubjectKind = .device, event: Violation.Event = .inAlarm,
        isSuppressed: Bool = false
    ) -> Violation {
        var violation = Violation(
            time: 0, event: event, id: id ?? "violation-\(device)", profile: "p", behavior: "flood",
            subjectKind: subjectKind, subject: device, metric: Metric(rawValue: "num-messages-sent") ?? .count,
            value: 9,
            expected: "at most 5", window: "5m", severity: "high", evidence: evidence, count: 1, ended: nil,
            isSuppressed: isSuppressed, why: "9 messages")
        violation.identity = identity
        return violation
    }

    static func set(_ mode: Playbook.Mode = .automatic, devices: Int = 5, share: Double? = nil) -> PlaybookSet {
        var playbook = Playbook(name: "contain", steps: [.cutOff(reason: .keyCompromise, watchSeconds: 1)], mode: mode)
        playbook.limits = Playbook.Limits(devices: devices, sharePercent: share, perSeconds: 3_600)
        var set = PlaybookSet()
        set.playbooks["contain"] = playbook
        set.protected = ["gateway-*"]
        return set
    }

    static func consider(
        _ violation: Violation, _ outbox: inout Outbox, _ set: PlaybookSet = OutboxTests.set(),
        serial: String? = "4A0F",
        at received: Int64 = 1_000, registered: Int = 0
    ) -> Intent? {
        let records = outbox.consider(
            violation, playbook: "contain", in: set, certificates: serial.map { [SessionTable.Certificate($0)] } ?? [],
            address: "10.0.0.9", registered: registered,
            received: received)
        guard case .intent(let intent)? = records.first else { return nil }
        return intent
    }

    @Test func `a proved device is cut off by the serial of its session`() {
        var outbox = Outbox()
        let intent = OutboxTests.consider(OutboxTests.violation("t-1"), &outbox)
        #expect(intent?.state == .running)
        #expect(intent?.serial == "4A0F")
        #expect(outbox.due.map(\.device) == ["t-1"])
    }

    @Test(arguments: [
        OutboxTests.violation("t-1", identity: .claimed), OutboxTests.violation("t-1", identity: .password),
        OutboxTests.violation("t-1", evidence: .device),
    ])
    func `nobody gets a victim cut off: without proof a person decides, and the address is proposed`(
        violation: Violation
    ) {
        var outbox = Outbox()
        let intent = OutboxTests.consider(violation, &outbox)
        #expect(intent?.state == .waiting)
        #expect(intent?.proposes == "block the address 10.0.0.9")
        #expect(outbox.due.isEmpty)
    }

    @Test func `a password proves a device that the fleet file binds to its user, and the user is what is denied`()
        throws
    {
        var outbox = Outbox()
        let violation = OutboxTests.violation("t-1", identity: .password)
        let records = outbox.consider(
            violation, playbook: "contain", in: OutboxTests.set(), certificates: [SessionTable.Certificate("4A0F")],
            user: "user-1", address: nil,
            registered: 0, received: 1_000)
        guard case .intent(let intent)? = records.first else { throw MissingIntent() }
        #expect(intent.state == .running)
        #expect(intent.user == "user-1" && intent.serial == nil)
        let line = Data(MitigationRecord.intent(intent).line(received: 1_000))
        #expect(MitigationRecord(line: line) == .intent(intent))
        // Where a certificate proved it, the certificate is denied.
        var other = Outbox()
        guard
            case .intent(let proved)? = other.consider(
                OutboxTests.violation("t-1"), playbook: "contain", in: OutboxTests.set(),
                certificates: [SessionTable.Certificate("4A0F")],
                user: "user-1",
                address: nil, registered: 0, received: 1_000
            ).first
        else { throw MissingIntent() }
        #expect(proved.user == nil && proved.serial == "4A0F")
    }

    struct MissingIntent: Error {}

    @Test func `who is moved into a group waits for two people, is taken back, and protected devices never are`() throws
    {
        var set = OutboxTests.set(.approve)
        set.playbooks["contain"]?.steps = [.moveToGroup(["quarantine"], probe: nil, watchSeconds: 1)]
        var outbox = Outbox()
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        #expect(intent.approvers == 2 && intent.groups == ["quarantine"])
        #expect(outbox.apply(operator: "approve", mitigation: intent.id, by: "anna", received: 0) == nil)
        #expect(outbox.due.isEmpty)
        #expect(outbox.apply(operator: "approve", mitigation: intent.id, by: "anna", received: 0) != nil)
        #expect(outbox.apply(operator: "approve", mitigation: intent.id, by: "bert", received: 0) == nil)
        #expect(outbox.due.map(\.step) == ["move-to-group"])
        outbox.apply(.outcome(id: intent.id, device: "t-1", state: .done, note: nil), received: 5_000)
        guard case .intent(let undo)? = outbox.undo(intent.id, received: 6_000) else { throw MissingIntent() }
        #expect(undo.step == "undo-move-to-group" && undo.groups == ["quarantine"])
        #expect(OutboxTests.consider(OutboxTests.violation("gateway-1"), &outbox, set)?.state == .refused)
    }

    @Test func `in automatic mode a move waits for two people, unless its writer wants none`() {
        var set = OutboxTests.set(.automatic)
        set.playbooks["contain"]?.steps = [.release(["quarantine"])]
        var outbox = Outbox()
        let intent = OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set)
        #expect(intent?.state == .waiting && intent?.approvers == 2)
        set.playbooks["contain"]?.movesUnattended = true
        #expect(OutboxTests.consider(OutboxTests.violation("t-2"), &outbox, set)?.state == .running)
    }

    @Test func `of two certificates of a device a person says which one did it`() throws {
        var outbox = Outbox()
        var set = OutboxTests.set(.automatic)
        set.playbooks["contain"]?.steps.append(.notify(to: "security"))
        let intents = outbox.consider(
            OutboxTests.violation("t-1"), playbook: "contain", in: set,
            certificates: [SessionTable.Certificate("4B"), SessionTable.Certificate("4A")],
            address: nil,
            registered: 0, received: 1_000
        ).compactMap { record -> Intent? in
            guard case .intent(let intent) = record else { return nil }
            return intent
        }
        #expect(intents.map(\.step) == ["cut-off", "cut-off", "notify"])
        #expect(intents.map(\.state) == [.waiting, .waiting, .running])
        #expect(intents[0].serial == "4B" && intents[1].serial == "4A" && intents[0].id != intents[1].id)
        #expect(intents[0].why.contains("4B, 4A"))
        #expect(outbox.apply(operator: "approve", mitigation: intents[1].id, by: "anna", received: 0) == nil)
        #expect(outbox.due.map(\.serial) == ["4A"])
        let done = MitigationRecord.outcome(id: intents[1].id, device: "t-1", state: .done, note: nil)
        let more = outbox.consequences(of: done)
        for record in [done] + more { outbox.apply(record, received: 2_000) }
        #expect(outbox.intents[intents[0].id]?.state == .notNeeded, "one was chosen")
    }

    @Test func `what is due is handed out as it becomes due, and all of it after a stop`() throws {
        var outbox = Outbox()
        let first = try #require(OutboxTests.consider(OutboxTests.violation("t-1", id: "a"), &outbox))
        #expect(outbox.takeDue().map(\.id) == [first.id])
        #expect(outbox.takeDue().isEmpty)
        let second = try #require(OutboxTests.consider(OutboxTests.violation("t-2", id: "b"), &outbox))
        outbox.apply(operator: "stop", mitigation: nil, received: 0)
        #expect(outbox.takeDue().isEmpty)
        outbox.apply(operator: "resume", mitigation: nil, received: 0)
        #expect(Set(outbox.takeDue().map(\.id)) == [first.id, second.id])
    }

    @Test func `what a stop holds back can be rejected, and is not begun again`() throws {
        var outbox = Outbox()
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox))
        #expect(outbox.apply(operator: "reject", mitigation: intent.id, received: 0)?.contains("stop holds it") == true)
        outbox.apply(operator: "stop", mitigation: nil, received: 0)
        #expect(outbox.apply(operator: "reject", mitigation: intent.id, received: 0) == nil)
        outbox.apply(operator: "resume", mitigation: nil, received: 0)
        #expect(outbox.due.isEmpty)
    }

    @Test func `what a person takes back while nothing runs is there at the next start`() throws {
        var outbox = Outbox()
        let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox))
        outbox.apply(.outcome(id: intent.id, device: "t-1", state: .done, note: nil), received: 1_000)
        #expect(outbox.objection(to: "undo", mitigation: intent.id) == nil)
        outbox.apply(operator: "undo", mitigation: intent.id, by: "anna", received: 2_000)
        let undo = try #require(outbox.due.first)
        #expect(undo.step == "undo-cut-off" && outbox.unrecorded == [undo.id])
        #expect(outbox.objection(to: "undo", mitigation: intent.id) != nil)
        outbox.apply(.intent(undo), received: 3_000)
        #expect(outbox.unrecorded.isEmpty && outbox.due == [undo])
    }

    @Test func `what two mitigations did stays when one is taken back`() throws {
        var outbox = Outbox()
        var set = OutboxTests.set()
        set.playbooks["contain"]?.coolDownSeconds = 0
        var intents: [Intent] = []
        for name in ["a", "b"] {
            let intent = try #require(OutboxTests.consider(OutboxTests.violation("t-1", id: name), &outbox, set))
            outbox.apply(.outcome(id: intent.id, device: "t-1", state: .done, note: nil), received: 1_000)
            intents.append(intent)
        }
        guard case .intent(let first)? = outbox.undo(intents[0].id, received: 2_000) else { throw MissingIntent() }
        #expect(outbox.alsoInForce(with: first)?.id == intents[1].id)
        guard case .intent(let second)? = outbox.undo(intents[1].id, received: 2_000) else { throw MissingIntent() }
        #expect(outbox.alsoInForce(with: second) == nil)
    }

    @Test func `a session whose certificate was not seen waits for a person`() {
        var outbox = Outbox()
        #expect(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, serial: nil)?.state == .waiting)
    }

    @Test(arguments: ["gateway-7", "a/b", "#", "-rf", "line\nfeed"])
    func `protected devices are refused; a dangerous name saves nobody from being cut off by its serial`(device: String)
    {
        var outbox = Outbox()
        let cutOff = OutboxTests.consider(OutboxTests.violation(device), &outbox)
        #expect(cutOff?.state == (device == "gateway-7" ? .refused : .running))
    }

    @Test func `cutting off has no meaning for an address`() {
        var outbox = Outbox()
        let violation = OutboxTests.violation("10.0.0.1", subjectKind: .address)
        #expect(OutboxTests.consider(violation, &outbox)?.state == .refused)
    }

    @Test func `what is suppressed, excepted, silenced, cleared or not severe enough causes nothing`() {
        var outbox = Outbox()
        var set = OutboxTests.set()
        var excepted = OutboxTests.violation("t-1")
        excepted.excepted = "test rig"
        #expect(OutboxTests.consider(excepted, &outbox) == nil)
        var silenced = OutboxTests.violation("t-1")
        silenced.silenced = "roll-out"
        #expect(OutboxTests.consider(silenced, &outbox) == nil)
        #expect(OutboxTests.consider(OutboxTests.violation("t-1", isSuppressed: true), &outbox) == nil)
        #expect(OutboxTests.consider(OutboxTests.violation("t-1", event: .alarmCleared), &outbox) == nil)
        set.playbooks["contain"]?.severity = .critical
        #expect(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set) == nil)
    }

    @Test(arguments: [(Playbook.Mode.observe, Intent.State.observed), (.approve, .waiting), (.automatic, .running)])
    func `the mode says how far it goes by itself`(mode: Playbook.Mode, state: Intent.State) {
        var outbox = Outbox()
        #expect(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, OutboxTests.set(mode))?.state == state)
    }

    @Test(arguments: [
        // devices, share, registered, most
        (5, nil, 10_000, 5), (500, 1.0, 10_000, 100), (5, 1.0, 10, 1), (5, 1.0, 0, 1),
    ])
    func `a false alarm of the whole fleet goes no further than the blast radius`(
        devices: Int, share: Double?, registered: Int, most: Int
    ) {
        var outbox = Outbox()
        let set = OutboxTests.set(devices: devices, share: share)
        let states = (0..<10_000).map { number in
            OutboxTests.consider(OutboxTests.violation("t-\(number)"), &outbox, set, registered: registered)?.state
        }
        #expect(states.count { $0 == .running } == most)
        #expect(states.count { $0 == .waiting } == 10_000 - most)
    }

    @Test func `the same device again is left alone while the playbook cools down`() {
        var outbox = Outbox()
        #expect(OutboxTests.consider(OutboxTests.violation("t-1", id: "a"), &outbox)?.state == .running)
        #expect(OutboxTests.consider(OutboxTests.violation("t-1", id: "b"), &outbox, at: 500_000)?.state == .refused)
        #expect(OutboxTests.consider(OutboxTests.violation("t-1", id: "c"), &outbox, at: 700_000)?.state == .running)
    }

    @Test func `a playbook with a new name keeps its cool-down and what its limits count`() {
        var outbox = Outbox()
        #expect(OutboxTests.consider(OutboxTests.violation("t-1", id: "a"), &outbox)?.state == .running)
        var renamed = OutboxTests.set(devices: 1)
        renamed.playbooks["isolate"] = renamed.playbooks.removeValue(forKey: "contain").map {
            var playbook = $0
            playbook.name = "isolate"
            return playbook
        }
        func state(_ device: String, _ set: PlaybookSet) -> Intent.State? {
            let records = outbox.consider(
                OutboxTests.violation(device, id: "b-\(device)"), playbook: "isolate", in: set,
                certificates: [SessionTable.Certificate("4A0F")], address: nil, registered: 0, received: 500_000)
            guard case .intent(let intent)? = records.first else { return nil }
            return intent.state
        }
        #expect(state("t-1", renamed) == .refused, "it cools down")
        #expect(state("t-2", renamed) == .waiting, "beyond the blast radius")
        // Where both are there, each counts for itself.
        renamed.playbooks["contain"] = OutboxTests.set().playbooks["contain"]
        #expect(state("t-3", renamed) == .running)
    }

    @Test func `stop holds everything at once, and resume lets it go on`() {
        var outbox = Outbox()
        _ = OutboxTests.consider(OutboxTests.violation("t-1"), &outbox)
        outbox.apply(operator: "stop", mitigation: nil, received: 0)
        #expect(outbox.due.isEmpty)
        #expect(OutboxTests.consider(OutboxTests.violation("t-2"), &outbox)?.state == .waiting)
        #expect(outbox.begun.map(\.device) == ["t-1"])
        outbox.apply(operator: "resume", mitigation: nil, received: 0)
        #expect(outbox.due.map(\.device) == ["t-1"])
    }

    @Test func `a person approves or rejects what waits, and nothing else`() throws {
        var outbox = Outbox()
        let set = OutboxTests.set(.approve)
        let first = try #require(OutboxTests.consider(OutboxTests.violation("t-1"), &outbox, set))
        let second = try #require(OutboxTests.consider(OutboxTests.violation("t-2"), &outbox, set))
        #expect(outbox.apply(operator: "approve", mitigation: first.id, received: 0) == nil)
        #expect(outbox.apply(operator: "reject", mitigation: second.id, received: 0) == nil)
        #expect(outbox.due.map(\.id) == [first.id])
        #expect(outbox.apply(operator: "approve", mitigation: first.id, received: 0) != nil)
        #expect(outbox.objection(to: "approve", mitigation: "nobody") != nil)
    }

    @Test func `a crash between any two records leaves the same request ids, one for each intent`() throws {
        for seed in UInt64(1)...20 {
            var state = seed
            func die(_ sides: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int((state >> 33) % UInt64(sides))
            }
            var outbox = Outbox()
            var log: [(line: [UInt8], received: Int64)] = []
            var expected: [[Intent]] = [[]]
            func note(_ record: MitigationRecord, _ received: Int64) {
                log.append((record.line(received: received), received))
                expected.append(outbox.due)
            }
            for step in 0..<60 {
                let received = Int64(step) * 1_000
                if die(3) > 0 {
                    let records = outbox.consider(
                        OutboxTests.violation("t-\(die(20))", id: "v-\(die(30))"), playbook: "contain",
                        in: OutboxTests.set(die(2) == 0 ? .automatic : .approve),
                        certificates: [SessionTable.Certificate("0\(die(9))")], address: nil,
                        registered: 0, received: received)
                    for record in records { note(record, received) }
                } else if let intent = outbox.due.first {
                    let record = MitigationRecord.outcome(
                        id: intent.id, device: intent.device, state: die(2) == 0 ? .done : .failed, note: nil)
                    outbox.apply(record, received: received)
                    note(record, received)
                }
            }
            for cut in 0...log.count {
                var recovered = Outbox()
                for entry in log[..<cut] {
                    let record = try #require(MitigationRecord(line: Data(entry.line)), "seed \(seed)")
                    recovered.apply(record, received: entry.received)
                }
                #expect(recovered.due == expected[cut], "seed \(seed), cut \(cut)")
                #expect(Set(recovered.order).count == recovered.order.count, "seed \(seed)")
            }
        }
    }
}
