/// Many events of one feed as columns, with the bytes they were read from.
///
/// A batch moves between the stages of the pipeline; an event never does. Row `i` of every column is event `i`.
/// Columns hold what detection and the log touch for every event; what is rare (`keepalive`, `tls`, …) is a list of
/// ``Attribute``. All text is a ``TextSlice`` into ``text``, which begins with the block the events were decoded from;
/// decoders append what they had to make themselves.
public struct EventBatch: Sendable {
    /// The small fixed part of an event.
    public struct Head: Sendable {
        /// What happened.
        public var kind: EventKind
        /// Why, for the kinds that have a list of reasons.
        public var reason: Reason
        /// How the identity of the device was proved.
        public var identity: Identity
        /// What else is true of the event.
        public var flags: Flags
        /// MQTT quality of service, 0 to 2; meaningful with ``Flags/hasQoS``.
        public var qos: UInt8
        /// The feed that reported the event.
        public var feed: FeedID
        /// The end of the event's attributes in ``EventBatch/attributes``; they begin where those of the row before end.
        public var attributesEnd: UInt32

        /// The head of an event; ``attributesEnd`` is set when the event is appended.
        @inlinable @inline(__always)
        public init(
            kind: EventKind, reason: Reason = .none, identity: Identity = .claimed, flags: Flags = [], qos: UInt8 = 0,
            feed: FeedID, attributesEnd: Int = 0
        ) {
            self.kind = kind
            self.reason = reason
            self.identity = identity
            self.flags = flags
            self.qos = qos
            self.feed = feed
            self.attributesEnd = UInt32(truncatingIfNeeded: attributesEnd)
        }
    }

    /// What an event names, as text: the columns that filters and subjects read.
    public struct Names: Sendable {
        /// The device, as its identity was established.
        public var device: TextSlice
        /// The MQTT client id. An event that names a device and no client id has the device's name here: the canonical
        /// line leaves out a client id that says nothing new.
        public var client: TextSlice
        /// The user whose credentials were used.
        public var user: TextSlice
        /// The network address of the other side.
        public var address: TextSlice
        /// The MQTT topic, or the filter of a subscription.
        public var topic: TextSlice

        /// The names of one event; ``TextSlice/none`` for what it does not name.
        @inlinable @inline(__always)
        public init(device: TextSlice, client: TextSlice, user: TextSlice, address: TextSlice, topic: TextSlice) {
            self.device = device
            self.client = client
            self.user = user
            self.address = address
            self.topic = topic
        }
    }

    /// What is true of an event, one bit each.
    public struct Flags: OptionSet, Sendable {
        /// The bits.
        public let rawValue: UInt8
        /// The flags with these bits.
        @inlinable @inline(__always)
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Whether all bits of `flag` are set.
        @inlinable @inline(__always)
        public func contains(_ flag: Flags) -> Bool { rawValue & flag.rawValue == flag.rawValue }
        /// Sets the bits of `flag`.
        @inlinable @inline(__always)
        public mutating func insert(_ flag: Flags) { self = Flags(rawValue: rawValue | flag.rawValue) }
        /// The message is to be retained.
        @inlinable @inline(__always)
        public static var retain: Flags { Flags(rawValue: 1) }
        /// ``Head/qos`` was given.
        @inlinable @inline(__always)
        public static var hasQoS: Flags { Flags(rawValue: 2) }
        /// ``EventBatch/bytes`` was given.
        @inlinable @inline(__always)
        public static var hasBytes: Flags { Flags(rawValue: 4) }
        /// The source gave a time; without it the event happened when it was received.
        @inlinable @inline(__always)
        public static var hasTime: Flags { Flags(rawValue: 8) }
    }

    /// A rare key of an event with its value.
    public struct Attribute: Sendable {
        /// Which key.
        public var key: EventKey
        /// Where the text or canonical JSON lies, for those forms.
        public var text: TextSlice
        /// The value of an integer, 1 for a flag.
        public var integer: Int64

        /// An attribute with its value in the form that its key has.
        @inlinable
        public init(key: EventKey, text: TextSlice = .none, integer: Int64 = 0) {
            self.key = key
            self.text = text
            self.integer = integer
        }
    }

