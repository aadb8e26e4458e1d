import PicketEvents

/// Reads CBOR (RFC 8949) into the tree that JSON is read into, as far as JSON has the same values: integers of 64
/// bits, floating-point numbers, texts, lists, maps with texts as keys, true, false and null.
///
/// Strict and bounded. Every length is checked against what is left before anything is built, so that an input costs no
/// more memory than a small multiple of its own size; nesting is that of JSON (``Limits/nesting``); a key that stands
/// twice is refused, and so are tags, byte strings, `undefined`, NaN and infinities: no metrics report has them (Device
/// Defender's agent sends definite maps with text keys). Lengths and numbers in a longer form than needed are taken, as
/// RFC 8949 §3 allows; indefinite lengths are taken for lists and maps, not for texts.
package enum CBORReading {
    /// The value that `bytes` hold, and nothing behind it.
    package static func value(_ bytes: [UInt8]) throws(RecordProblem) -> JSONValue {
        var cursor = Cursor(bytes: bytes)
        let value = try cursor.value(depth: 1)
        guard cursor.position == bytes.count else { throw RecordProblem(.notCBOR, detail: "bytes follow the value") }
        return value
    }

    private struct Cursor {
        let bytes: [UInt8]
        var position = 0

        /// What begins an item: its major type, and its argument; nil for an indefinite length.
        mutating func head() throws(RecordProblem) -> (major: UInt8, info: UInt8, argument: UInt64?) {
            let first = try byte()
            let info = first & 0x1F
            let argument: UInt64?
            switch info {
            case 0..<24: argument = UInt64(info)
            case 24: argument = try unsigned(1)
            case 25: argument = try unsigned(2)
            case 26: argument = try unsigned(4)
            case 27: argument = try unsigned(8)
            case 31: argument = nil
            default: throw bad("a reserved length (RFC 8949 §3)")
            }
            return (first >> 5, info, argument)
        }

        mutating func value(depth: Int) throws(RecordProblem) -> JSONValue {
            let (major, info, argument) = try head()
            switch (major, argument) {
            case (0, let number?):
                guard let value = Int64(exactly: number) else { throw RecordProblem(.badNumber) }
                return .integer(value)
            case (1, let number?):
                // -1 - n (RFC 8949 §3.1).
                guard let value = Int64(exactly: number) else { throw RecordProblem(.badNumber) }
                return .integer(-1 - value)
            case (3, let length?): return .string(try text(length))
            case (4, _): return .array(try list(argument, depth))
            case (5, _): return .object(try map(argument, depth))
            case (7, _): return try simple(info, argument)
            case (2, _): throw bad("a byte string")
            case (6, _): throw bad("a tag")
            default: throw bad("a text of indefinite length")
            }
        }

        private mutating func list(_ count: UInt64?, _ depth: Int) throws(RecordProblem) -> [JSONValue] {
            var values: [JSONValue] = []
            try items(count, each: 1, depth) { cursor throws(RecordProblem) in
                values.append(try cursor.value(depth: depth + 1))
            }
            return values
        }

        private mutating func map(_ count: UInt64?, _ depth: Int) throws(RecordProblem) -> JSONObject {
            var members: [(name: String, value: JSONValue)] = []
            var seen = Set<String>()
            try items(count, each: 2, depth) { cursor throws(RecordProblem) in
                let (major, _, length) = try cursor.head()
                guard major == 3, let length else { throw cursor.bad("a key that is no text") }
                let name = try cursor.text(length)
                guard seen.insert(name).inserted else { throw RecordProblem(.duplicateKey) }
                members.append((name, try cursor.value(depth: depth + 1)))
            }
            return JSONObject(members)
        }

        /// Reads `count` items, or those up to the break.
        ///
        /// - Parameter each: the fewest bytes of one.
        private mutating func items(
            _ count: UInt64?, each: Int, _ depth: Int, _ read: (inout Cursor) throws(RecordProblem) -> Void
        ) throws(RecordProblem) {
            guard depth <= Limits.nesting else { throw RecordProblem(.tooDeep) }
            if let count {
                guard count <= UInt64(left / each) else { throw bad("more items than bytes") }
                for _ in 0..<count { try read(&self) }
                return
            }
            while try peek() != 0xFF { try read(&self) }
            position += 1
        }

        private mutating func simple(_ info: UInt8, _ argument: UInt64?) throws(RecordProblem) -> JSONValue {
            guard let bits = argument else { throw bad("a break where a value should be") }
            let number: Double
            switch info {
            case 20: return .bool(false)
            case 21: return .bool(true)
            case 22: return .null
            case 25: number = Cursor.half(UInt16(truncatingIfNeeded: bits))
            case 26: number = Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            case 27: number = Double(bitPattern: bits)
            default: throw bad("a simple value that JSON does not have")
            }
            guard number.isFinite else { throw RecordProblem(.badNumber) }
            if number == number.rounded(), abs(number) < 9e15 { return .integer(Int64(number)) }
            return .decimal("\(number)")
        }

        /// A number of half precision (RFC 8949, appendix D).
        private static func half(_ bits: UInt16) -> Double {
            let exponent = Int(bits >> 10 & 0x1F)
            let fraction = Double(bits & 0x3FF)
            let magnitude: Double =
                switch exponent {
                case 0: fraction * 0x1p-24
                case 31: fraction == 0 ? .infinity : .nan
                default: (fraction + 1_024) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
                }
            return bits & 0x8000 == 0 ? magnitude : -magnitude
        }

        private mutating func text(_ length: UInt64) throws(RecordProblem) -> String {
            guard length <= UInt64(left) else { throw RecordProblem(.cutOff) }
            let end = position + Int(length)
            guard let text = String(validating: bytes[position..<end], as: UTF8.self) else {
                throw RecordProblem(.notUTF8)
            }
            position = end
            return text
        }

        private var left: Int { bytes.count - position }

        private func peek() throws(RecordProblem) -> UInt8 {
            guard position < bytes.count else { throw RecordProblem(.cutOff) }
            return bytes[position]
        }

        private mutating func byte() throws(RecordProblem) -> UInt8 {
            let byte = try peek()
            position += 1
            return byte
        }

        private mutating func unsigned(_ count: Int) throws(RecordProblem) -> UInt64 {
            var value: UInt64 = 0
            for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
            return value
        }

        private func bad(_ detail: String) -> RecordProblem { RecordProblem(.notCBOR, detail: detail) }
    }
}
