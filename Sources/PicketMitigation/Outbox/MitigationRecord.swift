package import Foundation
package import PicketEvents

/// What the log says of mitigation: an intent before the act, what was seen, and what came of it.
package enum MitigationRecord: Equatable, Sendable {
    case intent(Intent)
    /// Something that proves the act, or its absence.
    case fact(id: String, device: String, fact: String, isSeen: Bool, detail: String?)
    /// The end of an intent.
    case outcome(id: String, device: String, state: Intent.State, note: String?)
    /// The device is in a group from here on, or is not.
    case membership(MembershipRecord)
    /// Something about a broker that its owner must know, or that is well again.
    case alarm(broker: String, alarm: BrokerAlarm, isRaised: Bool, detail: String)

    /// The record as a canonical line.
    package func line(received: Int64) -> [UInt8] {
        if case .membership(var record) = self {
            record.received = received
            return record.line()
        }
        var line = RecordLine(received: received, kind: .mitigation)
        switch self {
        case .intent(let intent):
            line.add("event", "intent")
            line.add("id", intent.id)
            line.add("device", intent.device)
            line.add("violation", intent.violation)
            line.add("behavior", intent.behavior)
            line.add("severity", intent.severity)
            line.add("playbook", intent.playbook)
            line.add("index", Int64(intent.index))
            line.add("step", intent.step)
            if let serial = intent.serial { line.add("serial", serial) }
            if let seenOn = intent.seenOn { line.add("seen-on", seenOn) }
            if let user = intent.user { line.add("user", user) }
            if !intent.groups.isEmpty { line.add("groups", intent.groups) }
            line.add("state", intent.state.rawValue)
            if let then = intent.then { line.add("then", then.rawValue) }
            if let fingerprint = intent.fingerprint { line.add("fingerprint", fingerprint) }
            if let to = intent.to { line.add("to", to) }
            if !intent.before.isEmpty { line.add("before", intent.before.sorted()) }
            if let seconds = intent.approvalSeconds { line.add("decide-within", Int64(seconds)) }
            if let seconds = intent.undoSeconds { line.add("undo-after", Int64(seconds)) }
            if intent.approvers > 1 { line.add("approvers", Int64(intent.approvers)) }
            line.add("harmless", intent.isHarmless)
            line.add("why", intent.why)
            if let proposes = intent.proposes { line.add("proposes", proposes) }
        case .fact(let id, let device, let fact, let isSeen, let detail):
            line.add("event", "fact")
            line.add("id", id)
            line.add("device", device)
            line.add("fact", fact)
            line.add("seen", isSeen ? "yes" : "no")
            if let detail { line.add("detail", detail) }
        case .outcome(let id, let device, let state, let note):
            line.add("event", "outcome")
            line.add("id", id)
            line.add("device", device)
            line.add("state", state.rawValue)
            if let note { line.add("note", note) }
        case .membership: break
        case .alarm(let broker, let alarm, let isRaised, let detail):
            line.add("event", "alarm")
            line.add("broker", broker)
            line.add("alarm", alarm.rawValue)
            line.add("state", isRaised ? "raised" : "cleared")
            line.add("detail", detail)
        }
        return line.finish()
    }

    /// Reads a record of a log; nil for every other kind.
    package init?(line: Data) {
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            object["kind"] as? String == "mitigation"
        else { return nil }
        if object["event"] as? String == "alarm" {
            guard let broker = object["broker"] as? String, let alarm = object["alarm"] as? String,
                let known = BrokerAlarm(rawValue: alarm)
            else { return nil }
            self = .alarm(
                broker: broker, alarm: known, isRaised: object["state"] as? String == "raised",
                detail: object["detail"] as? String ?? "")
            return
        }
        guard let id = object["id"] as? String, let device = object["device"] as? String else { return nil }
        func text(_ key: String) -> String { object[key] as? String ?? "" }
        switch text("event") {
        case "intent":
            guard let state = Intent.State(rawValue: text("state")) else { return nil }
            var intent = Intent(
                id: id, violation: text("violation"), behavior: text("behavior"), severity: text("severity"),
                playbook: text("playbook"), index: (object["index"] as? NSNumber)?.intValue ?? 0,
                step: text("step"), device: device, serial: object["serial"] as? String, state: state,
                why: text("why"), proposes: object["proposes"] as? String)
            intent.seenOn = object["seen-on"] as? String
            intent.user = object["user"] as? String
            intent.groups = object["groups"] as? [String] ?? []
            intent.then = Intent.State(rawValue: text("then"))
            intent.fingerprint = object["fingerprint"] as? String
            intent.to = object["to"] as? String
            intent.before = Set(object["before"] as? [String] ?? [])
            intent.approvalSeconds = (object["decide-within"] as? NSNumber)?.intValue
            intent.undoSeconds = (object["undo-after"] as? NSNumber)?.intValue
            intent.approvers = (object["approvers"] as? NSNumber)?.intValue ?? 1
            intent.isHarmless = object["harmless"] as? Bool ?? false
            intent.at = (object["received"] as? String).flatMap { Timestamp.parse($0) } ?? 0
            intent.begunAt = intent.at
            self = .intent(intent)
        case "fact":
            self = .fact(
                id: id, device: device, fact: text("fact"), isSeen: text("seen") == "yes",
                detail: object["detail"] as? String)
        case "outcome":
            guard let state = Intent.State(rawValue: text("state")) else { return nil }
            self = .outcome(id: id, device: device, state: state, note: object["note"] as? String)
        case MembershipRecord.event:
            self = .membership(
                MembershipRecord(
                    received: (object["received"] as? String).flatMap { Timestamp.parse($0) } ?? 0, mitigation: id,
                    device: device, group: text("group"), isMember: text("state") == "joined"))
        default:
            return nil
        }
    }
}
