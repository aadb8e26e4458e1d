import PicketEvents

/// Cuts the body of a request into lines: a JSON value of any layout becomes one line, an array one for each element.
enum IngestBody {
    /// JSON values one after the other, the elements of arrays at the top, or lines. Where the brackets do not fit together
    /// the body stays as it is, and its lines are rejected one by one.
    static func lines(_ body: [UInt8]) -> [UInt8] {
        guard let first = body.first(where: { $0 > 0x20 }), first == 0x7B || first == 0x5B else { return body }
        var out: [UInt8] = []
        out.reserveCapacity(body.count + 16)
        var depth = 0
        var isText = false
        var isEscaped = false
        var isArray = false
        for byte in body {
            if isText {
                out.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isText = false
                }
                continue
            }
            switch byte {
            case 0x22:
                isText = true
                out.append(byte)
            case 0x5B where depth == 0 && !isArray:
                isArray = true
            case 0x5D where depth == 0 && isArray:
                isArray = false
                end(&out)
            case 0x2C where depth == 0 && isArray:
                end(&out)
            case 0x7B, 0x5B:
                depth += 1
                out.append(byte)
            case 0x7D, 0x5D:
                depth -= 1
                guard depth >= 0 else { return body }
                out.append(byte)
                if depth == 0, !isArray { end(&out) }
            case 0x0A, 0x0D:
                // Between values it ends one that is none; inside it is white space.
                if depth == 0, !isArray { end(&out) } else { out.append(0x20) }
            default: out.append(byte)
            }
        }
        guard depth == 0, !isText, !isArray else { return body }
        end(&out)
        return out
    }

    private static func end(_ out: inout [UInt8]) {
        if let last = out.last, last != 0x0A { out.append(0x0A) }
    }
}
