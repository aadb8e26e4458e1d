@testable import PicketLog

/// Changes files at random, and often makes their checksums right again: a checksum would else hide all that lies behind it.
struct FuzzMutator {
    var random: Random
    private let deflater = Deflater(level: 1)
    private let inflater = Inflater()

    /// Numbers at which readers have overflowed.
    private static let numbers: [UInt64] = [
        0, 1, 7, 8, 31, 32, 0xFF, 0xFFFF, 1 << 24, 1 << 31, (1 << 32) - 1, 1 << 62, 1 << 63, .max,
    ]
    /// The longest input: beyond it a reader's own limits answer, and the memory test tries those.
    private static let longest = 1 << 16

    init(_ seed: UInt64) { random = Random(seed) }

    /// A number below `limit`, which may be 0.
    private mutating func below(_ limit: Int) -> Int { limit <= 0 ? 0 : Int(random.below(UInt64(limit))) }

    mutating func mutate(_ input: [UInt8], donor: [UInt8], _ target: FuzzTarget) -> [UInt8] {
        var bytes = input
        if target == .segment || target == .lastSegment, random.chance(4), let changed = otherLines(bytes) {
            bytes = changed
        }
        for _ in 0...below(4) { mutateOnce(&bytes, donor) }
        if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        if random.chance(3) { return bytes }
        switch target {
        case .segment, .lastSegment: Self.repairSegment(&bytes)
        case .writeAhead: Self.repairWriteAhead(&bytes)
        default: break
        }
        return bytes
    }

    private mutating func mutateOnce(_ bytes: inout [UInt8], _ donor: [UInt8]) {
        let start = below(bytes.count)
        let end = start + below(min(64, bytes.count - start) + 1)
        let from = below(donor.count)
        let to = from + below(min(200, donor.count - from) + 1)
        switch below(8) {
        case 0: bytes.replaceSubrange(start..<end, with: donor[from..<to])
        case 1: bytes.removeLast(bytes.count - start)
        case 2: bytes.insert(contentsOf: donor[from..<to], at: start)
        case 3: bytes.removeSubrange(start..<end)
        case 4: bytes += donor[from..<to]
        case 5:
            let width = [1, 2, 4, 8][below(4)]
            let number = Self.numbers[below(Self.numbers.count)]
            for index in start..<min(start + width, bytes.count) {
                bytes[index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (index - start)))
            }
        case 6: if start < bytes.count { bytes[start] ^= 1 << UInt8(below(8)) }
        default: if start < bytes.count { bytes[start] = UInt8(below(256)) }
        }
    }

    /// The first block of a segment with other lines, compressed anew under the old head.
    private mutating func otherLines(_ bytes: [UInt8]) -> [UInt8]? {
        guard case .header(let header, let dataOffset) = BlockHeader.parse(bytes), header.memberSize <= bytes.count,
            let deflater, let inflater
        else { return nil }
        let data = dataOffset..<(header.memberSize - BlockHeader.trailerBytes)
        let size = Int(LittleEndian.load(UInt32.self, bytes, at: header.memberSize - 4))
        guard data.lowerBound < data.upperBound, size < Self.longest,
            var lines = inflater.inflate(bytes, data, size: size)
        else { return nil }
        mutateOnce(&lines, lines)
        guard let member = Block.member(header, content: lines, deflater) else { return nil }
        return member + bytes[header.memberSize...]
    }

    /// Makes the checksum of every member right whose head can be read.
    private static func repairSegment(_ bytes: inout [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let rest = Array(bytes[offset...])
            guard case .header(let header, _) = BlockHeader.parse(rest) else { return }
            var member = Array(rest.prefix(header.memberSize))
            let at = header.checksumAt
            guard at + 4 <= member.count else { return }
            let checksum = Checksum.crc32(member, (at + 4)..<member.count, from: Checksum.crc32(member, 0..<at))
            LittleEndian.store(checksum, in: &member, at: at)
            bytes.replaceSubrange(offset..<(offset + member.count), with: member)
            offset += member.count
        }
    }

    /// Makes the checksums of a write-ahead file right: of its head, and of the head and the body of every frame.
    private static func repairWriteAhead(_ bytes: inout [UInt8]) {
        guard bytes.count >= 64 else { return }
        let name = min(Int(LittleEndian.load(UInt32.self, bytes, at: 56)), bytes.count - 64)
        LittleEndian.store(
            Checksum.crc32(bytes, 64..<(64 + name), from: Checksum.crc32(bytes, 0..<60)), in: &bytes, at: 60)
        var offset = Int(LittleEndian.load(UInt16.self, bytes, at: 6))
        while offset + WriteAheadFrame.headBytes <= bytes.count {
            let length = Int(LittleEndian.load(UInt32.self, bytes, at: offset + 4))
            let start = offset + WriteAheadFrame.headBytes
            let body = start..<min(start + length, bytes.count)
            LittleEndian.store(Checksum.crc32(bytes, body), in: &bytes, at: offset + 28)
            LittleEndian.store(Checksum.crc32(bytes, offset..<(offset + 32)), in: &bytes, at: offset + 32)
            offset = (body.upperBound + 7) / 8 * 8
        }
    }
}
