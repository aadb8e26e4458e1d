/// Everything the log asks of a file system, so that a simulated one can fail, lose what was not synced, and crash at
/// every call. Paths are as the log was opened; errors carry the path.
package protocol LogFileSystem: Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(LogError) -> any LogFile

    /// What is at `path`, or nil when there is nothing.
    func status(_ path: String) throws(LogError) -> FileStatus?

    /// The names in a folder, in byte order, without `.` and `..`. A folder that does not exist has none.
    func names(in folder: String) throws(LogError) -> [String]

    /// Makes one folder; its parent must exist. Nothing happens when it is there already.
    func makeFolder(_ path: String) throws(LogError)

    /// Replaces what `to` names, a file by a file; a folder gets a name that nothing has. Durable after ``syncFolder(_:)`` of both folders.
    func rename(_ from: String, to: String) throws(LogError)

    /// Removes a file, or a folder that is empty.
    func remove(_ path: String) throws(LogError)

    /// Makes creations, renames and removals in a folder durable. Never retried after an error.
    func syncFolder(_ path: String) throws(LogError)

    /// Takes the exclusive advisory lock of a file, creating it if need be; throws `locked` when another has it.
    func lock(_ path: String) throws(LogError) -> any FileLock
}

/// How a file is opened.
package enum OpenMode: Sendable {
    case read
    /// An existing file, for reading and writing.
    case write
    /// A new file, for reading and writing; an existing one is an error.
    case create
    /// A new file or an existing one made empty, readable by its owner alone where `secret`.
    case replace(secret: Bool)
}

/// What ``LogFileSystem/status(_:)`` tells.
package struct FileStatus: Equatable, Sendable {
    package var isFolder: Bool
    /// Bytes.
    package var size: Int

    package init(isFolder: Bool, size: Int) {
        self.isFolder = isFolder
        self.size = size
    }
}

/// An open file. It is closed when it is released; what was not synced by then has an unknown fate.
package protocol LogFile: AnyObject, Sendable {
    func size() throws(LogError) -> Int

    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    func read(at offset: Int, count: Int) throws(LogError) -> [UInt8]

    /// Writes all of `bytes`; after an error any part of them may be in the file.
    func write(_ bytes: [UInt8], at offset: Int) throws(LogError)

    /// fdatasync. After an error nothing may be concluded about any write since the last success, and the call is
    /// never repeated on this file (the kernel reports such an error once, and forgets the pages).
    func sync() throws(LogError)

    func truncate(to size: Int) throws(LogError)
}

/// A held lock; given back when it is released.
package protocol FileLock: AnyObject, Sendable {}

extension LogFileSystem {
    /// The whole of a small file, or nil when there is none; one larger than `limit` bytes is an error.
    func contents(of path: String, limit: Int) throws(LogError) -> [UInt8]? {
        guard let status = try status(path) else { return nil }
        guard !status.isFolder, status.size <= limit else {
            throw LogError.corrupt(path, "is larger than the \(limit) bytes such a file can have")
        }
        return try open(path, .read).read(at: 0, count: status.size)
    }

    /// Replaces a whole file so that a crash leaves the old or the new content, never a mixture: a temporary file is
    /// written and synced, renamed, and the folder synced.
    package func replaceFile(
        _ path: String, in folder: String, with bytes: [UInt8], secret: Bool = false
    ) throws(LogError) {
        let temporary = path + ".tmp"
        let file = try open(temporary, .replace(secret: secret))
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncFolder(folder)
    }
}
