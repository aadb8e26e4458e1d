/// The head of a gzip member that holds one block: RFC 1952 with one extra subfield, `AL`.
///
///     0  1f 8b 08 04, mtime 0 u32, xfl 0, os ff      10  length of the extra field u16
///    12  'A' 'L' length 72 u16                        16  version u8, kind u8, flags u16, memberSize u32, count u32
///    28  firstIndex u64, tMin i64, tMax i64 (ms)      52  root, 32 bytes
///    84  CRC-32 of the member without these 4 bytes   88  deflate data
///
/// gzip's own checksum covers the content only. Ours covers what gzip leaves open as well: this head, and the bits of
/// the compressed data that do not change the content.
package struct BlockHeader: Equatable, Sendable {
    /// What the member holds.
    package enum Kind: UInt8, Sendable {
        /// Lines of JSON, each ended by LF.
        case lines = 1
        /// Nothing: the end of a full segment. `root` and `count` are those of the segment.
        case end = 255
    }

    package var kind: Kind
    /// Bytes of the whole member, head and trailer included: where the next one begins.
    package var memberSize: Int
    /// Records.
    package var count: UInt32
    package var firstIndex: UInt64
    /// The smallest and the largest received time of the records, Unix ms.
    package var earliest: Int64
    package var latest: Int64
    /// The tree head over the leaves of these records alone (RFC 6962 §2.1). For a full block, or the whole segment, it
    /// is a node of the log's tree.
    package var root: TreeHash
    /// Where the member's checksum stands, counted from its first byte.
    var checksumAt = 16 + checksumOffset

    /// Bytes of the head that a writer makes.
    static let byteCount = 88
    /// Where `memberSize` stands.
    static let memberSizeOffset = 20
    /// Bytes of a gzip trailer: CRC-32 and length of the content.
    static let trailerBytes = 8
    /// The longest head a reader accepts: an extra field has a 16-bit length.
    static let maximumBytes = 12 + 65_535
    private static let version: UInt8 = 1
    private static let bodyBytes = 72
    /// Where the checksum stands in the body.
    private static let checksumOffset = 68

    /// The index after the last record.
    package var endIndex: UInt64 { firstIndex + UInt64(count) }

    func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF])
        LittleEndian.append(UInt16(4 + BlockHeader.bodyBytes), to: &bytes)
        bytes.append(contentsOf: [0x41, 0x4C])
        LittleEndian.append(UInt16(BlockHeader.bodyBytes), to: &bytes)
        bytes.append(BlockHeader.version)
        bytes.append(kind.rawValue)
        LittleEndian.append(UInt16(0), to: &bytes)
        LittleEndian.append(UInt32(memberSize), to: &bytes)
        LittleEndian.append(count, to: &bytes)
        LittleEndian.append(firstIndex, to: &bytes)
        LittleEndian.append(earliest, to: &bytes)
        LittleEndian.append(latest, to: &bytes)
        root.append(to: &bytes)
        LittleEndian.append(UInt32(0), to: &bytes)
    }

    /// Fills in the size and the checksum of a whole member that a writer made.
    static func finish(_ member: inout [UInt8]) {
        LittleEndian.store(UInt32(member.count), in: &member, at: memberSizeOffset)
        let at = 16 + checksumOffset
        let checksum = Checksum.crc32(member, (at + 4)..<member.count, from: Checksum.crc32(member, 0..<at))
        LittleEndian.store(checksum, in: &member, at: at)
    }

    /// Whether the checksum of a whole member is right.
    static func isSound(_ member: [UInt8], checksumAt at: Int) -> Bool {
        guard at + 4 <= member.count else { return false }
        let checksum = Checksum.crc32(member, (at + 4)..<member.count, from: Checksum.crc32(member, 0..<at))
        return checksum == LittleEndian.load(UInt32.self, member, at: at)
    }

    /// Whether `rest`, up to the end of a file, is the beginning of one member and nothing else: what a crash leaves that
    /// kept the file short. A size that was changed, or members that follow, say otherwise.
    static func isCutShort(_ rest: [UInt8]) -> Bool {
        let fixed: [UInt8] = [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF]
        guard zip(rest, fixed).allSatisfy({ $0 == $1 }) else { return false }
        guard case .header(let header, _) = parse(rest) else { return rest.count < byteCount }
        var changed = rest
        LittleEndian.store(UInt32(rest.count), in: &changed, at: memberSizeOffset)
        guard header.memberSize > rest.count, !isSound(changed, checksumAt: header.checksumAt) else { return false }
        return !(1..<max(1, rest.count - byteCount)).contains { position in
            rest[position] == 0x1F && rest[position + 1] == 0x8B && rest[position + 2] == 8 && rest[position + 3] == 4
                && rest[(position + 4)..<(position + 9)].allSatisfy { $0 == 0 }
        }
    }

    /// What stands where a member should begin.
    enum Parsed: Equatable {
        /// The header, and where its deflate data begins, counted from the head's first byte.
        case header(BlockHeader, dataOffset: Int)
        /// The bytes end before the head does.
        case short
        case damaged(String)
    }

    /// Reads the head at the beginning of `bytes`.
    static func parse(_ bytes: [UInt8]) -> Parsed {
        guard bytes.count >= 12 else { return .short }
        guard bytes[0] == 0x1F, bytes[1] == 0x8B, bytes[2] == 8, bytes[3] == 4 else {
            return .damaged("no block begins here")
        }
        guard bytes[4..<9].allSatisfy({ $0 == 0 }), bytes[9] == 0xFF else {
            return .damaged("the head of a block has bytes set that a writer leaves zero")
        }
        let extraEnd = 12 + Int(LittleEndian.load(UInt16.self, bytes, at: 10))
        guard extraEnd <= bytes.count else { return .short }
        var position = 12
        while position + 4 <= extraEnd {
            let length = Int(LittleEndian.load(UInt16.self, bytes, at: position + 2))
            let body = position + 4
            guard body + length <= extraEnd else { break }
            // Subfields of others are stepped over, as RFC 1952 §2.3.1.1 asks.
            if bytes[position] == 0x41, bytes[position + 1] == 0x4C {
                return parseBody(bytes, body, length, dataOffset: extraEnd)
            }
            position = body + length
        }
        return .damaged("a gzip member is not a block of a log: it has no AL field")
    }

    private static func parseBody(_ bytes: [UInt8], _ at: Int, _ length: Int, dataOffset: Int) -> Parsed {
        guard length >= 2 else { return .damaged("the AL field of a block is cut short") }
        guard bytes[at] == version else {
            return .damaged("a block has format version \(bytes[at]); this program knows version \(version)")
        }
        guard length == bodyBytes, LittleEndian.load(UInt16.self, bytes, at: at + 2) == 0,
            let root = TreeHash(bytes, at: at + 36)
        else {
            return .damaged("the AL field of a block has \(length) bytes instead of \(bodyBytes), or flags set")
        }
        guard let kind = Kind(rawValue: bytes[at + 1]) else {
            return .damaged("a block is of kind \(bytes[at + 1]), which this program does not know")
        }
        let header = BlockHeader(
            kind: kind, memberSize: Int(LittleEndian.load(UInt32.self, bytes, at: at + 4)),
            count: LittleEndian.load(UInt32.self, bytes, at: at + 8),
            firstIndex: LittleEndian.load(UInt64.self, bytes, at: at + 12),
            earliest: LittleEndian.load(Int64.self, bytes, at: at + 20),
            latest: LittleEndian.load(Int64.self, bytes, at: at + 28), root: root, checksumAt: at + checksumOffset)
        guard header.memberSize > dataOffset + trailerBytes, header.memberSize <= LogLimits.memberBytes else {
            return .damaged("a block claims \(header.memberSize) bytes")
        }
        guard header.count > 0, header.firstIndex <= UInt64.max >> 1 else {
            return .damaged("a block claims \(header.count) records from \(header.firstIndex)")
        }
        return .header(header, dataOffset: dataOffset)
    }
}
