package import PicketEvents

/// The columns of an event that a filter can read, beside its kind.
package enum Field: String, CaseIterable, Sendable {
    case topic, address, user, client, device
    case reason, identity
    case bytes, qos
    case retain

    /// What kind of value it holds, which decides about the modifiers it takes.
    package enum Form: Sendable {
        /// Any text.
        case text
        /// One of a closed list of names.
        case name
        /// An integer.
        case number
        /// True or false.
        case flag
    }

    /// What kind of value it holds.
    package var form: Form {
        switch self {
        case .topic, .address, .user, .client, .device: .text
        case .reason, .identity: .name
        case .bytes, .qos: .number
        case .retain: .flag
        }
    }

    /// Where the text of event `row` lies; none for fields that hold no text.
    @inlinable
    package func slice(_ row: Int, of batch: borrowing EventBatch) -> TextSlice {
        switch self {
        case .topic: batch.names[row].topic
        case .address: batch.names[row].address
        case .user: batch.names[row].user
        case .client: batch.names[row].client
        case .device: batch.names[row].device
        case .reason, .identity, .bytes, .qos, .retain: .none
        }
    }

    /// The kinds of events that can carry it.
    package var kinds: EventKindSet {
        let key: EventKey =
            switch self {
            case .topic: .topic
            case .address: .address
            case .user: .user
            case .client: .client
            case .device: .device
            case .reason: .reason
            case .identity: .identity
            case .bytes: .bytes
            case .qos: .qos
            case .retain: .retain
            }
        let carrying = EventKind.allCases.filter { EventKey.allowed(in: $0) & 1 << UInt64(key.rawValue) != 0 }
        return carrying.reduce(into: EventKindSet(rawValue: 0)) { $0.formUnion(EventKindSet($1)) }
    }
}
