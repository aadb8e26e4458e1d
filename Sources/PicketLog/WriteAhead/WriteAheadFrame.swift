import PicketEvents

/// One frame of a write-ahead file: the records of one append, all or nothing.
///
///     0  magic "PFRM"   4  length of the body u32   8  epoch u64   16  firstIndex u64   24  count u32
///    28  CRC-32 of the body   32  CRC-32 of bytes 0..<32   36  zero u32
///    40  body: count × (length u32, received i64 in ms, line), then zeros to a multiple of 8
///
/// The head has a checksum of its own: a length that rotted must not be taken for a frame cut short by a crash.
struct WriteAheadFrame: Equatable {
    var firstIndex: UInt64
    var count: Int
    /// Where the body lies in the bytes that were parsed, without the padding.
    var body: Range<Int>
    /// The position after the frame.
    var end: Int

    static let magic: UInt32 = 0x4D52_4650
    static let headBytes = 40

    /// Bytes of a record in a body besides its line.
    static let recordOverhead = 12

    /// Appends the frame that holds `rows` of `buffer` to `bytes`.
    static func append(
        _ buffer: borrowing RecordBuffer, _ rows: Range<Int>, epoch: UInt64, firstIndex: UInt64, to bytes: inout [UInt8]
    ) {
        let start = bytes.count
        LittleEndian.append(magic, to: &bytes)
        LittleEndian.append(UInt32(0), to: &bytes)
        LittleEndian.append(epoch, to: &bytes)
        LittleEndian.append(firstIndex, to: &bytes)
        LittleEndian.append(UInt32(rows.count), to: &bytes)
        for _ in 0..<3 { LittleEndian.append(UInt32(0), to: &bytes) }
        let bodyStart = bytes.count
        for row in rows {
            let line = buffer.line(row)
            LittleEndian.append(UInt32(line.count), to: &bytes)
            LittleEndian.append(buffer.times[row], to: &bytes)
            bytes.append(contentsOf: buffer.bytes[line])
        }
        LittleEndian.store(UInt32(bytes.count - bodyStart), in: &bytes, at: start + 4)
        LittleEndian.store(Checksum.crc32(bytes, bodyStart..<bytes.count), in: &bytes, at: start + 28)
        LittleEndian.store(Checksum.crc32(bytes, start..<(start + 32)), in: &bytes, at: start + 32)
        while (bytes.count - start) % 8 != 0 { bytes.append(0) }
    }

    /// What stands at a place where a frame should be.
    enum Parsed: Equatable {
        case frame(WriteAheadFrame)
        /// The bytes end before the frame does, or a part of it is a disk sector of zeros: what a crash leaves of a
        /// frame that was being written. `needed` is where the frame would end, where that is known.
        case torn(needed: Int?)
        case damaged(String)
    }

    /// Reads the frame at `offset`. `sectorOrigin` is the offset in the file of `bytes[0]`: sectors are counted there.
    static func parse(_ bytes: [UInt8], at offset: Int, epoch: UInt64, sectorOrigin: Int = 0) -> Parsed {
        guard offset + headBytes <= bytes.count else { return .torn(needed: nil) }
        let head = offset..<(offset + headBytes)
        guard LittleEndian.load(UInt32.self, bytes, at: offset) == magic,
            LittleEndian.load(UInt32.self, bytes, at: offset + 32) == Checksum.crc32(bytes, offset..<(offset + 32)),
            LittleEndian.load(UInt32.self, bytes, at: offset + 36) == 0
        else {
            return Sector.hasZeros(bytes, head, origin: sectorOrigin)
                ? .torn(needed: nil) : .damaged("the head of a frame is damaged")
        }
        guard LittleEndian.load(UInt64.self, bytes, at: offset + 8) == epoch else {
            return .damaged("a frame belongs to another file")
        }
        let length = Int(LittleEndian.load(UInt32.self, bytes, at: offset + 4))
        guard length <= LogLimits.frameBytes + LogLimits.recordBytes else {
            return .damaged("a frame of \(length) bytes is longer than any writer makes it")
        }
        let body = head.upperBound..<(head.upperBound + length)
        let end = offset + (headBytes + length + 7) / 8 * 8
        guard end <= bytes.count else { return .torn(needed: end) }
        let padding = body.upperBound..<end
        guard LittleEndian.load(UInt32.self, bytes, at: offset + 28) == Checksum.crc32(bytes, body),
            bytes[padding].allSatisfy({ $0 == 0 })
        else {
            return Sector.hasZeros(bytes, offset..<end, origin: sectorOrigin)
                ? .torn(needed: end) : .damaged("the body of a frame does not match its checksum")
        }
        return .frame(
            WriteAheadFrame(
                firstIndex: LittleEndian.load(UInt64.self, bytes, at: offset + 16),
                count: Int(LittleEndian.load(UInt32.self, bytes, at: offset + 24)), body: body, end: end))
    }

    /// Tells every record of the frame: where its line lies in `bytes`, and its time. Returns false when the body is
    /// not `count` records exactly.
    func forEachRecord(in bytes: [UInt8], _ body: (Range<Int>, Int64) -> Void) -> Bool {
        var position = self.body.lowerBound
        for _ in 0..<count {
            guard position + WriteAheadFrame.recordOverhead <= self.body.upperBound else { return false }
            let length = Int(LittleEndian.load(UInt32.self, bytes, at: position))
            let time = LittleEndian.load(Int64.self, bytes, at: position + 4)
            position += WriteAheadFrame.recordOverhead
            guard length > 0, length <= LogLimits.recordBytes, position + length <= self.body.upperBound else {
                return false
            }
            body(position..<(position + length), time)
            position += length
        }
        return position == self.body.upperBound
    }

    /// Whether a sound frame of `epoch` begins anywhere after `offset`: frames begin at multiples of 8.
    static func follows(_ bytes: [UInt8], after offset: Int, epoch: UInt64) -> Bool {
        var position = offset + 8
        while position + headBytes <= bytes.count {
            if LittleEndian.load(UInt32.self, bytes, at: position) == magic,
                case .frame = parse(bytes, at: position, epoch: epoch)
            {
                return true
            }
            position += 8
        }
        return false
    }
}
