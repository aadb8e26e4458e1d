package import Foundation
package import PicketEvents

extension ControlRecord {
    /// Reads a record that Picket wrote and detection must see again; nil for the others.
    ///
    /// - Parameter line: the canonical line, from a log folder.
    package init?(line: Data) {
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            let kind = (object["kind"] as? String).flatMap(EventKind.init(name:)),
            let received = ControlRecord.time(object["received"])
        else { return nil }
        switch kind {
        case .tick:
            self = .tick(TickRecord(received: received))
        case .gap:
            guard let name = object["name"] as? String, let from = ControlRecord.time(object["from"]),
                let to = ControlRecord.time(object["to"])
            else { return nil }
            self = .gap(
                GapRecord(
                    received: received, name: name, from: from, to: to, cause: object["cause"] as? String ?? "",
                    lost: (object["lost"] as? NSNumber)?.int64Value))
        case .profile:
            guard let sha256 = object["sha256"] as? String else { return nil }
            self = .profile(
                ProfileRecord(received: received, sha256: sha256, profiles: object["profiles"] as? [String] ?? []))
        case .feed:
            guard let name = object["name"] as? String,
                let state = (object["state"] as? String).flatMap(FeedRecord.State.init(rawValue:))
            else { return nil }
            var record = FeedRecord(received: received, name: name, state: state)
            record.mode = (object["mode"] as? String).flatMap(FeedRecord.Mode.init(rawValue:))
            record.format = object["format"] as? String
            record.lateness = (object["lateness"] as? NSNumber)?.int64Value
            record.position = ControlRecord.position(object)
            self = .feed(record)
        case .operator:
            guard let decision = ControlRecord.decision(object, received) else { return nil }
            self = decision
        case .mitigation:
            guard object["event"] as? String == MembershipRecord.event, let id = object["id"] as? String,
                let device = object["device"] as? String, let group = object["group"] as? String
            else { return nil }
            self = .membership(
                MembershipRecord(
                    received: received, mitigation: id, device: device, group: group,
                    isMember: object["state"] as? String == "joined"))
        default:
            return nil
        }
    }

    /// What a person decided about a violation; nil for decisions about something else.
    private static func decision(_ object: [String: Any], _ received: Int64) -> ControlRecord? {
        guard let violation = object["violation"] as? String, let by = object["by"] as? String else { return nil }
        switch object["action"] as? String {
        case VerdictRecord.action:
            guard let state = (object["state"] as? String).flatMap(VerificationState.init(rawValue:)) else {
                return nil
            }
            return .verdict(
                VerdictRecord(
                    received: received, by: by, violation: violation, state: state, note: object["note"] as? String))
        case SilenceRecord.action:
            guard let profile = object["profile"] as? String, let behavior = object["behavior"] as? String,
                let kind = (object["subject"] as? String).flatMap(SubjectKind.init(rawValue:)),
                let subject = object[kind.recordKey] as? String, let until = time(object["until"]),
                let reason = object["reason"] as? String, let owner = object["owner"] as? String
            else { return nil }
            let identity = Identity.allCases.first { "\($0.name)" == object["identity"] as? String } ?? .claimed
            return .silence(
                SilenceRecord(
                    received: received, by: by, violation: violation, profile: profile, behavior: behavior,
                    subjectKind: kind, subject: subject, identity: identity, until: until, reason: reason,
                    owner: owner))
        default: return nil
        }
    }

    private static func time(_ value: Any?) -> Int64? { (value as? String).flatMap { Timestamp.parse($0) } }

    private static func position(_ object: [String: Any]) -> FeedRecord.Position? {
        guard let path = object["path"] as? String, let offset = (object["offset"] as? NSNumber)?.int64Value,
            let inode = (object["inode"] as? NSNumber)?.int64Value
        else { return nil }
        return FeedRecord.Position(
            path: path, inode: UInt64(bitPattern: inode), offset: UInt64(bitPattern: offset),
            head: object["head"] as? String ?? "",
            headBytes: UInt64(bitPattern: (object["headBytes"] as? NSNumber)?.int64Value ?? 0),
            context: object["context"] as? String)
    }
}
