import PicketEvents

/// Writes a record of a feed, whose fields have names of their own, as a line in Picket's spelling. ``NDJSONDecoder`` reads
/// that line, so that everything else (kinds, reasons, times, secrets) is as in a line that was spelled so from the start.
struct MappedRecord: Sendable {
    private struct Field: Sendable {
        var slot: InputSlot
        /// The member, of a key that is an object.
        var member: String?
        var source: String?
        var path: [String]
        var constant: String?
        var values: [String: String]
    }

    private let fields: [Field]
    /// The first names of the sources, which are no unknown keys.
    private let used: Set<String>
    /// All values are texts, as in CSV: those of keys that are numbers or flags are read as such.
    private let isText: Bool

    init(_ map: FieldMap?, isText: Bool) {
        fields = (map?.fields ?? []).compactMap { field in
            let parts = field.key.split(separator: ".", maxSplits: 1).map(String.init)
            guard let slot = InputSlot.allCases.first(where: { "\($0)" == parts[0] }) else { return nil }
            return Field(
                slot: slot, member: parts.count > 1 ? parts[1] : nil, source: field.source,
                path: (field.source ?? "").split(separator: ".", omittingEmptySubsequences: false).map(String.init),
                constant: field.constant, values: field.values)
        }
        used = Set(fields.flatMap { field in [field.source, field.path.first].compactMap(\.self) })
        self.isText = isText
    }

    /// The line, without a line end.
    func line(_ record: JSONObject) -> [UInt8] {
        var members: [(name: String, value: JSONValue)] = []
        var objects: [(slot: InputSlot, members: [(name: String, value: JSONValue)])] = []
        for field in fields {
            guard let value = value(of: field, in: record) else { continue }
            if let member = field.member {
                let index = objects.firstIndex { $0.slot == field.slot } ?? objects.count
                if index == objects.count { objects.append((field.slot, [])) }
                objects[index].members.append((member, MappedRecord.number(value)))
            } else if let value = MappedRecord.converted(value, for: field.slot) {
                members.append((InputKeyTable.strongestName(of: field.slot), value))
            }
        }
        members += objects.map { (InputKeyTable.strongestName(of: $0.slot), .object(JSONObject($0.members))) }
        var names = Set(members.map(\.name))
        var unknown = 0
        for (name, value) in record.members where !used.contains(name) && names.insert(name).inserted {
            if let slot = InputKeyTable.shared.slot(named: name) {
                guard let value = isText ? MappedRecord.converted(value, for: slot) : value else { continue }
                members.append((name, value))
            } else if unknown < Limits.unknownKeys {
                // Of an unknown key only the name is kept.
                members.append((name, .bool(true)))
                unknown += 1
            }
        }
        var out: [UInt8] = []
        out.append(0x7B)
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(0x2C) }
            CanonicalJSON.appendString(member.name, to: &out)
            out.append(0x3A)
            JSONWriting.append(member.value, to: &out)
        }
        out.append(0x7D)
        return out
    }

    private func value(of field: Field, in record: JSONObject) -> JSONValue? {
        var found = field.constant.map { JSONValue.string($0) }
        if let source = field.source {
            found = record[source]
            if found == nil, field.path.count > 1 {
                found = .object(record)
                for name in field.path { found = found?.object?[name] }
            }
        }
        guard let found, !field.values.isEmpty, let text = found.scalarText else { return found }
        return field.values[text].map { .string($0) } ?? found
    }

    /// `value` as the key wants it: loggers write numbers as texts, and texts as numbers. Nil when there is nothing in it.
    private static func converted(_ value: JSONValue, for slot: InputSlot) -> JSONValue? {
        if case .string("") = value { return nil }
        switch slot {
        case .time: return number(value)
        case .bytes, .qos, .keepalive, .granted: return number(value)
        case .retain, .clean, .mfa: return .bool(value.isTrue)
        case .tls, .metrics, .notes, .symptoms, .payload: return value
        case .value: return number(value)
        case .certificate: return value.object == nil ? value.scalarText.map { .string($0) } : value
        default: return value.scalarText.map { .string($0) }
        }
    }

    /// A text that is a number in JSON's spelling, as that number.
    private static func number(_ value: JSONValue) -> JSONValue {
        guard case .string(let text) = value, let first = text.utf8.first,
            first == 0x2D || (0x30...0x39).contains(first),
            let number = try? JSONReading.value(text.utf8)
        else { return value }
        return number
    }
}
