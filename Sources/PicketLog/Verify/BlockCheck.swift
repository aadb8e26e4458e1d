import PicketEvents

/// Reads one block and compares everything its head says with its records.
struct BlockCheck: Sendable {
    /// What came out.
    struct Result: Sendable {
        var leaves: [TreeHash] = []
        /// The heads of its groups of as many records as a tile has hashes, where it is full.
        var groups: [TreeHash] = []
        var problem: String?
        var gaps: UInt64 = 0
        /// The first of them.
        var declared: [DeclaredGap] = []
        /// A disk sector of the member is zero, as a crash leaves one; only looked at where there is a problem.
        var hasZeros = false
    }

    /// - Parameter fileOffset: where the member stands in its file.
    static func run(
        _ member: [UInt8], _ header: BlockHeader, dataOffset: Int, fileOffset: Int, _ shape: LogShape,
        _ inflater: Inflater
    ) -> Result {
        var result = check(member, header, dataOffset: dataOffset, shape, inflater)
        if result.problem != nil {
            result.hasZeros = Sector.hasZeros(
                member, 0..<member.count, origin: fileOffset, atLeast: Sector.telling)
        }
        return result
    }

    private static func check(
        _ member: [UInt8], _ header: BlockHeader, dataOffset: Int, _ shape: LogShape, _ inflater: Inflater
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
        // A hostile block can have millions of lines of one byte: no more are kept than its head names.
        guard let starts = BlockLines(content).starts(count: Int(header.count)) else {
            result.problem = "a block holds another number of lines than its head names"
            return result
        }
        result.leaves = TreeHash.leaves(content, starts: starts)
        var times = LineTimes()
        for row in result.leaves.indices {
            let line = starts[row]..<(starts[row + 1] - 1)
            times.add(content, line)
            guard DeclaredGap.isGap(content, line) else { continue }
            result.gaps += 1
            if result.declared.count < VerifyReport.declaredLimit { result.declared.append(DeclaredGap(content, line)) }
        }
        if UInt64(result.leaves.count) == shape.blockRecords {
            result.groups = TreeHash.levels(over: result.leaves, Int(shape.tileLog2))
        }
        if TreeHash.head(of: result.groups.isEmpty ? result.leaves : result.groups) != header.root {
            result.problem = "the records of a block are not those its head names"
        } else if let (earliest, latest) = times.range, earliest != header.earliest || latest != header.latest {
            result.problem = "the times in the head of a block are not those of its records"
        }
        return result
    }
}
