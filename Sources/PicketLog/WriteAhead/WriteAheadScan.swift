/// What a write-ahead file holds, read whole: at most 16 MiB.
struct WriteAheadScan {
    /// What stands after the last sound frame.
    enum End: Equatable {
        /// Nothing: the file ends there.
        case clean
        /// A frame that a crash cut off. It was never acknowledged.
        case torn
        case damaged(String)
    }

    let path: String
    /// The first index by the file's name.
    let firstIndex: UInt64
    /// Nil when the head is torn or damaged; then there are no frames.
    private(set) var header: WriteAheadHeader?
    private(set) var bytes: [UInt8]
    private(set) var frames: [WriteAheadFrame] = []
    private(set) var end = End.clean
    /// The offset after the last sound frame.
    private(set) var endOffset = 0
    /// The index after the last record of the sound frames.
    private(set) var endIndex: UInt64

    /// Reads the file; throws when it cannot be read at all. Damage is told by ``end``.
    init(_ path: String, firstIndex: UInt64, _ fileSystem: any LogFileSystem) throws(LogError) {
        self.path = path
        self.firstIndex = firstIndex
        endIndex = firstIndex
        bytes = try fileSystem.contents(of: path, limit: LogLimits.writeAheadReadBytes) ?? []
        guard let (header, length) = WriteAheadHeader.parse(bytes) else {
            let head = 0..<min(bytes.count, 64)
            // The head is synced before the first frame: with more in the file than a head, it has rotted.
            let isTorn =
                bytes.count <= WriteAheadHeader.maximumBytes
                && (bytes.count < 64 || Sector.hasZeros(bytes, head, origin: 0)
                    || bytes.count < Int(LittleEndian.load(UInt16.self, bytes, at: 6)))
            end = isTorn ? .torn : .damaged("the head of a write-ahead file is damaged")
            return
        }
        self.header = header
        endOffset = length
        guard header.firstIndex == firstIndex else {
            end = .damaged("the head of a write-ahead file belongs to record \(header.firstIndex)")
            return
        }
        readFrames(epoch: header.epoch)
    }

    private mutating func readFrames(epoch: UInt64) {
        while endOffset < bytes.count {
            switch WriteAheadFrame.parse(bytes, at: endOffset, epoch: epoch) {
            case .frame(let frame):
                guard frame.firstIndex == endIndex, frame.count > 0 else {
                    end = .damaged("a frame of record \(frame.firstIndex) stands where \(endIndex) should")
                    return
                }
                guard frame.forEachRecord(in: bytes, { _, _ in }) else {
                    end = .damaged("the records of a frame do not fill it")
                    return
                }
                frames.append(frame)
                endIndex += UInt64(frame.count)
                endOffset = frame.end
            case .torn:
                // One frame is in flight at a time, so a torn one is the last.
                end =
                    WriteAheadFrame.follows(bytes, after: endOffset, epoch: epoch)
                    ? .damaged("a frame is damaged, and sound ones follow it") : .torn
                return
            case .damaged(let problem):
                end = .damaged(problem)
                return
            }
        }
    }

    /// Tells every record from `first` to before `last`: its index, the range of its line in ``bytes``, its time.
    func forEachRecord(from first: UInt64, to last: UInt64, _ body: (UInt64, Range<Int>, Int64) -> Void) {
        for frame in frames where frame.firstIndex < last && frame.firstIndex + UInt64(frame.count) > first {
            var index = frame.firstIndex
            _ = frame.forEachRecord(in: bytes) { line, time in
                if index >= first && index < last { body(index, line, time) }
                index += 1
            }
        }
    }
}
