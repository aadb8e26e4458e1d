/// Reads one write-ahead file frame by frame, also while it grows.
struct WriteAheadReader {
    let path: String
    let firstIndex: UInt64
    private let file: any LogFile
    private var epoch: UInt64?
    private var offset = 0
    /// The index of the record that the next frame begins with.
    private(set) var nextIndex: UInt64

    /// Frames are given together up to this many bytes of lines.
    private static let enoughBytes = 256 << 10

    init(_ path: String, firstIndex: UInt64, _ fileSystem: any LogFileSystem) throws(LogError) {
        self.path = path
        self.firstIndex = firstIndex
        nextIndex = firstIndex
        file = try fileSystem.open(path, .read)
    }

    /// The records from `position` to before `limit` that are there, as one block. In the newest file a frame that is not
    /// sound is one that is being written, or that a crash cut off.
    mutating func next(from position: UInt64, to limit: UInt64, isNewest: Bool) throws(LogError) -> LogReader.Found {
        let size = try file.size()
        if epoch == nil {
            let bytes = try file.read(at: 0, count: min(size, WriteAheadHeader.maximumBytes))
            guard let (header, length) = WriteAheadHeader.parse(bytes) else {
                // The head is durable before the first frame: with frames behind it, it is not unfinished.
                let isUnfinished = isNewest && size <= WriteAheadHeader.maximumBytes
                return isUnfinished
                    ? nothing(at: position) : .damaged(.corrupt(path, "the head of a write-ahead file is damaged"))
            }
            epoch = header.epoch
            offset = length
        }
        var lines = LogBlock(firstIndex: position, count: 0, bytes: [])
        while offset < size, nextIndex < limit, lines.bytes.count < WriteAheadReader.enoughBytes {
            switch try frame(size) {
            case .frame(let frame, let bytes):
                guard frame.firstIndex == nextIndex else {
                    return .damaged(.corrupt(path, "a frame stands at a wrong place", index: nextIndex, offset: offset))
                }
                var index = nextIndex
                let isWhole = frame.forEachRecord(in: bytes) { line, _ in
                    if index >= position, index < limit {
                        lines.bytes.append(contentsOf: bytes[line])
                        lines.bytes.append(0x0A)
                        lines.count += 1
                    }
                    index += 1
                }
                guard isWhole, frame.count > 0 else {
                    return .damaged(.corrupt(path, "the records of a frame do not fill it", offset: offset))
                }
                nextIndex = index
                offset += frame.end
            case .unsound(let problem):
                if lines.count > 0 { return .block(lines) }
                let isFollowed = try isFollowed(size)
                return isNewest && !isFollowed
                    ? nothing(at: position) : .damaged(.corrupt(path, problem, index: nextIndex, offset: offset))
            }
        }
        return lines.count > 0 ? .block(lines) : nothing(at: position)
    }

    private func nothing(at position: UInt64) -> LogReader.Found { nextIndex == position ? .atEnd : .nothing }

    private enum Read {
        case frame(WriteAheadFrame, [UInt8])
        case unsound(String)
    }

    /// The frame at ``offset``, alone in its bytes.
    private func frame(_ size: Int) throws(LogError) -> Read {
        var bytes = try file.read(at: offset, count: min(size - offset, 64 << 10))
        var parsed = WriteAheadFrame.parse(bytes, at: 0, epoch: epoch ?? 0, sectorOrigin: offset)
        if case .torn(let needed) = parsed, let needed, needed > bytes.count, needed <= size - offset {
            bytes = try file.read(at: offset, count: needed)
            parsed = WriteAheadFrame.parse(bytes, at: 0, epoch: epoch ?? 0, sectorOrigin: offset)
        }
        return switch parsed {
        case .frame(let frame): .frame(frame, bytes)
        case .torn: .unsound("a frame is cut short")
        case .damaged(let problem): .unsound(problem)
        }
    }

    /// Whether a sound frame follows the unsound one at ``offset``: then it is damaged, not unfinished.
    private func isFollowed(_ size: Int) throws(LogError) -> Bool {
        let bytes = try file.read(at: offset, count: min(size - offset, LogLimits.writeAheadReadBytes))
        return WriteAheadFrame.follows(bytes, after: 0, epoch: epoch ?? 0)
    }
}
