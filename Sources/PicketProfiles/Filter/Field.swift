package import PicketEvents

/// The columns of an event that a filter can read, beside its kind.
package enum Field: String, CaseIterable, Sendable {
    case topic, address, user, client, device
    case reason, identity
    case bytes, qos
    case retain
    // Rare keys, which are no columns.
    case action, firmware, alertType, product, operation, outcome, resource, origin, listener, `protocol`, service
    case level

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
        case .topic, .address, .user, .client, .device, .action, .firmware, .alertType, .product, .operation, .outcome,
            .resource, .origin, .listener, .protocol, .service, .level:
            .text
        case .reason, .identity: .name
        case .bytes, .qos: .number
        case .retain: .flag
        }
    }

    /// Where the text of event `row` lies; none for fields that hold no text.
    package func slice(_ row: Int, of batch: borrowing EventBatch) -> TextSlice {
        switch self {
        case .topic: batch.names[row].topic
        case .address: batch.names[row].address
        case .user: batch.names[row].user
        case .client: batch.names[row].client
        case .device: batch.names[row].device
        case .reason, .identity, .bytes, .qos, .retain: .none
        default: attribute(row, of: batch)
        }
    }

    private func attribute(_ row: Int, of batch: borrowing EventBatch) -> TextSlice {
        let key = key
        for attribute in batch.attributes(of: row) where attribute.key == key { return attribute.text }
        return .none
    }

    /// Whether it is a column of every event, so that its texts are worth remembering.
    package var isColumn: Bool {
        switch self {
        case .topic, .address, .user, .client, .device: true
        default: false
        }
    }

    /// The key of an event that holds it.
    private var key: EventKey {
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
        case .action: .action
        case .firmware: .firmware
        case .alertType: .alertType
        case .product: .product
        case .operation: .operation
        case .outcome: .outcome
        case .resource: .resource
        case .origin: .origin
        case .listener: .listener
        case .protocol: .protocol
        case .service: .service
        case .level: .level
        }
    }

    /// The kinds of events that can carry it.
    package var kinds: EventKindSet {
        let carrying = EventKind.allCases.filter { EventKey.allowed(in: $0) & 1 << UInt64(key.rawValue) != 0 }
        return carrying.reduce(into: EventKindSet(rawValue: 0)) { $0.formUnion(EventKindSet($1)) }
    }
}
