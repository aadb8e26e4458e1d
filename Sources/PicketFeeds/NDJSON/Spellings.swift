import PicketEvents

/// The ways a line may name its kind.
enum KindSpelling {
    /// The kind, and whether it was called an authentication failure (which decides what no reason means).
    struct Spelled {
        var kind: EventKind
        var isAuthFailure = false
    }

    private struct Entry {
        var low: UInt64
        var high: UInt64
        var length: Int
        var spelled: Spelled
    }

    /// Every spelling, the most frequent kinds first: the look-up is a walk of one or two steps.
    private static let entries: [Entry] = {
        var names: [(String, Spelled)] = []
        let order: [EventKind] = [.publish, .deliver, .connect, .disconnect]
        for kind in order + EventKind.allCases.filter({ !order.contains($0) }) {
            names.append(("\(kind.name)", Spelled(kind: kind)))
        }
        names.append(("auth_failure", Spelled(kind: .connectFailed, isAuthFailure: true)))
        names.append(("auth-failure", Spelled(kind: .connectFailed, isAuthFailure: true)))
        names.append(("connect_failed", Spelled(kind: .connectFailed)))
        names.append(("connected", Spelled(kind: .connect)))
        names.append(("disconnected", Spelled(kind: .disconnect)))
        return names.map { name, spelled in
            let bytes = Array(name.utf8) + [UInt8](repeating: 0, count: 16)
            let (low, high) = InputKeyTable.words(bytes.span.bytes, 0, name.utf8.count)
            return Entry(low: low, high: high, length: name.utf8.count, spelled: spelled)
        }
    }()

    /// The kind that the text in `range` names. Sixteen bytes must be readable from its start.
    @inline(__always)
    static func read(_ text: RawSpan, _ range: Range<Int>, escaped: Bool) -> Spelled? {
        guard !escaped else { return decoded(text, range) }
        guard range.count <= 16 else { return nil }
        let (low, high) = InputKeyTable.words(text, range.lowerBound, range.count)
        for entry in entries where entry.low == low && entry.length == range.count && entry.high == high {
            return entry.spelled
        }
        return nil
    }

    private static func decoded(_ text: RawSpan, _ range: Range<Int>) -> Spelled? {
        let name = JSONScanner.decoded(text, range, escaped: true)
        let padded = name + [UInt8](repeating: 0, count: 16)
        return read(padded.span.bytes, 0..<name.count, escaped: false)
    }
}

/// The ways a line may give a reason (DESIGN §4): compared in lower case, `_` as `-` and `-ise` as `-ize`.
enum ReasonSpelling {
    /// The reason of a `disconnect` or a `connect-failed`: a listed one stands; any other or none is not-authorized for
    /// what the feed calls an authentication failure, and unknown else.
    static func read(
        _ text: RawSpan, _ value: LineParser.Value?, kind: EventKind, isAuthFailure: Bool
    ) -> Reason {
        let other: Reason = isAuthFailure ? .notAuthorized : .unknown
        guard let value, value.form == .string, value.end - value.start <= 64 else { return other }
        let bytes = JSONScanner.decoded(text, value.range, escaped: value.escaped)
        let listed = kind == .disconnect ? disconnect : connectFailed
        return listed[normalized(bytes)] ?? other
    }

    private static let disconnect = table(Reason.disconnectReasons)
    private static let connectFailed = table(Reason.connectFailedReasons)

    private static func table(_ reasons: [Reason]) -> [[UInt8]: Reason] {
        Dictionary(uniqueKeysWithValues: reasons.map { (Array("\($0.name)".utf8), $0) })
    }

    private static func normalized(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes.map { byte -> UInt8 in
            switch byte {
            case 0x41...0x5A: byte + 0x20
            case 0x5F: 0x2D
            default: byte
            }
        }
        // "authorised" and "authorise" as their -ize forms.
        for index in out.indices.dropLast(2)
        where out[index] == 0x69 && out[index + 1] == 0x73 && out[index + 2] == 0x65 {
            out[index + 1] = 0x7A
        }
        return out
    }
}

/// What is kept of the name of a key that Picket does not know.
enum UnknownKey {
    /// The name, or `?` when it is long or strange enough to be something else than a name.
    static func kept(_ name: [UInt8]) -> [UInt8] {
        let plain = name.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x40, 0x5F: true
            default: false
            }
        }
        return plain && !name.isEmpty && name.count <= Limits.unknownKeyBytes ? name : [0x3F]
    }
}
