/// One JSON value as a tree, for formats whose records are few and deep. Numbers keep their text: nothing that a feed
/// says is rounded on the way into the log.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// An integer of 64 bits.
    case integer(Int64)
    /// Any other number, as it was written (or, from CBOR, in the shortest decimal form).
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The text of a string.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The text of a string, a number or a flag: what loggers write where a text is expected.
    package var scalarText: String? {
        switch self {
        case .string(let text), .decimal(let text): text
        case .integer(let value): String(value)
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }

    package var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    package var object: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    package var array: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// Whether it says yes, in any of the ways in which loggers do.
    package var isTrue: Bool {
        switch self {
        case .bool(let value): value
        case .integer(let value): value == 1
        case .string(let text): ["true", "yes", "1"].contains(text.lowercased())
        default: false
        }
    }
}

/// The members of a JSON object, in the order in which they were written. Names are distinct: whoever reads the value
/// has refused a name that stands twice.
package struct JSONObject: Equatable, Sendable {
    package private(set) var members: [(name: String, value: JSONValue)]

    package init(_ members: [(name: String, value: JSONValue)] = []) { self.members = members }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.elementsEqual(b.members) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The value of `name`; nil when it is missing or null.
    package subscript(name: String) -> JSONValue? {
        for member in members where member.name == name { return member.value == .null ? nil : member.value }
        return nil
    }

    /// The value of the first of `names` that is there.
    package subscript(names: [String]) -> JSONValue? {
        for name in names { if let value = self[name] { return value } }
        return nil
    }

    /// Whether the member is there, null or not.
    package func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    package var names: [String] { members.map(\.name) }
}
