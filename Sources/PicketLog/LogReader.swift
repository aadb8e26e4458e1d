/// Reads the records of a log in order: segments first, then the write-ahead files. It needs no lock, and follows a log
/// while it is written: ``next()`` returns nil at the present end, and may be called again.
///
/// At the end of a live log it may show records whose fdatasync is still under way.
package struct LogReader {
    /// The index of the next record that ``next()`` gives.
    package private(set) var position: UInt64
    /// What the log is.
    package let format: LogFormat

    private let folder: LogFolder
    private let fileSystem: any LogFileSystem
    private let inflater: Inflater
    private var segment: SegmentFile?
    private var writeAhead: WriteAheadReader?

    /// Opens the log in `folder` at record `index`.
    package init(
        folder path: String, from index: UInt64 = 0, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        folder = LogFolder(path)
        self.fileSystem = fileSystem
        format = try LogFormat.read(folder, fileSystem)
        // What retention deleted is no gap: the log begins after it.
        position = max(index, try PrunedList.read(folder, fileSystem).below(format.shape))
        guard let inflater = Inflater() else {
            throw LogError(.stopped, path: path, problem: "zlib has no memory")
        }
        self.inflater = inflater
    }

    /// The next records: usually a block, at the live end what has been appended. Nil at the present end.
    ///
    /// - Throws: `corrupt` with the place where the log is damaged; the reader stays there.
    package mutating func next() throws(LogError) -> LogBlock? {
        // Sealing moves records from one place to the other and then removes the first: what is found in neither is
        // looked for once more, in case it moved between the two looks.
        for attempt in 0..<3 {
            var damage: LogError?
            switch try fromSegment() {
            case .block(let block): return block
            case .damaged(let error): damage = error
            case .nothing, .atEnd: break
            }
            var isLive = false
            switch try fromWriteAhead() {
            case .block(let block): return block
            // What a live writer has not finished in a segment lies before its end: damage at the end is none of its.
            case .atEnd:
                if damage?.index != position { damage = nil }
                isLive = true
            case .damaged(let error): damage = damage ?? error
            case .nothing: break
            }
            if damage == nil { damage = try later(isLive: isLive) }
            guard let damage else { if isLive { return nil } else { continue } }
            if attempt == 2 { throw damage }
        }
        return nil
    }

    /// The damage of a log that has a segment after its end.
    ///
    /// - Parameter isLive: a write-ahead file ends here; then only the next segment is looked for, since many look often.
    private func later(isLive: Bool) throws(LogError) -> LogError? {
        let shape = format.shape
        let own = shape.segmentStart(of: position)
        var later = own + shape.segmentRecords
        if isLive {
            guard try fileSystem.status(folder.segmentFile(later, shape)) != nil else { return nil }
        } else {
            guard let first = try folder.segmentFiles(shape, fileSystem).first(where: { $0 > own }) else { return nil }
            later = first
        }
        return .corrupt(
            folder.segmentFile(later, shape), "begins at record \(later), and records before it are nowhere",
            index: position)
    }

    /// What one place has at ``position``.
    enum Found {
        case block(LogBlock)
        case nothing
        /// It holds everything before ``position``, and that is its end.
        case atEnd
        /// Only an error when no other place has the records: a live writer's unfinished block looks the same.
        case damaged(LogError)
    }

    private mutating func fromSegment() throws(LogError) -> Found {
        let shape = format.shape
        let first = shape.segmentStart(of: position)
        if segment == nil || segment?.firstIndex != first || segment.map({ $0.nextIndex > position }) == true {
            let path = folder.segmentFile(first, shape)
            let before = segment
            segment = try fileSystem.status(path) == nil ? nil : SegmentFile(path, firstIndex: first, fileSystem)
            // Only with the next one there: a crash can leave the newest segment without its end.
            if segment != nil, let before, before.nextIndex == first, let error = try before.problemAtEnd(shape) {
                segment = before
                return .damaged(error)
            }
        }
        guard var current = segment else { return .nothing }
        defer { segment = current }
        while true {
            switch try current.head(shape) {
            case .none: return .nothing
            case .cut:
                return .damaged(damage(current, "a block is cut short"))
            case .damaged(let problem):
                return .damaged(damage(current, problem))
            case .member(let header, let dataOffset):
                guard header.kind == .lines else {
                    return .damaged(damage(current, "the segment ends before record \(position)"))
                }
                guard header.endIndex > position else {
                    current.advance(over: header)
                    continue
                }
                return try block(header, dataOffset, &current)
            }
        }
    }

    private mutating func block(
        _ header: BlockHeader, _ dataOffset: Int, _ current: inout SegmentFile
    ) throws(LogError) -> Found {
        let content: [UInt8]
        switch Block.content(of: try current.bytes(of: header), header, dataOffset: dataOffset, inflater) {
        case .failure(let found): return .damaged(damage(current, found.problem))
        case .success(let bytes): content = bytes
        }
        let lines = BlockLines(content)
        if let problem = lines.problem(with: header) { return .damaged(damage(current, problem)) }
        current.advance(over: header)
        let skipped = Int(position - header.firstIndex)
        let block = LogBlock(
            firstIndex: position, count: Int(header.count) - skipped,
            bytes: skipped == 0 ? content : Array(content[lines.offset(of: skipped)...]))
        position = header.endIndex
        return .block(block)
    }

    private func damage(_ segment: SegmentFile, _ problem: String) -> LogError {
        .corrupt(segment.path, problem, index: segment.nextIndex, offset: segment.offset)
    }

    private mutating func fromWriteAhead() throws(LogError) -> Found {
        let files = try folder.writeAheadFiles(fileSystem)
        guard let first = files.last(where: { $0 <= position }) else {
            guard let later = files.first else { return .nothing }
            return .damaged(
                .corrupt(
                    folder.writeAheadFile(later), "begins at record \(later), and the records before it are nowhere",
                    index: position))
        }
        if writeAhead?.firstIndex != first || writeAhead.map({ $0.nextIndex > position }) == true {
            do throws(LogError) {
                writeAhead = try WriteAheadReader(folder.writeAheadFile(first), firstIndex: first, fileSystem)
            } catch {
                // Sealed and removed since the folder was read.
                guard error.kind == .missing else { throw error }
                return .nothing
            }
        }
        guard var current = writeAhead else { return .nothing }
        defer { writeAhead = current }
        let limit = files.first { $0 > position }
        let found = try current.next(from: position, to: limit ?? .max, isNewest: limit == nil)
        if case .block(let block) = found { position = block.endIndex }
        return found
    }
}
