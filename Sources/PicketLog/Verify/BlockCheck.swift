import PicketEvents

/// Reads one block and compares everything its head says with its records.
struct BlockCheck: Sendable {
    /// What came out.
    struct Result: Sendable {
        var leaves: [TreeHash] = []
        var problem: String?
        var gaps: UInt64 = 0
        /// A disk sector of the member is zero, as a crash leaves one; only looked at where there is a problem.
        var hasZeros = false
    }

    /// How every record of Picket's own begins after its time: the rest of such a line says which.
    private static let head = Array("{\"received\":\"".utf8)
    private static let gap = Array("\",\"feed\":\"picket\",\"kind\":\"gap\"".utf8)
    /// Bytes of a time in a line: 2026-11-18T11:27:03.120Z.
    private static let timeBytes = 24

    /// - Parameter fileOffset: where the member stands in its file.
    static func run(
        _ member: [UInt8], _ header: BlockHeader, dataOffset: Int, fileOffset: Int, _ inflater: Inflater
    ) -> Result {
        var result = check(member, header, dataOffset: dataOffset, inflater)
        if result.problem != nil {
            result.hasZeros = Sector.hasZeros(
                member, 0..<member.count, origin: fileOffset, atLeast: Sector.telling)
        }
        return result
    }

    private static func check(
        _ member: [UInt8], _ header: BlockHeader, dataOffset: Int, _ inflater: Inflater
    ) -> Result {
        var result = Result()
        guard member.count == header.memberSize else {
            result.problem = "a block is cut short"
            return result
        }
        let content: [UInt8]
        switch Block.content(of: member, header, dataOffset: dataOffset, inflater) {
        case .failure(let damage):
            result.problem = damage.problem
            return result
        case .success(let bytes): content = bytes
        }
        var earliest = Int64.max
        var latest = Int64.min
        var isTimed = true
        let isWhole = BlockLines(content).forEach { line in
            result.leaves.append(TreeHash.leaf(content, line))
            guard let time = time(content, line) else {
                isTimed = false
                return
            }
            earliest = min(earliest, time)
            latest = max(latest, time)
            if isGap(content, line) { result.gaps += 1 }
        }
        if !isWhole || result.leaves.count != Int(header.count) {
            result.problem = "a block holds another number of lines than its head names"
        } else if TreeHash.head(of: result.leaves) != header.root {
            result.problem = "the records of a block are not those its head names"
        } else if isTimed, earliest != header.earliest || latest != header.latest {
            result.problem = "the times in the head of a block are not those of its records"
        }
        return result
    }

    /// The `received` time that a canonical line begins with.
    private static func time(_ content: [UInt8], _ line: Range<Int>) -> Int64? {
        let start = line.lowerBound + head.count
        guard start + timeBytes < line.upperBound, content[line.lowerBound..<start].elementsEqual(head) else {
            return nil
        }
        return Timestamp.parse(content.span.bytes, start..<(start + timeBytes))
    }

    private static func isGap(_ content: [UInt8], _ line: Range<Int>) -> Bool {
        let start = line.lowerBound + head.count + timeBytes
        guard start + gap.count < line.upperBound, content[start + 12] == gap[12] else { return false }
        return content[start..<(start + gap.count)].elementsEqual(gap)
    }
}
