import PicketEvents

/// Which keys records can have, so that a misspelled one in a framework is found when it is read and not by evidence that
/// never comes.
enum RecordFields {
    /// The keys of records of `kinds`; nil when Picket writes one of them itself, whose records have keys of their own.
    static func of(_ kinds: [EventKind]) -> [String]? {
        guard !kinds.contains(where: \.isPicketOwn) else { return nil }
        let keys = EventKey.allCases.filter { key in
            kinds.contains { EventKey.allowed(in: $0) & 1 << UInt64(key.rawValue) != 0 }
        }
        return ["feed", "time"] + keys.map { "\($0.name)" }
    }

    /// The values that a key of records of `kinds` can have; nil when it can have any.
    static func values(of key: String, in kinds: [EventKind]) -> [String]? {
        let ends: Set<EventKind> = [.connectFailed, .disconnect]
        return switch key {
        case "identity": Identity.allCases.map { "\($0.name)" }
        case "reason" where ends.isSuperset(of: kinds): Reason.allCases.map { "\($0.name)" }
        case "reason" where kinds == [.rejected]: RejectionReason.allCases.map(\.rawValue)
        default: nil
        }
    }
}
