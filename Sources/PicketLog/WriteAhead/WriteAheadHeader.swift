/// The head of a write-ahead file. It is durable before the first frame is written, so a file with a damaged head has
/// never held a record.
///
///     0  magic "PWAL"   4  version u16   6  length of the head u16, origin and padding included
///     8  epoch u64     16  firstIndex u64     24  head of the tree at firstIndex, 32 bytes
///    56  length of the origin u32             60  CRC-32 of bytes 0..<60 and the origin
///    64  origin, then zeros to a multiple of 8
struct WriteAheadHeader: Equatable {
    /// Random; every frame of the file repeats it, so that stale bytes of another file are never taken for frames.
    var epoch: UInt64
    /// The index of the first record.
    var firstIndex: UInt64
    /// The head of the tree over all records before `firstIndex`.
    var treeHead: TreeHash
    /// The log this file belongs to.
    var origin: String

    static let magic: UInt32 = 0x4C41_5750
    static let version: UInt16 = 1
    private static let fixedBytes = 64

    /// The longest head there is: what a file without a readable head can be long at most.
    static let maximumBytes = fixedBytes + (LogLimits.originBytes + 7) / 8 * 8

    func encoded() -> [UInt8] {
        let name = Array(origin.utf8)
        let length = WriteAheadHeader.fixedBytes + (name.count + 7) / 8 * 8
        var bytes: [UInt8] = []
        LittleEndian.append(WriteAheadHeader.magic, to: &bytes)
        LittleEndian.append(WriteAheadHeader.version, to: &bytes)
        LittleEndian.append(UInt16(length), to: &bytes)
        LittleEndian.append(epoch, to: &bytes)
        LittleEndian.append(firstIndex, to: &bytes)
        treeHead.append(to: &bytes)
        LittleEndian.append(UInt32(name.count), to: &bytes)
        LittleEndian.append(Checksum.crc32(name, 0..<name.count, from: Checksum.crc32(bytes)), to: &bytes)
        bytes.append(contentsOf: name)
        while bytes.count < length { bytes.append(0) }
        return bytes
    }

    /// The head at the beginning of `bytes` and its length, or nil when there is none that is sound.
    static func parse(_ bytes: [UInt8]) -> (header: WriteAheadHeader, length: Int)? {
        guard bytes.count >= fixedBytes, LittleEndian.load(UInt32.self, bytes, at: 0) == magic,
            LittleEndian.load(UInt16.self, bytes, at: 4) == version,
            let treeHead = TreeHash(bytes, at: 24)
        else { return nil }
        let length = Int(LittleEndian.load(UInt16.self, bytes, at: 6))
        let nameLength = Int(LittleEndian.load(UInt32.self, bytes, at: 56))
        guard nameLength <= LogLimits.originBytes, length == fixedBytes + (nameLength + 7) / 8 * 8,
            length <= bytes.count
        else { return nil }
        let name = fixedBytes..<(fixedBytes + nameLength)
        let checksum = Checksum.crc32(bytes, name, from: Checksum.crc32(bytes, 0..<60))
        guard checksum == LittleEndian.load(UInt32.self, bytes, at: 60),
            bytes[name.upperBound..<length].allSatisfy({ $0 == 0 }),
            let origin = String(validating: bytes[name], as: UTF8.self)
        else { return nil }
        let header = WriteAheadHeader(
            epoch: LittleEndian.load(UInt64.self, bytes, at: 8),
            firstIndex: LittleEndian.load(UInt64.self, bytes, at: 16), treeHead: treeHead, origin: origin)
        return (header, length)
    }
}
