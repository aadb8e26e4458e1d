import PicketEvents
import PicketProfiles

/// Runs a test of a playbook through the outbox that decides in the daemon, with a clock of its own and nothing done.
package struct PlaybookTestRun {
    /// The intents in the order of their records, as they ended.
    package private(set) var intents: [Intent] = []
    private var outbox = Outbox()
    /// Unix milliseconds: a moment like any other.
    private var now: Int64 = 1_795_003_200_000
    private let test: PlaybookTest
    private let set: PlaybookSet

    /// Runs it to its end.
    package init(_ test: PlaybookTest, in set: PlaybookSet) {
        self.test = test
        self.set = set
        let start = now
        for (index, earlier) in test.earlier.enumerated() {
            _ = outbox.consider(
                PlaybookTestRun.violation(test, device: earlier.device, id: "earlier-\(index)", event: .inAlarm),
                playbook: test.playbook, in: set,
                certificates: test.serial.map { [SessionTable.Certificate($0)] } ?? [], user: test.user, address: nil,
                registered: test.registered, received: start - Int64(earlier.agoSeconds) * 1_000)
        }
        let others = Set(outbox.order)
        if test.isStopped { outbox.apply(operator: "stop", mitigation: nil, received: now) }
        consider(.inAlarm)
        carryOut(but: others)
        for person in test.approvals {
            for intent in outbox.order.compactMap({ outbox.intents[$0] })
            where intent.state == .waiting && !others.contains(intent.id) {
                outbox.apply(operator: "approve", mitigation: intent.id, by: person, received: now)
            }
            carryOut(but: others)
        }
        if test.isOver {
            consider(.alarmCleared)
            carryOut(but: others)
        }
        now += Int64(test.afterSeconds) * 1_000
        for record in outbox.aged(at: now) { outbox.apply(record, received: now) }
        carryOut(but: others)
        intents = outbox.order.compactMap { outbox.intents[$0] }.filter { !others.contains($0.id) }
    }

    private mutating func consider(_ event: Violation.Event) {
        _ = outbox.consider(
            PlaybookTestRun.violation(test, device: test.device, id: "test", event: event), playbook: test.playbook,
            in: set, certificates: test.serial.map { [SessionTable.Certificate($0)] } ?? [], user: test.user,
            address: "192.0.2.7", registered: test.registered,
            received: now)
    }

    /// Everything whose turn it is ends as the test says, until nothing is due.
    private mutating func carryOut(but others: Set<String>) {
        while let intent = outbox.due.first(where: { !others.contains($0.id) }) {
            let state = test.answers[intent.step] ?? test.answers[intent.playbookStep] ?? ownEnd(of: intent)
            let record = MitigationRecord.outcome(id: intent.id, device: intent.device, state: state, note: nil)
            let more = outbox.consequences(of: record)
            outbox.apply(record, received: now)
            for record in more { outbox.apply(record, received: now) }
        }
    }

    /// How a step ends of which the test says nothing: well, and waiting as that which it waits for.
    private func ownEnd(of intent: Intent) -> Intent.State {
        let steps = set.playbooks[intent.playbook]?.allSteps ?? []
        guard steps.indices.contains(intent.index) else { return .done }
        if steps[intent.index].fillsName, SafeName.problem(intent.device) != nil { return .failed }
        guard case .wait(.acknowledged?, _) = steps[intent.index] else { return .done }
        return outbox.acknowledgement(before: intent)?.state ?? .done
    }

    /// What is not as expected, a sentence each; none when all is well.
    package var failures: [String] {
        var failures: [String] = []
        for index in 0..<max(intents.count, test.expected.count) {
            let expected = index < test.expected.count ? test.expected[index] : nil
            let found = index < intents.count ? intents[index] : nil
            switch (expected, found) {
            case (let expected?, let found?):
                guard expected.step != found.step || expected.state != found.state else { continue }
                failures.append(
                    "\(index + 1). expected \(expected.step): \(expected.state.rawValue), found \(found.step): "
                        + "\(found.state.rawValue) (\(found.why))")
            case (let expected?, nil):
                failures.append("\(index + 1). expected \(expected.step): \(expected.state.rawValue), found nothing")
            case (nil, let found?):
                failures.append(
                    "\(index + 1). found \(found.step): \(found.state.rawValue) (\(found.why)), expected nothing")
            case (nil, nil): break
            }
        }
        return failures
    }

    private static func violation(
        _ test: PlaybookTest, device: String, id: String, event: Violation.Event
    ) -> Violation {
        var violation = Violation(
            time: 0, event: event, id: id, profile: "test", behavior: "test", subjectKind: test.subject,
            subject: device,
            metric: .count, value: 1, expected: "none", window: nil, severity: test.severity.rawValue,
            evidence: test.isDeviceWord ? .device : .broker, count: 1, ended: nil, isSuppressed: false, why: "a test")
        violation.identity = test.identity
        return violation
    }
}
