/// Reads all write-ahead files, cuts off a torn last frame, and tells which records they hold.
struct WriteAheadRecovery {
    private let folder: LogFolder
    private let format: LogFormat
    private let fileSystem: any LogFileSystem
    private let signedIndex: UInt64

    /// One file, and up to where its records count: a newer file that begins earlier than this one ends takes over
    /// there. (Its writer could not know whether the last frame of this one was durable, and wrote it again.)
    private struct Source {
        var scan: WriteAheadScan
        var endIndex: UInt64
    }

    private var sources: [Source] = []

    init(_ folder: LogFolder, _ format: LogFormat, signedIndex: UInt64, _ fileSystem: any LogFileSystem) {
        self.folder = folder
        self.format = format
        self.signedIndex = signedIndex
        self.fileSystem = fileSystem
    }

    /// The index after the last record, 0 when there is none.
    var endIndex: UInt64 { sources.last?.endIndex ?? 0 }

    /// The first record from which on the files hold every record up to ``endIndex``.
    var coveredFrom: UInt64 {
        guard var first = sources.last?.scan.firstIndex else { return 0 }
        for source in sources.dropLast().reversed() {
            guard source.endIndex == first else { break }
            first = source.scan.firstIndex
        }
        return first
    }

    var retired: [Sealer.RetiredFile] {
        sources.map { Sealer.RetiredFile(firstIndex: $0.scan.firstIndex, endIndex: $0.endIndex) }
    }

    /// Reads and repairs.
    func run(_ report: inout RecoveryReport) throws(LogError) -> WriteAheadRecovery {
        var result = self
        let files = try folder.writeAheadFiles(fileSystem)
        report.writeAheadFiles = files.count
        for (place, first) in files.enumerated() {
            let next = place + 1 < files.count ? files[place + 1] : nil
            let scan = try WriteAheadScan(folder.writeAheadFile(first), firstIndex: first, fileSystem)
            if let header = scan.header, header.origin != format.origin {
                throw LogError.corrupt(scan.path, "belongs to the log '\(header.origin)'")
            }
            if try isTorn(scan, next: next) {
                try cut(scan, &report)
                // Without a head there was never a record, and the whole file is in quarantine.
                if scan.header == nil { continue }
            }
            result.sources.append(Source(scan: scan, endIndex: min(scan.endIndex, next ?? .max)))
        }
        try result.harden()
        return result
    }

    /// Makes durable what was read: the last frame of a process that was killed may never have been synced, and is
    /// going to be acted on.
    private func harden() throws(LogError) {
        guard let newest = sources.last else { return }
        try fileSystem.open(newest.scan.path, .write).sync()
        try fileSystem.syncFolder(folder.writeAhead)
    }

    /// Whether the end of the file is to be cut off; throws when it is damaged.
    private func isTorn(_ scan: WriteAheadScan, next: UInt64?) throws(LogError) -> Bool {
        // Whatever stands at or after the first record of the next file was written again there.
        if let next, scan.endIndex >= next, scan.header != nil { return false }
        switch scan.end {
        case .clean: return false
        case .damaged(let problem):
            throw LogError.corrupt(scan.path, problem, index: scan.endIndex, offset: scan.endOffset)
        case .torn:
            guard next == nil, scan.endIndex >= signedIndex else {
                throw LogError.corrupt(
                    scan.path, "is cut short below records that were durable", index: scan.endIndex,
                    offset: scan.endOffset)
            }
            return true
        }
    }

    private func cut(_ scan: WriteAheadScan, _ report: inout RecoveryReport) throws(LogError) {
        let torn = Array(scan.bytes[scan.endOffset...])
        report.tornFrameBytes += torn.count
        report.notes.append("\(torn.count) bytes of a torn frame after record \(scan.endIndex) moved to quarantine")
        if scan.header == nil {
            try Quarantine.move(scan.path, from: folder.writeAhead, folder, fileSystem)
            return
        }
        try Quarantine.keep(torn, of: scan.path, at: scan.endOffset, folder, fileSystem)
        let file = try fileSystem.open(scan.path, .write)
        try file.truncate(to: scan.endOffset)
        try file.sync()
    }

    /// Refuses a gap between files, or before the first, that the segments do not fill.
    func checkGaps(sealed: UInt64) throws(LogError) {
        var reached = sealed
        for source in sources {
            guard source.scan.firstIndex <= reached else {
                throw LogError.corrupt(
                    source.scan.path,
                    "begins at record \(source.scan.firstIndex), but the records before it end sooner",
                    index: reached)
            }
            reached = max(reached, source.endIndex)
        }
    }

    /// The records from `first` on.
    func records(from first: UInt64) -> RecordBuffer { records(from: first, to: .max) }

    /// The records from `first` to before `last`, as far as they are here.
    func records(from first: UInt64, to last: UInt64) -> RecordBuffer {
        var buffer = RecordBuffer()
        for source in sources {
            let range =
                max(first, source.scan.firstIndex)..<max(max(first, source.scan.firstIndex), min(last, source.endIndex))
            source.scan.forEachRecord(from: range.lowerBound, to: range.upperBound) { _, line, time in
                buffer.append(time: time) { $0.append(contentsOf: source.scan.bytes[line]) }
            }
        }
        return buffer
    }

    /// Every file names the head of the tree at its first record; those of the tail are compared.
    func checkTreeHeads(after sealed: TreeFrontier, _ tail: borrowing RecordBuffer) throws(LogError) {
        var frontier = sealed
        var row = 0
        for source in sources where source.scan.firstIndex >= sealed.size {
            while frontier.size < source.scan.firstIndex, row < tail.count {
                frontier.append(TreeHash.leaf(tail.bytes, tail.line(row)))
                row += 1
            }
            guard source.scan.header?.treeHead == frontier.head else {
                throw LogError.corrupt(
                    source.scan.path, "names another tree than the records before it make", index: frontier.size)
            }
        }
    }
}
