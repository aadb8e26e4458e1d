/// Nodes and proofs of a log's tree, from the heads of its blocks and, where those do not reach, from its records. What
/// it tells is as good as the files are: whoever relies on it compares the result with a signed checkpoint.
package struct LogTree {
    private let path: String
    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem

    /// Roots of the groups of 2^blockLog2 records of one segment; nil where they must be made from records.
    private var groups: (segment: UInt64, roots: [TreeHash?])?
    /// The leaves of one group, as far as there are records.
    private var leaves: (group: UInt64, hashes: [TreeHash])?
    /// The lines of the same records, each ended by LF; nil where there are more than ``keptBytes`` of them.
    private var lines: [UInt8]?
    private var segmentRoots: [UInt64: TreeHash] = [:]
    /// Bytes of lines that are kept: five times as many as 1,024 usual records have.
    private static let keptBytes = 1 << 20

    package init(folder path: String, fileSystem: any LogFileSystem = RealFileSystem()) throws(LogError) {
        self.path = path
        self.fileSystem = fileSystem
        folder = LogFolder(path)
        shape = try LogFormat.read(folder, fileSystem).shape
        for (place, root) in try PrunedList.read(folder, fileSystem).roots.enumerated() {
            segmentRoots[UInt64(place) << UInt64(shape.segmentLog2)] = root
        }
    }

    /// The tree head over the first `size` records.
    package mutating func head(of size: UInt64) throws(LogError) -> TreeHash {
        size == 0 ? .empty : try head(0, size)
    }

    /// The hashes that prove record `index` to be in the tree of `size` records (RFC 6962 §2.1.1).
    package mutating func inclusionProof(of index: UInt64, in size: UInt64) throws(LogError) -> [TreeHash] {
        guard index < size else {
            throw LogError(.invalidOption, path: path, problem: "record \(index) is not among the first \(size)")
        }
        var proof: [TreeHash] = []
        var first: UInt64 = 0
        var end = size
        while end - first > 1 {
            let middle = first + LogTree.split(end - first)
            if index < middle {
                proof.append(try head(middle, end))
                end = middle
            } else {
                proof.append(try head(first, middle))
                first = middle
            }
        }
        return proof.reversed()
    }

    /// The hashes that prove the tree of `old` records to be a prefix of that of `size` (RFC 6962 §2.1.2).
    package mutating func consistencyProof(from old: UInt64, to size: UInt64) throws(LogError) -> [TreeHash] {
        guard old > 0, old <= size else {
            throw LogError(.invalidOption, path: path, problem: "\(size) records do not follow \(old)")
        }
        var proof: [TreeHash] = []
        var first: UInt64 = 0
        var end = size
        while old != end {
            let middle = first + LogTree.split(end - first)
            if old <= middle {
                proof.append(try head(middle, end))
                end = middle
            } else {
                proof.append(try head(first, middle))
                first = middle
            }
        }
        // The old tree's own head is known to whoever asks, unless it was only a part of it.
        if first > 0 { proof.append(try head(first, end)) }
        return proof.reversed()
    }

    /// The largest power of two below `count`, which is at least 2.
    private static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    /// The head over records `first..<end`, `first` being where a subtree that large may begin.
    private mutating func head(_ first: UInt64, _ end: UInt64) throws(LogError) -> TreeHash {
        let count = end - first
        if count & (count - 1) == 0 { return try node(level: count.trailingZeroBitCount, first) }
        let middle = first + LogTree.split(count)
        return TreeHash.node(try head(first, middle), try head(middle, end))
    }

    /// The root of the complete subtree of 2^level records from `first`.
    mutating func node(level: Int, _ first: UInt64) throws(LogError) -> TreeHash {
        let count: UInt64 = 1 << UInt64(level)
        if level == shape.segmentLog2, let root = try segmentRoot(first) { return root }
        if level > shape.blockLog2 {
            let left = try node(level: level - 1, first)
            return TreeHash.node(left, try node(level: level - 1, first + count / 2))
        }
        if level == shape.blockLog2, let root = try groupRoot(first) { return root }
        let group = first >> UInt64(shape.blockLog2)
        let offset = Int(first - group << UInt64(shape.blockLog2))
        try load(group: group, atLeast: offset + Int(count))
        guard let hashes = leaves?.hashes, offset + Int(count) <= hashes.count else {
            throw LogError(
                .missing, path: path, problem: "the log does not reach record \(first + count - 1)", index: first)
        }
        return TreeHash.head(of: hashes[offset..<(offset + Int(count))])
    }

    /// The root that the end of a full segment tells; nil for a segment that is not full.
    private mutating func segmentRoot(_ first: UInt64) throws(LogError) -> TreeHash? {
        if let root = segmentRoots[first] { return root }
        guard let header = try SegmentFile.end(of: folder.segmentFile(first, shape), first, shape, fileSystem) else {
            return nil
        }
        segmentRoots[first] = header.root
        return header.root
    }

    /// The root of a full block that is a group by itself; nil for a group of several blocks, or of none yet.
    private mutating func groupRoot(_ first: UInt64) throws(LogError) -> TreeHash? {
        let start = shape.segmentStart(of: first)
        if groups?.segment != start {
            var roots = [TreeHash?](repeating: nil, count: Int(shape.segmentRecords / shape.blockRecords))
            let file = folder.segmentFile(start, shape)
            if try fileSystem.status(file) != nil {
                var segment = try SegmentFile(file, firstIndex: start, fileSystem)
                while case .member(let header, _) = try segment.head(shape), header.kind == .lines {
                    if UInt64(header.count) == shape.blockRecords {
                        roots[Int((header.firstIndex - start) / shape.blockRecords)] = header.root
                    }
                    segment.advance(over: header)
                }
            }
            groups = (start, roots)
        }
        return groups?.roots[Int((first - start) / shape.blockRecords)]
    }

    /// Reads the records of one group and hashes them.
    private mutating func load(group: UInt64, atLeast needed: Int) throws(LogError) {
        if let leaves, leaves.group == group, leaves.hashes.count >= needed { return }
        let first = group << UInt64(shape.blockLog2)
        var hashes: [TreeHash] = []
        var reader = try LogReader(folder: path, from: first, fileSystem: fileSystem)
        guard reader.position == first else {
            throw LogError(
                .missing, path: path, problem: "retention deleted the records below \(reader.position)", index: first)
        }
        var kept: [UInt8]? = []
        while hashes.count < Int(shape.blockRecords), let block = try reader.next() {
            hashes += BlockLines(block.bytes).leaves()
            if let count = kept?.count, count + block.bytes.count <= LogTree.keptBytes {
                kept?.append(contentsOf: block.bytes)
            } else {
                kept = nil
            }
        }
        leaves = (group, Array(hashes.prefix(Int(shape.blockRecords))))
        lines = kept
    }

    /// The line of record `index`, without its LF, where it was just read to prove it or its neighbour; else nil.
    func line(of index: UInt64) -> [UInt8]? {
        guard let lines, let leaves, index >> UInt64(shape.blockLog2) == leaves.group else { return nil }
        let rest = lines[BlockLines(lines).offset(of: Int(index - leaves.group << UInt64(shape.blockLog2)))...]
        return rest.isEmpty ? nil : Array(rest.prefix { $0 != 0x0A })
    }
}
