/// Reads the write-ahead files: what is sealed already must be the same there, and the rest goes on in the tree. One file is
/// held at a time, whatever number of them somebody put there.
struct TailCheck {
    /// What is known of a file without its records.
    struct File {
        var path: String
        var firstIndex: UInt64
        var endIndex: UInt64
        /// Nil when the head is torn or damaged; then there are no records.
        var header: WriteAheadHeader?
    }

    private let folder: LogFolder
    private let fileSystem: any LogFileSystem

    /// The files, ascending.
    private(set) var files: [File] = []

    init(_ folder: LogFolder, origin: String, _ fileSystem: any LogFileSystem, _ report: inout VerifyReport)
        throws(LogError)
    {
        self.folder = folder
        self.fileSystem = fileSystem
        let firsts = try folder.writeAheadFiles(fileSystem)
        for (place, first) in firsts.enumerated() {
            let scan = try WriteAheadScan(folder.writeAheadFile(first), firstIndex: first, fileSystem)
            if let header = scan.header, header.origin != origin {
                report.add(.tampered, scan.path, "belongs to the log '\(header.origin)'")
            }
            let isNewest = place + 1 == firsts.count
            let isSuperseded = !isNewest && scan.header != nil && scan.endIndex >= firsts[place + 1]
            switch scan.end {
            case .clean: break
            case .torn where isNewest: report.tornBytes += scan.bytes.count - scan.endOffset
            case .torn where isSuperseded, .damaged where isSuperseded: break
            case .torn: report.add(.tampered, scan.path, "is cut short", index: scan.endIndex, offset: scan.endOffset)
            case .damaged(let problem):
                report.add(.tampered, scan.path, problem, index: scan.endIndex, offset: scan.endOffset)
            }
            files.append(
                File(path: scan.path, firstIndex: scan.firstIndex, endIndex: scan.endIndex, header: scan.header))
        }
    }

    /// Compares with the sealed records, those in `collector`, and adds the records after them.
    ///
    /// - Parameter signedSize: how many records the newest checkpoint covers.
    func run(
        _ collector: inout HeadCollector, signedSize: UInt64, _ report: inout VerifyReport
    ) throws(LogError) {
        let sealed = collector.size
        for (place, file) in files.enumerated() where file.header != nil {
            let limit = place + 1 < files.count ? files[place + 1].firstIndex : .max
            if file.firstIndex > collector.size {
                report.add(.tampered, file.path, "the records before it are nowhere", index: collector.size)
                return
            }
            let scan = try WriteAheadScan(file.path, firstIndex: file.firstIndex, fileSystem)
            var segments = SealedLines(
                try LogReader(folder: folder.path, from: file.firstIndex, fileSystem: fileSystem))
            var different: UInt64?
            scan.forEachRecord(from: file.firstIndex, to: limit) { index, line, time in
                if index == signedSize { report.unsignedSince = time }
                if index < sealed {
                    if different == nil, segments.differ(from: scan.bytes[line], at: index) { different = index }
                } else if index == collector.size {
                    _ = collector.add(subtree: TreeHash.leaf(scan.bytes, line), level: 0)
                    if DeclaredGap.isGap(scan.bytes, line) {
                        report.add(gaps: 1, [DeclaredGap(scan.bytes, line)])
                    }
                }
            }
            if let different {
                report.add(.tampered, file.path, "holds another record than the segment", index: different)
            }
        }
    }
}

/// The lines of the log from some record on, asked for in ascending order.
private struct SealedLines {
    private var reader: LogReader
    private var block: LogBlock?
    private var lines: [Range<Int>] = []

    init(_ reader: LogReader) { self.reader = reader }

    /// Whether record `index` is known and another than `line`.
    mutating func differ(from line: ArraySlice<UInt8>, at index: UInt64) -> Bool {
        while block.map({ $0.endIndex <= index }) ?? true {
            // What cannot be read was reported when the segments were.
            guard let next = try? reader.next() else { return false }
            block = next
            lines = []
            _ = BlockLines(next.bytes).forEach { lines.append($0) }
        }
        guard let block, index >= block.firstIndex else { return false }
        return block.bytes[lines[Int(index - block.firstIndex)]] != line
    }
}
