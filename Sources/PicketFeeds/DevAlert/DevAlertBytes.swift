import PicketEvents

/// The fields of a DevAlert message, one after the other, in the byte order of the device that wrote them.
struct DevAlertBytes {
    private let all: [UInt8]
    private var position = 0
    private var isBigEndian = false

    init(_ bytes: [UInt8]) { all = bytes }

    mutating func bytes(_ count: Int) throws(RecordProblem) -> [UInt8] {
        guard count <= all.count - position else { throw .notAnAlert("it breaks off") }
        defer { position += count }
        return Array(all[position..<position + count])
    }

    mutating func expect(_ markers: [UInt8]) throws(RecordProblem) {
        guard try bytes(markers.count) == markers else { throw .notAnAlert("markers are missing") }
    }

    /// 0x0FF0 as the device writes it tells its byte order.
    mutating func readEndianness() throws(RecordProblem) {
        switch try bytes(2) {
        case [0xF0, 0x0F]: isBigEndian = false
        case [0x0F, 0xF0]: isBigEndian = true
        default: throw .notAnAlert("the byte order is not readable")
        }
    }

    mutating func number8() throws(RecordProblem) -> UInt8 { try bytes(1)[0] }

    mutating func number16() throws(RecordProblem) -> UInt16 { UInt16(try number(2)) }

    mutating func number32() throws(RecordProblem) -> UInt32 { UInt32(try number(4)) }

    private mutating func number(_ count: Int) throws(RecordProblem) -> UInt64 {
        let digits = try bytes(count)
        return (isBigEndian ? digits : digits.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A C string in a field of `count` bytes.
    mutating func text(_ count: Int) throws(RecordProblem) -> String {
        let field = try bytes(count)
        guard let text = String(validating: field.prefix { $0 != 0 }, as: UTF8.self) else {
            throw RecordProblem(.notUTF8)
        }
        return text
    }

    /// The library has a place for a checksum, says nowhere how it is computed, and writes 0 for none. Another value is a
    /// checksum that nobody can compare, or damage: neither is believed.
    mutating func expectNoChecksum() throws(RecordProblem) {
        guard try number32() == 0 else { throw .notAnAlert("it has a checksum, which DFM 2 does not define") }
    }

    func finish() throws(RecordProblem) {
        guard position == all.count else { throw .notAnAlert("bytes are left over") }
    }
}
