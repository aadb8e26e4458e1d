@testable import PicketEvents

/// An event with its values in plain sight, to be put into a batch and to be compared with what comes out of one.
struct EventSketch: Equatable, Sendable {
    enum Value: Equatable, Sendable {
        case text(String)
        case integer(Int64)
        case flag
        case json(String)
    }

    var kind: EventKind
    var received: Int64 = 1_795_001_223_120
    /// What the source claims.
    var time: Int64?
    var device: String?
    var client: String?
    var user: String?
    var identity = Identity.claimed
    var topic: String?
    var reason = Reason.none
    var bytes: Int64?
    var qos: UInt8?
    var retain = false
    var address: String?
    var attributes: [EventKey: Value] = [:]
    var unknown: [String] = []

    init(_ kind: EventKind) { self.kind = kind }

    /// Puts the event at the end of `batch`, with its attributes in the order of `keys`, which the line must not show.
    func append(to batch: inout EventBatch, feed: FeedID, keys: [EventKey] = EventKey.allCases.reversed()) {
        func slice(_ text: String?) -> TextSlice { text.map { batch.appendText($0.utf8) } ?? .none }
        for key in keys {
            switch attributes[key] {
            case nil: break
            case .text(let text), .json(let text): batch.add(EventBatch.Attribute(key: key, text: slice(text)))
            case .integer(let value): batch.add(EventBatch.Attribute(key: key, integer: value))
            case .flag: batch.add(EventBatch.Attribute(key: key, integer: 1))
            }
            if key == .unknown {
                for name in unknown { batch.add(EventBatch.Attribute(key: .unknown, text: slice(name))) }
            }
        }
        var head = EventBatch.Head(kind: kind, reason: reason, identity: identity, qos: qos ?? 0, feed: feed)
        if time != nil { head.flags.insert(.hasTime) }
        if bytes != nil { head.flags.insert(.hasBytes) }
        if qos != nil { head.flags.insert(.hasQoS) }
        if retain { head.flags.insert(.retain) }
        batch.append(
            head, time: time ?? received, bytes: bytes ?? 0, device: slice(device), client: slice(client),
            user: slice(user), address: slice(address), topic: slice(topic))
        batch.sealTimes()
    }

    /// Row `row` of `batch`. The received time is that of the batch.
    init(_ batch: borrowing EventBatch, _ row: Int) {
        let head = batch.head[row]
        let names = batch.names[row]
        kind = head.kind
        received = batch.received[row]
        time = head.flags.contains(.hasTime) ? batch.time[row] : nil
        device = batch.string(names.device)
        client = batch.string(names.client)
        user = batch.string(names.user)
        identity = head.identity
        topic = batch.string(names.topic)
        reason = head.reason
        bytes = head.flags.contains(.hasBytes) ? batch.bytes[row] : nil
        qos = head.flags.contains(.hasQoS) ? head.qos : nil
        retain = head.flags.contains(.retain)
        address = batch.string(names.address)
        for attribute in batch.attributes(of: row) {
            let text = batch.string(attribute.text) ?? ""
            switch attribute.key.form {
            case _ where attribute.key == .unknown: unknown.append(text)
            case .text: attributes[attribute.key] = .text(text)
            case .json: attributes[attribute.key] = .json(text)
            case .integer: attributes[attribute.key] = .integer(attribute.integer)
            case .flag: attributes[attribute.key] = .flag
            }
        }
    }
}

extension EventBatch {
    /// The canonical line of event `row`, its feeds being called `feeds`.
    func line(_ row: Int, feeds: [String]) -> String {
        var writer = CanonicalLine()
        for (index, name) in feeds.enumerated() { writer.setName(name, of: FeedID(index)) }
        var out: [UInt8] = []
        writer.append(row, of: self, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
