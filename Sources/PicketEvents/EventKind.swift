/// What a record tells of: one thing a feed reported, or something Picket did or decided itself.
///
/// The raw values are internal to one process; only ``name`` is ever written to a log.
public enum EventKind: UInt8, CaseIterable, Sendable {
    case connect, connectFailed, disconnect, publish, deliver, subscribe, unsubscribe, denied, dropped
    case report, alert, transfer, broker, user, service, rejected
    /// Kinds that only Picket writes. A feed that claims one is answered with a `rejected` record.
    case violation, mitigation, `operator`, profile, feed, gap, tick, clock, log
    /// What an audit check found, or that it found nothing.
    case finding

    /// How the kind is spelled in the canonical line.
    public var name: StaticString {
        switch self {
        case .connect: "connect"
        case .connectFailed: "connect-failed"
        case .disconnect: "disconnect"
        case .publish: "publish"
        case .deliver: "deliver"
        case .subscribe: "subscribe"
        case .unsubscribe: "unsubscribe"
        case .denied: "denied"
        case .dropped: "dropped"
        case .report: "report"
        case .alert: "alert"
        case .transfer: "transfer"
        case .broker: "broker"
        case .user: "user"
        case .service: "service"
        case .rejected: "rejected"
        case .violation: "violation"
        case .mitigation: "mitigation"
        case .operator: "operator"
        case .profile: "profile"
        case .feed: "feed"
        case .gap: "gap"
        case .tick: "tick"
        case .clock: "clock"
        case .log: "log"
        case .finding: "finding"
        }
    }

    /// The kind spelled `name`, if there is one.
    public init?(name: String) {
        guard let kind = EventKind.allCases.first(where: { "\($0.name)" == name }) else { return nil }
        self = kind
    }

    /// The number of the kind, without a call: what the hot path indexes tables with.
    @inlinable @inline(__always) public var code: UInt8 { unsafeBitCast(self, to: UInt8.self) }

    /// Compares numbers, without a call.
    @inlinable @inline(__always)
    public static func == (a: EventKind, b: EventKind) -> Bool { a.code == b.code }

    /// Hashes the number.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// Whether only Picket may write this kind.
    @inlinable @inline(__always) public var isPicketOwn: Bool { code >= EventKind.violation.code }

    /// Whether a feed may not send this kind: Picket's own kinds, and `rejected`, which only a decoder makes.
    @inlinable @inline(__always) public var isReserved: Bool { code >= EventKind.rejected.code }

    /// Whether the time in the event is the device's own word rather than the broker's or a server's.
    /// Such a time moves no watermark, and is clamped when it is live (DESIGN §5, engine time).
    @inlinable @inline(__always) public var isDeviceClaimed: Bool { self == .report || self == .alert }
}

/// A set of event kinds, one bit each.
public struct EventKindSet: OptionSet, Hashable, Sendable {
    /// A bit for each kind, `1 << code`.
    public let rawValue: UInt32
    /// The set with these bits.
    @inlinable @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The set of one kind.
    @inlinable @inline(__always)
    public init(_ kind: EventKind) { rawValue = 1 << UInt32(kind.code) }
    /// The set of these kinds.
    public init(_ kinds: EventKind...) { rawValue = kinds.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }

    /// Whether `kind` is in the set.
    @inlinable @inline(__always)
    public func contains(_ kind: EventKind) -> Bool { rawValue & (1 << UInt32(kind.code)) != 0 }

    /// Adds the kinds of `other`.
    @inlinable @inline(__always)
    public mutating func formUnion(_ other: EventKindSet) {
        self = EventKindSet(rawValue: rawValue | other.rawValue)
    }

    /// The kinds in the set, in declaration order.
    public var kinds: [EventKind] { EventKind.allCases.filter { contains($0) } }
}
