import PicketLog
import Synchronization

/// The machine's file system, whose disk is full whenever a test says so.
final class FullFileSystem: LogFileSystem {
    private let real = RealFileSystem()
    private let state = Mutex((isFull: false, refused: 0))

    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Writes that found no room.
    var refused: Int { state.withLock { $0.refused } }

    fileprivate func check(_ path: String) throws(LogError) {
        let isFull = state.withLock { state in
            if state.isFull { state.refused += 1 }
            return state.isFull
        }
        if isFull { throw LogError(.full, path: path, problem: "no room") }
    }

    func open(_ path: String, _ mode: OpenMode) throws(LogError) -> any LogFile {
        switch mode {
        case .create, .replace: try check(path)
        case .read, .write: break
        }
        return File(try real.open(path, mode), path, self)
    }

    func status(_ path: String) throws(LogError) -> FileStatus? { try real.status(path) }
    func names(in folder: String) throws(LogError) -> [String] { try real.names(in: folder) }
    func makeFolder(_ path: String) throws(LogError) { try real.makeFolder(path) }
    func rename(_ from: String, to: String) throws(LogError) { try real.rename(from, to: to) }
    func remove(_ path: String) throws(LogError) { try real.remove(path) }
    func syncFolder(_ path: String) throws(LogError) { try real.syncFolder(path) }
    func lock(_ path: String) throws(LogError) -> any FileLock { try real.lock(path) }

    private final class File: LogFile {
        private let file: any LogFile
        private let path: String
        private let system: FullFileSystem

        init(_ file: any LogFile, _ path: String, _ system: FullFileSystem) {
            self.file = file
            self.path = path
            self.system = system
        }

        func size() throws(LogError) -> Int { try file.size() }
        func read(at offset: Int, count: Int) throws(LogError) -> [UInt8] { try file.read(at: offset, count: count) }
        func write(_ bytes: [UInt8], at offset: Int) throws(LogError) {
            try system.check(path)
            try file.write(bytes, at: offset)
        }
        func sync() throws(LogError) { try file.sync() }
        func truncate(to size: Int) throws(LogError) { try file.truncate(to: size) }
    }
}
