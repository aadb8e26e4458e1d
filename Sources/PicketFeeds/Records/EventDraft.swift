import Crypto
package import PicketEvents

/// One event in the making, for decoders that need not be fast: texts as strings, rare keys as a list. Whatever text
/// goes into the batch passes ``Redaction`` here, so that no format can forget it.
package struct EventDraft: Sendable {
    /// The value of a rare key.
    package enum Value: Sendable {
        case text(String)
        case integer(Int64)
        case flag
        case json(JSONValue)
    }

    package var kind: EventKind
    /// Unix milliseconds; nil when the source gives none.
    package var time: Int64?
    package var device: String?
    package var client: String?
    package var user: String?
    package var address: String?
    package var topic: String?
    package var reason = Reason.none
    package var identity = Identity.claimed
    package var bytes: Int64?
    package var qos: Int64?
    package var retain = false
    package private(set) var attributes: [(key: EventKey, value: Value)] = []
    /// Names of keys that the format does not know.
    package var unknown: [String] = []

    package init(_ kind: EventKind, time: Int64? = nil) {
        self.kind = kind
        self.time = time
    }

    /// The longest text of a rare key, in bytes. User agents and resources are longer only when somebody wants them to
    /// be.
    package static let longestText = 1_024

    /// Adds a text; nil and empty ones are left out, long ones are cut. Secrets are taken out before: the half of one
    /// that a cut leaves looks like none.
    package mutating func add(_ key: EventKey, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        attributes.append((key, .text(EventDraft.shortened(Redaction.text(text)))))
    }

    package mutating func add(_ key: EventKey, _ value: Int64?) {
        guard let value else { return }
        attributes.append((key, .integer(value)))
    }

    package mutating func add(_ key: EventKey, flag: Bool) {
        if flag { attributes.append((key, .flag)) }
    }

    package mutating func add(_ key: EventKey, json value: JSONValue?) {
        guard let value else { return }
        attributes.append((key, .json(value)))
    }

    /// The text of a rare key, as it was kept.
    func text(_ key: EventKey) -> String? {
        for case (key, .text(let text)) in attributes { return text }
        return nil
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        var text = text
        // Whole characters only.
        while text.utf8.count > longestText - 3 { text.removeLast(max(1, (text.utf8.count - longestText) / 4)) }
        return text + "…"
    }
}

extension EventBatch {
    /// Appends the event of `draft`.
    package mutating func append(_ draft: EventDraft, feed: FeedID) {
        let allowed = EventKey.allowed(in: draft.kind)
        for (key, value) in draft.attributes where allowed & 1 << UInt64(key.rawValue) != 0 {
            switch value {
            case .text(let text): add(Attribute(key: key, text: appendText(Redaction.text(text).utf8)))
            case .integer(let value): add(Attribute(key: key, integer: value))
            case .flag: add(Attribute(key: key, integer: 1))
            case .json(let value):
                var out: [UInt8] = []
                JSONWriting.append(Redaction.value(value), to: &out)
                add(Attribute(key: key, text: appendText(out)))
            }
        }
        for name in draft.unknown.prefix(Limits.unknownKeys) {
            add(Attribute(key: .unknown, text: appendText(UnknownKey.kept(Array(name.utf8)))))
        }
        var head = Head(kind: draft.kind, reason: draft.reason, identity: draft.identity, feed: feed)
        if draft.time != nil { head.flags.insert(.hasTime) }
        if draft.bytes != nil { head.flags.insert(.hasBytes) }
        if draft.retain { head.flags.insert(.retain) }
        if let qos = draft.qos, (0...2).contains(qos) {
            head.qos = UInt8(qos)
            head.flags.insert(.hasQoS)
        }
        let device = name(draft.device ?? draft.client)
        append(
            head, time: draft.time ?? 0, bytes: draft.bytes ?? 0, device: device,
            client: draft.client == nil || draft.device == nil ? device : name(draft.client), user: name(draft.user),
            address: name(draft.address), topic: name(draft.topic))
    }

    /// Appends a `rejected` event for `input`, of which length and hash are kept.
    package mutating func appendRejected(_ problem: RecordProblem, input: some Collection<UInt8>, feed: FeedID) {
        dropPendingAttributes()
        let hash = Array(SHA256.hash(data: Array(input)))
        for attribute in RejectionReason.attributes(reason: problem.reason, sha256: hash, in: &self) { add(attribute) }
        append(
            Head(kind: .rejected, flags: .hasBytes, feed: feed), time: problem.time ?? 0, bytes: Int64(input.count),
            device: .none, client: .none)
    }

    private mutating func name(_ text: String?) -> TextSlice {
        guard let text, !text.isEmpty else { return .none }
        return appendText(Redaction.text(text).utf8)
    }
}
