import Foundation
import PicketEvents
import PicketLog

/// The top-level keys of a record that the tables need, found without decoding the rest.
struct RecordFields {
    private let bytes: [UInt8]
    private let values: [String: Range<Int>]

    init(_ bytes: [UInt8], _ line: Range<Int>) {
        self.bytes = bytes
        var found: [String: Range<Int>] = [:]
        LineFields.forEach(bytes, line) { key, value in
            found[String(decoding: bytes[key], as: UTF8.self)] = value
            return true
        }
        values = found
    }

    /// The text of a string; nil when the key is missing or no string.
    func string(_ key: String) -> String? { values[key].flatMap { RecordFields.string(bytes, $0) } }

    /// An integer; nil when the key is missing or something else.
    func integer(_ key: String) -> Int64? {
        values[key].flatMap { Int64(String(decoding: bytes[$0], as: UTF8.self)) }
    }

    /// A time in Unix milliseconds.
    func time(_ key: String) -> Int64? { values[key].flatMap { RecordFields.time(bytes, $0) } }

    /// The text of the string at `value`, quotes included.
    static func string(_ bytes: [UInt8], _ value: Range<Int>) -> String? {
        guard value.count >= 2, bytes[value.lowerBound] == 0x22 else { return nil }
        let inside = bytes[(value.lowerBound + 1)..<(value.upperBound - 1)]
        guard inside.contains(0x5C) else { return String(decoding: inside, as: UTF8.self) }
        return (try? JSONDecoder().decode([String].self, from: Data([0x5B] + bytes[value] + [0x5D])))?.first
    }

    /// The time in the string at `value`, in Unix milliseconds.
    static func time(_ bytes: [UInt8], _ value: Range<Int>) -> Int64? {
        guard value.count > 2 else { return nil }
        return Timestamp.parse(bytes.span.bytes, (value.lowerBound + 1)..<(value.upperBound - 1))
    }
}
