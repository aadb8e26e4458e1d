import PicketEvents

/// The keys an input line may spell, and what each stands for (DESIGN §4, input spellings).
enum InputSlot: UInt8, CaseIterable {
    // The columns of a batch and what every line has.
    case time, kind, device, client, user, address, topic, reason, bytes, qos, retain
    // Written by Picket only; in a foreign line they are known, and never taken over.
    case received, feed, identity
    // The rest, as attributes.
    case listener, tls, certificate, `protocol`, keepalive, clean, action, session, connection, granted, sha256
    case reportId, metrics, notes, alertType, product, firmware, symptoms, payload
    case operation, object, replyTo, expires, keyFingerprint, decision
    // `connection` above, `clock` and `unknown` are written by Picket only as well.
    case name, value, resource, outcome, agent, mfa, origin, service, level, code, message, clock, unknown

    /// The bit of this slot in a set of slots.
    @inline(__always) var bit: UInt64 { 1 &<< UInt64(code) }

    /// The number of the slot, without a call.
    @inline(__always) var code: UInt8 { unsafeBitCast(self, to: UInt8.self) }

    /// The attribute that a slot becomes; nil for slots that are columns or belong to the line itself.
    var attribute: EventKey? { InputSlot.attributes[Int(rawValue)] }

    private static let attributes: [EventKey?] = InputSlot.allCases.map { slot in
        slot.rawValue < InputSlot.listener.rawValue ? nil : EventKey.allCases.first { "\($0)" == "\(slot)" }
    }

    /// The slots of the attributes that an event of a kind may carry, as bits, by the kind's raw value.
    static let allowed: [UInt64] = EventKind.allCases.map { kind in
        let keys = EventKey.allowed(in: kind)
        return InputSlot.allCases.reduce(0) { bits, slot in
            guard let key = slot.attribute, keys & (1 << UInt64(key.rawValue)) != 0 else { return bits }
            return bits | slot.bit
        }
    }
}

/// Every spelling of every key, found by its first sixteen bytes.
///
/// A key longer than sixteen bytes is never a known one. The table is a small open-addressing hash, built once; one
/// probe finds nearly every key.
struct InputKeyTable: Sendable {
    struct Entry: Sendable {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var length: Int32 = 0
        var slot: InputSlot = .time
        /// Of several spellings of one slot in a line the one with the lowest rank is taken.
        var rank: UInt8 = 0
        /// The number of the spelling, for the check that no key stands twice.
        var id: UInt8 = 0
    }

    private var entries: [Entry]
    private static let size = 512

    /// The spellings beside the canonical name of each slot, the strongest first.
    private static let spellings: [(InputSlot, [String])] = [
        (.time, ["ts", "time", "timestamp", "@timestamp"]),
        (.kind, ["kind", "type", "event", "eventType"]),
        (.device, ["device", "thingName"]),
        (.client, ["client", "clientid", "clientId", "client_id"]),
        (.user, ["user", "username"]),
        (.address, ["address", "ip", "sourceIp", "peerhost"]),
        (.bytes, ["bytes", "size", "payload_size"]),
        (.certificate, ["certificate", "cert"]),
        (.protocol, ["protocol", "proto_ver"]),
        (.clean, ["clean", "clean_start", "clean_session"]),
    ]

    static let shared = InputKeyTable()

    private init() {
        entries = Array(repeating: Entry(), count: InputKeyTable.size)
        var id: UInt8 = 0
        for slot in InputSlot.allCases {
            let names = InputKeyTable.spellings.first { $0.0 == slot }?.1 ?? ["\(slot)"]
            for (rank, name) in names.enumerated() {
                insert(name, slot, rank: UInt8(rank), id: id)
                id += 1
            }
        }
        precondition(id <= 128, "the set of seen keys has 128 bits")
    }

    private mutating func insert(_ name: String, _ slot: InputSlot, rank: UInt8, id: UInt8) {
        var bytes = Array(name.utf8)
        let length = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: 16))
        let (low, high) = InputKeyTable.words(bytes.span.bytes, 0, length)
        var index = InputKeyTable.hash(low, high)
        while entries[index].length != 0 { index = (index + 1) & (InputKeyTable.size - 1) }
        entries[index] = Entry(low: low, high: high, length: Int32(length), slot: slot, rank: rank, id: id)
    }

    /// The spelling of `slot` that is taken before all others.
    static func strongestName(of slot: InputSlot) -> String {
        spellings.first { $0.0 == slot }?.1.first ?? "\(slot)"
    }

    /// What a key called `name` stands for; nil when nobody knows it.
    func slot(named name: String) -> InputSlot? {
        let bytes = Array(name.utf8)
        let padded = bytes + [UInt8](repeating: 0, count: 16)
        return find(padded.span.bytes, 0, bytes.count)?.slot
    }

    /// The entry of the key at `start`, or nil when nobody knows it. Sixteen bytes must be readable from `start`.
    @inline(__always)
    func find(_ text: RawSpan, _ start: Int, _ length: Int) -> Entry? {
        guard length > 0, length <= 16 else { return nil }
        let (low, high) = InputKeyTable.words(text, start, length)
        var index = InputKeyTable.hash(low, high)
        while true {
            let entry = entries[index]
            if entry.length == 0 { return nil }
            if entry.low == low && entry.high == high && Int(entry.length) == length { return entry }
            index = (index &+ 1) & (InputKeyTable.size - 1)
        }
    }

    @inline(__always)
    static func words(_ text: RawSpan, _ start: Int, _ length: Int) -> (UInt64, UInt64) {
        let low = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
        if length <= 8 { return (low & mask(length), 0) }
        let high = text.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ 8, as: UInt64.self)
        return (low, high & mask(length &- 8))
    }

    @inline(__always)
    private static func mask(_ bytes: Int) -> UInt64 { bytes >= 8 ? .max : (1 &<< UInt64(bytes &* 8)) &- 1 }

    @inline(__always)
    private static func hash(_ low: UInt64, _ high: UInt64) -> Int {
        let mixed = (low ^ (high &* 0xC2B2_AE3D_27D4_EB4F)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 55)
    }
}
