/// Writes frames to the newest write-ahead file, one in flight: the next is written when the last one is durable.
struct WriteAheadWriter {
    private let folder: LogFolder
    private let fileSystem: any LogFileSystem
    private let origin: String
    private let fileLimit: Int

    private var file: (any LogFile)?
    private var header = WriteAheadHeader(epoch: 0, firstIndex: 0, treeHead: .empty, origin: "")
    private var offset = 0
    private var frame: [UInt8] = []

    /// - Parameter unused: the first index of a file that recovery found without any record; it is begun again.
    init(_ folder: LogFolder, origin: String, fileLimit: Int, unused: UInt64?, _ fileSystem: any LogFileSystem) {
        newest = unused
        self.folder = folder
        self.origin = origin
        self.fileLimit = fileLimit
        self.fileSystem = fileSystem
    }

    /// The first index of the file that is written to, if there is one.
    var firstIndex: UInt64? { file == nil ? nil : header.firstIndex }

    /// The first index of the newest file that was not retired, also when it is not whole or failed since.
    private(set) var newest: UInt64?

    /// Whether a frame was ever written to the newest file.
    private var isWritten = false

    /// Whether a new file should be begun before the next frame.
    var isFull: Bool { file != nil && offset >= fileLimit }

    /// Begins a new file. Its head and its name are durable before this returns.
    mutating func begin(at firstIndex: UInt64, treeHead: TreeHash) throws(LogError) {
        let path = folder.writeAheadFile(firstIndex)
        file = nil
        // A file of this name, then, has no record that counts. Where none was ever written to it, it is begun again;
        // where its first frame failed it is evidence.
        let isUnfinished = newest == firstIndex && !isWritten
        if !isUnfinished, try fileSystem.status(path) != nil {
            try Quarantine.move(path, from: folder.writeAhead, folder, fileSystem)
        }
        newest = firstIndex
        isWritten = false
        header = WriteAheadHeader(
            epoch: .random(in: 1 ... .max), firstIndex: firstIndex, treeHead: treeHead, origin: origin)
        let bytes = header.encoded()
        let created = try fileSystem.open(path, isUnfinished ? .replace(secret: false) : .create)
        try created.write(bytes, at: 0)
        try created.sync()
        try fileSystem.syncFolder(folder.writeAhead)
        file = created
        offset = bytes.count
    }

    /// Writes one frame and returns when it is durable.
    ///
    /// After a write that failed the file is cut back, so that nothing of the frame can appear later; where that fails
    /// too, or fdatasync fails, the file is never touched again: ``firstIndex`` is nil, and the frame belongs into a
    /// new file (fsyncgate; Rebello et al., ATC '20).
    mutating func append(_ buffer: borrowing RecordBuffer, _ rows: Range<Int>, firstIndex: UInt64) throws(LogError) {
        guard let file else {
            throw LogError(.stopped, path: folder.writeAhead, problem: "no write-ahead file is open")
        }
        frame.removeAll(keepingCapacity: true)
        WriteAheadFrame.append(buffer, rows, epoch: header.epoch, firstIndex: firstIndex, to: &frame)
        isWritten = true
        do throws(LogError) {
            try file.write(frame, at: offset)
        } catch {
            do throws(LogError) {
                try file.truncate(to: offset)
            } catch let second {
                self.file = nil
                throw LogError(
                    error.kind, path: error.path, problem: "\(error.problem); then \(second.problem)",
                    advice: error.advice, outcome: .unknown)
            }
            throw error
        }
        do throws(LogError) {
            try file.sync()
        } catch {
            self.file = nil
            var error = error
            error.outcome = .unknown
            throw error
        }
        offset += frame.count
        if frame.capacity > 1 << 20 { frame = [] }
    }

    /// Leaves the newest file; returns its first index.
    mutating func end() -> UInt64? {
        file = nil
        defer { newest = nil }
        return newest
    }
}
