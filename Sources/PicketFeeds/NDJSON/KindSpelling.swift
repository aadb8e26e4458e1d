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