    /// The bytes that every ``TextSlice`` of the batch points into.
    public var text: [UInt8]
    /// The fixed part of each event.
    public var head: [Head] = []
    /// The time the source claims, in Unix milliseconds; equal to the received time when it claims none.
    public var time: [Int64] = []
    /// When Picket received the event, in Unix milliseconds. Stamped by the sequencer.
    public var received: [Int64] = []
    /// The time detection uses (DESIGN §5), in Unix milliseconds. Stamped by the sequencer.
    public var engineTime: [Int64] = []
    /// Payload bytes; meaningful with ``Flags/hasBytes``.
    public var bytes: [Int64] = []
    /// Who and what the event names.
    public var names: [Names] = []
    /// The rare keys of all events, event after event; see ``attributes(of:)``.
    public var attributes: [Attribute] = []

    /// An empty batch over `text`, with room for `capacity` events.
    public init(text: [UInt8] = [], capacity: Int = 0) {
        self.text = text
        guard capacity > 0 else { return }
        head.reserveCapacity(capacity)
        time.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity)
        names.reserveCapacity(capacity)
    }

    /// The number of events.
    @inlinable @inline(__always) public var count: Int { time.count }

    /// Whether there is no event.
    @inlinable public var isEmpty: Bool { time.isEmpty }

    /// The attributes of event `row`.
    public func attributes(of row: Int) -> ArraySlice<Attribute> {
        let start = row == 0 ? 0 : Int(head[row - 1].attributesEnd)
        return attributes[start..<Int(head[row].attributesEnd)]
    }

    /// The bytes of `slice` as a string; nil when there is none.
    public func string(_ slice: TextSlice) -> String? {
        slice.isPresent ? String(decoding: text[slice.range], as: UTF8.self) : nil
    }

    /// Appends one event, with the attributes added since the event before. `received` and `engineTime` do not exist
    /// until ``sealTimes()``.
    @inlinable @inline(__always)
    public mutating func append(
        _ head: Head, time: Int64, bytes: Int64 = 0, device: TextSlice, client: TextSlice, user: TextSlice = .none,
        address: TextSlice = .none, topic: TextSlice = .none
    ) {
        var head = head
        head.attributesEnd = UInt32(truncatingIfNeeded: attributes.count)
        self.head.append(head)
        self.time.append(time)
        self.bytes.append(bytes)
        names.append(Names(device: device, client: client, user: user, address: address, topic: topic))
    }

    /// All events are appended: until the sequencer knows better, they were received, and happened, at their own time.
    public mutating func sealTimes() {
        received = time
        engineTime = time
    }

    /// Adds an attribute to the event that is appended next.
    public mutating func add(_ attribute: Attribute) { attributes.append(attribute) }

    /// Drops the attributes added since the last event, when its line turned out not to be an event.
    public mutating func dropPendingAttributes() {
        let kept = head.last.map { Int($0.attributesEnd) } ?? 0
        attributes.removeSubrange(kept...)
    }

    /// Whether event `row` names a device and its client id is the same text.
    package func isClientNamedLikeDevice(_ row: Int) -> Bool {
        let names = names[row]
        guard names.device.isPresent, names.client.isPresent else { return false }
        return names.device == names.client || text[names.device.range].elementsEqual(text[names.client.range])
    }

    /// Puts `bytes` at the end of ``text`` and returns where they lie.
    public mutating func appendText(_ bytes: some Collection<UInt8>) -> TextSlice {
        let start = text.count
        text.append(contentsOf: bytes)
        return TextSlice(start..<text.count)
    }

    /// Turns event `row` into a rejected one: the length, reason and hash of its input stay, nothing of what it said.
    /// For a time that only the sequencer can judge.
    public mutating func reject(row: Int, reason: RejectionReason, length: Int, sha256: [UInt8]) {
        let start = row == 0 ? 0 : Int(head[row - 1].attributesEnd)
        let old = Int(head[row].attributesEnd)
        let new = RejectionReason.attributes(reason: reason, sha256: sha256, in: &self)
        attributes.replaceSubrange(start..<old, with: new)
        let shift = new.count - (old - start)
        for later in row..<head.count { head[later].attributesEnd = UInt32(Int(head[later].attributesEnd) + shift) }
        head[row] = Head(
            kind: .rejected, flags: [.hasBytes], feed: head[row].feed, attributesEnd: Int(head[row].attributesEnd))
        bytes[row] = Int64(length)
        names[row] = Names(device: .none, client: .none, user: .none, address: .none, topic: .none)
    }
}

/// A feed in one run of Picket. The name behind it is in the log.
public struct FeedID: Hashable, Sendable {
    /// The place of the feed in tables.
    public let index: UInt16
    /// The feed at `index`.
    @inlinable @inline(__always)
    public init(_ index: Int) { self.index = UInt16(truncatingIfNeeded: index) }
}
