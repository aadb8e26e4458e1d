/// The small pieces of JSON that every canonical line is made of: no white space, and one way only to write a value.
package enum CanonicalJSON {
    /// Appends `bytes` (UTF-8) as a JSON string: `"` and `\` escaped, control characters as `\b \f \n \r \t` or
    /// `\u00xx` in lower case, everything else as it is.
    package static func appendString(_ bytes: RawSpan, _ range: Range<Int>, to out: inout [UInt8]) {
        out.append(0x22)
        var start = range.lowerBound
        for position in range {
            let byte = bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            if byte >= 0x20 && byte != 0x22 && byte != 0x5C { continue }
            append(bytes, start..<position, to: &out)
            start = position + 1
            out.append(0x5C)
            switch byte {
            case 0x22, 0x5C: out.append(byte)
            case 0x08: out.append(0x62)
            case 0x0C: out.append(0x66)
            case 0x0A: out.append(0x6E)
            case 0x0D: out.append(0x72)
            case 0x09: out.append(0x74)
            default:
                out.append(contentsOf: [0x75, 0x30, 0x30])
                Hex.append(CollectionOfOne(byte), to: &out)
            }
        }
        append(bytes, start..<range.upperBound, to: &out)
        out.append(0x22)
    }

    /// Appends `text` as a JSON string.
    package static func appendString(_ text: String, to out: inout [UInt8]) {
        let bytes = Array(text.utf8)
        appendString(bytes.span.bytes, 0..<bytes.count, to: &out)
    }

    /// Appends the bytes of `range` as they are.
    @inline(__always)
    package static func append(_ bytes: RawSpan, _ range: Range<Int>, to out: inout [UInt8]) {
        guard !range.isEmpty else { return }
        bytes.withUnsafeBytes { out.append(contentsOf: $0[range]) }
    }

    /// Appends the letters of a name known at compile time.
    @inline(__always)
    package static func append(_ name: StaticString, to out: inout [UInt8]) {
        name.withUTF8Buffer { out.append(contentsOf: $0) }
    }

    /// Appends an integer in decimal.
    package static func append(_ value: Int64, to out: inout [UInt8]) {
        if value < 0 { out.append(0x2D) }
        var magnitude = value.magnitude
        if magnitude < 10 {
            out.append(0x30 + UInt8(truncatingIfNeeded: magnitude))
            return
        }
        let start = out.count
        while magnitude > 0 {
            out.append(0x30 + UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        }
        out[start...].reverse()
    }
}
