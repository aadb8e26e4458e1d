/// Writes a tree as CBOR (RFC 8949), every length and number in its shortest form: for answers to devices that report
/// in CBOR.
package enum CBORWriting {
    /// The bytes of `value`.
    package static func bytes(_ value: JSONValue) -> [UInt8] {
        var out: [UInt8] = []
        append(value, to: &out)
        return out
    }

    private static func append(_ value: JSONValue, to out: inout [UInt8]) {
        switch value {
        case .null: out.append(0xF6)
        case .bool(let value): out.append(value ? 0xF5 : 0xF4)
        case .integer(let value):
            // -1 - n for negative ones, which is the complement of the bits (RFC 8949 §3.1).
            value >= 0 ? head(0, UInt64(value), &out) : head(1, UInt64(bitPattern: ~value), &out)
        case .decimal(let text):
            out.append(0xFB)
            let bits = (Double(text) ?? 0).bitPattern
            for shift in stride(from: 56, through: 0, by: -8) {
                out.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
            }
        case .string(let text):
            head(3, UInt64(text.utf8.count), &out)
            out += Array(text.utf8)
        case .array(let values):
            head(4, UInt64(values.count), &out)
            for value in values { append(value, to: &out) }
        case .object(let object):
            head(5, UInt64(object.members.count), &out)
            for member in object.members {
                append(.string(member.name), to: &out)
                append(member.value, to: &out)
            }
        }
    }

    private static func head(_ major: UInt8, _ argument: UInt64, _ out: inout [UInt8]) {
        let (info, count): (UInt8, Int) =
            switch argument {
            case 0..<24: (UInt8(argument), 0)
            case ..<0x100: (24, 1)
            case ..<0x1_0000: (25, 2)
            case ..<0x1_0000_0000: (26, 4)
            default: (27, 8)
            }
        out.append(major << 5 | info)
        for index in stride(from: count - 1, through: 0, by: -1) {
            out.append(UInt8(truncatingIfNeeded: argument >> UInt64(index * 8)))
        }
    }
}
