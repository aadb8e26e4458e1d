import Glibc

/// Room on the disk that is kept for the day when there is no other: enough to say in the log that the disk is full, and to
/// seal and sign what is there. It is a file; giving the room back is deleting it.
struct LogReserve: Sendable {
    private let path: String
    private let folder: LogFolder
    private let bytes: Int
    private let fileSystem: any LogFileSystem

    /// Written at once.
    private static let piece = 1 << 20

    init(_ folder: LogFolder, bytes: Int, _ fileSystem: any LogFileSystem) {
        path = folder.reserve
        self.folder = folder
        self.bytes = bytes
        self.fileSystem = fileSystem
    }

    /// Takes the room, unless it is held already.
    ///
    /// - Returns: false when there is not that much.
    func take() throws(LogError) -> Bool {
        if try fileSystem.status(path)?.size == bytes { return true }
        do throws(LogError) {
            let file = try fileSystem.open(path, .replace(secret: false))
            // Random bytes, so that no file system that compresses promises what it has not.
            var random = SystemRandomNumberGenerator()
            var written = 0
            while written < bytes {
                let count = min(LogReserve.piece, bytes - written)
                let words = (0..<(count / 8 + 1)).map { _ in random.next() }
                try file.write(words.withUnsafeBytes { Array($0.prefix(count)) }, at: written)
                written += count
            }
            try file.sync()
            try fileSystem.syncFolder(folder.path)
            return true
        } catch {
            // Some file systems find out only when they sync. Nothing is in this file, and it is made anew.
            guard error.kind == .full || LogReserve.isFull(error.kind) else { throw error }
            _ = try release()
            return false
        }
    }

    private static func isFull(_ kind: LogError.Kind) -> Bool {
        kind == .inputOutput(errno: ENOSPC) || kind == .inputOutput(errno: EDQUOT)
    }

    /// Gives the room back.
    ///
    /// - Returns: false when none was held.
    func release() throws(LogError) -> Bool {
        guard try fileSystem.status(path) != nil else { return false }
        try fileSystem.remove(path)
        try fileSystem.syncFolder(folder.path)
        return true
    }
}
