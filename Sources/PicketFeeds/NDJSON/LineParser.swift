import PicketEvents

/// Parses one line of JSON into slots: for every key Picket knows, where its value lies. Strict; see ``JSONScanner``.
struct LineParser {
    /// What a value is.
    enum Form: UInt8 {
        case string, number, `true`, `false`, nested
    }

    /// Where the value of a slot lies.
    struct Value {
        /// The first byte, and the one behind the last; without the quotes of a string.
        var start: Int32 = 0
        var end: Int32 = 0
        var form = Form.string
        /// The string holds escapes.
        var escaped = false
        /// The strength of the spelling that gave the value.
        var rank: UInt8 = 0
        /// The value as an integer, when it is one.
        var isInteger = false
        /// It is an integer that does not fit 64 bits.
        var overflows = false
        var integer: Int64 = 0

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    /// What became of a line.
    enum Outcome {
        /// It is an object, which ends before this position.
        case object(end: Int)
        /// There is nothing in the line.
        case blank(end: Int)
        case failed(RejectionReason)
    }

    private var scanner = JSONScanner()
    private var values = InlineArray<64, Value>(repeating: Value())
    /// The slots that have a value, as bits.
    private(set) var present: UInt64 = 0
    /// The names of keys nobody knows, with whether they hold escapes.
    private(set) var unknown: [(name: Range<Int>, escaped: Bool)] = []
    private var seenLow: UInt64 = 0
    private var seenHigh: UInt64 = 0
    private let keys = InputKeyTable.shared

    /// The value of `slot`, when the line has one that is not null.
    @inline(__always)
    func value(_ slot: InputSlot) -> Value? {
        present & slot.bit != 0 ? values[Int(slot.code)] : nil
    }

    /// Parses the line that begins at `start`. The lines end at `end`, where at least sixteen zero bytes stand.
    mutating func parse(_ text: RawSpan, from start: Int, end: Int) -> Outcome {
        present = 0
        seenLow = 0
        seenHigh = 0
        if !unknown.isEmpty { unknown.removeAll(keepingCapacity: true) }
        var position = JSONScanner.skipSpace(text, start)
        guard JSONScanner.byte(text, position) == 0x7B else {
            let byte = JSONScanner.byte(text, position)
            if byte == 0x0A || position == end {
                return .blank(end: position)
            }
            return notAnObject(text, position)
        }
        position = JSONScanner.skipSpace(text, position &+ 1)
        if JSONScanner.byte(text, position) == 0x7D { return .object(end: position &+ 1) }
        while true {
            guard JSONScanner.byte(text, position) == 0x22 else { return .failed(.notJSON) }
            var escaped = false
            let keyStart = position &+ 1
            let keyEnd = scanner.string(text, keyStart, escaped: &escaped)
            if keyEnd < 0 { return .failed(scanner.failure) }
            position = keyEnd &+ 1
            if JSONScanner.byte(text, position) != 0x3A {
                position = JSONScanner.skipSpace(text, position)
                guard JSONScanner.byte(text, position) == 0x3A else { return .failed(.notJSON) }
            }
            position = JSONScanner.skipSpace(text, position &+ 1)
            var value = Value()
            var isNull = false
            position = scan(text, position, &value, &isNull)
            if position < 0 { return .failed(scanner.failure) }
            if !escaped, let entry = keys.find(text, keyStart, keyEnd &- keyStart) {
                guard notSeen(entry.id) else { return .failed(.duplicateKey) }
                if !isNull { keep(value, entry.slot, entry.rank) }
            } else if let reason = other(text, keyStart..<keyEnd, escaped, value, isNull) {
                return .failed(reason)
            }
            let next = JSONScanner.byte(text, position)
            if next == 0x2C {
                position = JSONScanner.skipSpace(text, position &+ 1)
                continue
            }
            position = JSONScanner.skipSpace(text, position)
            switch JSONScanner.byte(text, position) {
            case 0x2C: position = JSONScanner.skipSpace(text, position &+ 1)
            case 0x7D: return .object(end: position &+ 1)
            default: return .failed(.notJSON)
            }
        }
    }

    @inline(__always)
    private mutating func keep(_ value: Value, _ slot: InputSlot, _ rank: UInt8) {
        if present & slot.bit != 0, values[Int(slot.code)].rank <= rank { return }
        var value = value
        value.rank = rank
        values[Int(slot.code)] = value
        present |= slot.bit
    }

    /// Marks the spelling as seen; false when it was already.
    @inline(__always)
    private mutating func notSeen(_ id: UInt8) -> Bool {
        if id < 64 {
            let bit: UInt64 = 1 &<< UInt64(id)
            defer { seenLow |= bit }
            return seenLow & bit == 0
        }
        let bit: UInt64 = 1 &<< UInt64(id &- 64)
        defer { seenHigh |= bit }
        return seenHigh & bit == 0
    }

    /// Scans the value at `start`, and says where it lies.
    @inline(__always)
    private mutating func scan(_ text: RawSpan, _ start: Int, _ value: inout Value, _ isNull: inout Bool) -> Int {
        let byte = JSONScanner.byte(text, start)
        if byte == 0x22 {
            let end = scanner.string(text, start &+ 1, escaped: &value.escaped)
            if end < 0 { return end }
            value.start = Int32(truncatingIfNeeded: start &+ 1)
            value.end = Int32(truncatingIfNeeded: end)
            return end &+ 1
        }
        value.start = Int32(truncatingIfNeeded: start)
        let end: Int
        if byte &- 0x30 <= 9 || byte == 0x2D {
            var number = JSONScanner.Number()
            end = scanner.number(text, start, &number)
            value.form = .number
            value.integer = number.integer
            value.isInteger = number.isInteger
            value.overflows = number.overflows
        } else if byte == 0x7B || byte == 0x5B {
            end = scanner.value(text, start, depth: 2)
            value.form = .nested
        } else {
            end = scanner.literal(text, start)
            value.form = byte == 0x74 ? .true : .false
            isNull = byte == 0x6E
        }
        value.end = Int32(truncatingIfNeeded: end)
        return end
    }

    /// A key written with escapes, or one that nobody knows.
    @inline(never)
    private mutating func other(
        _ text: RawSpan, _ key: Range<Int>, _ escaped: Bool, _ value: Value, _ isNull: Bool
    ) -> RejectionReason? {
        let name = JSONScanner.decoded(text, key, escaped: escaped)
        let padded = name + [UInt8](repeating: 0, count: 16)
        if escaped, let entry = keys.find(padded.span.bytes, 0, name.count) {
            guard notSeen(entry.id) else { return .duplicateKey }
            if !isNull { keep(value, entry.slot, entry.rank) }
            return nil
        }
        for earlier in unknown where JSONScanner.decoded(text, earlier.name, escaped: earlier.escaped) == name {
            return .duplicateKey
        }
        guard unknown.count < Limits.unknownKeys else { return .tooManyKeys }
        unknown.append((key, escaped))
        return nil
    }

    /// Tells JSON that is no object from what is no JSON at all.
    private mutating func notAnObject(_ text: RawSpan, _ position: Int) -> Outcome {
        let end = scanner.value(text, position, depth: 1)
        return .failed(end < 0 ? scanner.failure : .notObject)
    }
}
