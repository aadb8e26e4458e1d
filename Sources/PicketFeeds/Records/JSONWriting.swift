import PicketEvents

/// Writes a tree as canonical JSON: no white space, members in the order of their names' bytes, so that two documents
/// that say the same are the same.
package enum JSONWriting {
    package static func append(_ value: JSONValue, to out: inout [UInt8]) {
        switch value {
        case .null: CanonicalJSON.append("null", to: &out)
        case .bool(let value): out += Array((value ? "true" : "false").utf8)
        case .integer(let value): CanonicalJSON.append(value, to: &out)
        case .decimal(let text): out += Array(text.utf8)
        case .string(let text): CanonicalJSON.appendString(text, to: &out)
        case .array(let values):
            out.append(0x5B)
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(0x2C) }
                append(value, to: &out)
            }
            out.append(0x5D)
        case .object(let object):
            out.append(0x7B)
            let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(0x2C) }
                CanonicalJSON.appendString(member.name, to: &out)
                out.append(0x3A)
                append(member.value, to: &out)
            }
            out.append(0x7D)
        }
    }

    /// The bytes of `value`.
    package static func bytes(_ value: JSONValue) -> [UInt8] {
        var out: [UInt8] = []
        append(value, to: &out)
        return out
    }
}
