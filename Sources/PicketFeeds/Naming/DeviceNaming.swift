package import PicketEvents

/// How the fleet file says that devices are named (DESIGN §4, "Who the device is"). A decoder names the device by the
/// strongest that its feed carries; this comes after it, for every format alike.
///
/// It chooses the name, and never proves more than the feed did: where the chosen name is not the one that was proved, the
/// event's identity is claimed. Events of users, reports and alerts are not concerned: they say whose they are.
package enum DeviceNaming: Hashable, Sendable {
    /// The strongest that the feed carries.
    case strongest
    /// The common name of the client certificate.
    case certificate
    /// The user that logged in.
    case user
    /// The client id, which is only claimed.
    case clientID
    /// The level of the topic that `{device}` stands for, behind a gateway.
    case topic(DeviceTopic)

    /// The kinds of events that are about a client of the broker.
    private static let kinds = EventKindSet(
        .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped)

    /// How a broker proves user names where its feed does not say: as the fleet file says that devices prove who they are.
    package var brokerRule: IdentityRule {
        switch self {
        case .certificate: .certificate
        case .clientID: .clientID
        case .strongest, .user, .topic: .password
        }
    }

    /// What it makes of an event's name.
    private enum Outcome {
        case stays
        /// The name stays, and nothing proves it.
        case staysUnproved
        /// Another name, and whether the feed's proof is of this one.
        case becomes(TextSlice, isProved: Bool)
    }

    /// Names the devices of all events of a batch.
    package func apply(to batch: inout EventBatch) {
        guard self != .strongest else { return }
        for row in 0..<batch.count where DeviceNaming.kinds.contains(batch.head[row].kind) {
            switch outcome(row, of: batch) {
            case .stays: break
            case .staysUnproved: batch.head[row].identity = .claimed
            case .becomes(let name, let isProved):
                batch.names[row].device = name
                if !isProved { batch.head[row].identity = .claimed }
            }
        }
    }

    private func outcome(_ row: Int, of batch: borrowing EventBatch) -> Outcome {
        let names = batch.names[row]
        switch self {
        case .strongest: return .stays
        case .certificate:
            if batch.head[row].identity == .certificate { return .stays }
            let name = DeviceNaming.commonName(row, of: batch)
            return name.isPresent ? .becomes(name, isProved: false) : .staysUnproved
        case .user:
            guard names.user.isPresent else { return .stays }
            return .becomes(names.user, isProved: DeviceNaming.isSame(names.user, names.device, in: batch))
        case .clientID:
            return names.client.isPresent ? .becomes(names.client, isProved: false) : .staysUnproved
        case .topic(let topic):
            let kind = batch.head[row].kind
            // What a device publishes is its own; what is delivered to somebody is another's.
            guard kind == .publish || kind == .denied, names.topic.isPresent,
                let name = topic.device(batch.text.span.bytes, names.topic.range)
            else { return .stays }
            let slice = TextSlice(name)
            return DeviceNaming.isSame(slice, names.device, in: batch) ? .stays : .becomes(slice, isProved: false)
        }
    }

    private static func isSame(_ a: TextSlice, _ b: TextSlice, in batch: borrowing EventBatch) -> Bool {
        a.isPresent && b.isPresent && (a == b || batch.text.span.bytes.equals(a.range, b.range))
    }

    /// The common name in an event's certificate, `{"serial":"4A0F","subject":"CN=t-7,O=Example"}`; the whole subject
    /// where it is one word. None where it is written with escapes: a device with such a name stays what it claims.
    private static func commonName(_ row: Int, of batch: borrowing EventBatch) -> TextSlice {
        let text = batch.text.span.bytes
        for attribute in batch.attributes(of: row) where attribute.key == .certificate {
            let json = attribute.text.range
            let key: StaticString = "\"subject\":\""
            guard let start = text.first(key, in: json).map({ $0 + key.utf8CodeUnitCount }),
                let end = text.first(0x22, in: start..<json.upperBound), start < end,
                text.first(0x5C, in: start..<end) == nil
            else { return .none }
            var name = start
            while name < end, !begins(text, name, after: start) { name += 1 }
            guard name < end else {
                return text.first(0x3D, in: start..<end) == nil ? TextSlice(start..<end) : .none
            }
            name += 3
            var close = name
            while close < end, ![0x2C, 0x2F, 0x2B].contains(text.byte(at: close)) { close += 1 }
            return name < close ? TextSlice(name..<close) : .none
        }
        return .none
    }

    /// Whether a common name begins at `index`, and is not the end of something else.
    private static func begins(_ text: RawSpan, _ index: Int, after start: Int) -> Bool {
        guard text.holds("CN=", at: index, before: text.byteCount) else { return false }
        return index == start || [0x20, 0x2B, 0x2C, 0x2F].contains(text.byte(at: index - 1))
    }
}
