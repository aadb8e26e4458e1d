/// A block whose records are complete and wait to be sealed.
struct Block: Sendable {
    var firstIndex: UInt64
    var count: UInt32
    /// The lines, each ended by LF.
    var bytes: [UInt8]
    var earliest: Int64
    var latest: Int64
    /// The tree head over its own records.
    var root: TreeHash
    /// The root of the segment, where this block is the segment's last.
    var segmentRoot: TreeHash?
    /// The tile whose last record is this block's last.
    var tile: Tile?

    var endIndex: UInt64 { firstIndex + UInt64(count) }

    /// The block as a gzip member.
    func member(_ deflater: Deflater) -> [UInt8]? {
        Block.member(
            BlockHeader(
                kind: .lines, memberSize: 0, count: count, firstIndex: firstIndex,
                earliest: earliest, latest: latest, root: root),
            content: bytes, deflater)
    }

    /// A member with the given head, whose size is filled in.
    static func member(_ header: BlockHeader, content: [UInt8], _ deflater: Deflater) -> [UInt8]? {
        var out: [UInt8] = []
        header.append(to: &out)
        guard deflater.append(content, to: &out) else { return nil }
        LittleEndian.append(Checksum.crc32(content), to: &out)
        LittleEndian.append(UInt32(content.count), to: &out)
        BlockHeader.finish(&out)
        return out
    }

    /// The content of a whole member, or what is wrong with it: the length and the checksum of gzip are compared.
    ///
    /// - Parameter isProof: false leaves out gzip's checksum, a sixth of the work. Our own over the compressed bytes has
    ///   found any accident by then; the other tells a member that was made wrong, which is for a verifier to find.
    static func content(
        of member: [UInt8], _ header: BlockHeader, dataOffset: Int, isProof: Bool = true, _ inflater: Inflater
    ) -> Result<[UInt8], Damage> {
        guard BlockHeader.isSound(member, checksumAt: header.checksumAt) else {
            return .failure(Damage("a block does not match its checksum"))
        }
        let trailer = member.count - BlockHeader.trailerBytes
        guard trailer > dataOffset else { return .failure(Damage("a block is cut short")) }
        let size = Int(LittleEndian.load(UInt32.self, member, at: trailer + 4))
        guard size <= LogLimits.blockBytes else {
            return .failure(Damage("a block claims \(size) bytes of content, more than any writer makes"))
        }
        guard let content = inflater.inflate(member, dataOffset..<trailer, size: size) else {
            return .failure(Damage("the compressed data of a block is damaged"))
        }
        guard !isProof || Checksum.crc32(content) == LittleEndian.load(UInt32.self, member, at: trailer) else {
            return .failure(Damage("the content of a block does not match its checksum"))
        }
        return .success(content)
    }

    /// What is wrong with bytes that were read.
    struct Damage: Error, Equatable {
        var problem: String

        init(_ problem: String) { self.problem = problem }
    }
}
