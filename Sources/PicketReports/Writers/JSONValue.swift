import PicketEvents

/// A JSON value whose keys keep their order, so that the same report is the same bytes.
package indirect enum JSONValue: Sendable, Equatable {
    case object([Member])
    case list([JSONValue])
    case text(String)
    case number(Int64)
    case flag(Bool)
    case null

    package struct Member: Sendable, Equatable {
        package var key: String
        package var value: JSONValue
    }

    /// An object; members without a value are left out.
    package static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    package static func number(_ value: Int) -> JSONValue { .number(Int64(value)) }
    package static func number(_ value: UInt64) -> JSONValue { .number(Int64(clamping: value)) }
    package static func time(_ value: Int64) -> JSONValue { .text(Timestamp.format(value)) }
    package static func texts(_ values: [String]) -> JSONValue { .list(values.map { .text($0) }) }

    /// The bytes, with two spaces for each level and a line feed at the end: people read reports too.
    package var pretty: [UInt8] {
        var out: [UInt8] = []
        append(to: &out, level: 0)
        out.append(0x0A)
        return out
    }

    private func append(to out: inout [UInt8], level: Int) {
        switch self {
        case .null: out += Array("null".utf8)
        case .flag(let value): out += Array("\(value)".utf8)
        case .number(let value): CanonicalJSON.append(value, to: &out)
        case .text(let value): CanonicalJSON.appendString(value, to: &out)
        case .list(let items):
            // Lists of numbers and short words stand on one line.
            let isShort = items.allSatisfy { $0.isScalar } && items.count <= 400
            open(0x5B, 0x5D, items, isShort, &out, level) { $0.append(to: &$1, level: level + 1) }
        case .object(let members):
            open(0x7B, 0x7D, members, false, &out, level) { member, out in
                CanonicalJSON.appendString(member.key, to: &out)
                out += [0x3A, 0x20]
                member.value.append(to: &out, level: level + 1)
            }
        }
    }

    private var isScalar: Bool {
        switch self {
        case .object, .list: false
        default: true
        }
    }

    private func open<T>(
        _ begin: UInt8, _ end: UInt8, _ items: [T], _ isShort: Bool, _ out: inout [UInt8], _ level: Int,
        _ write: (T, inout [UInt8]) -> Void
    ) {
        out.append(begin)
        for (place, item) in items.enumerated() {
            if place > 0 { out.append(0x2C) }
            if isShort {
                if place > 0 { out.append(0x20) }
            } else {
                out.append(0x0A)
                out += Array(repeating: 0x20, count: 2 * (level + 1))
            }
            write(item, &out)
        }
        if !isShort, !items.isEmpty {
            out.append(0x0A)
            out += Array(repeating: 0x20, count: 2 * level)
        }
        out.append(end)
    }
}
