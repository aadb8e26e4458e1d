import Glibc

/// The machine's file system, by POSIX calls.
package struct RealFileSystem: LogFileSystem {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(LogError) -> any LogFile {
        // Device names and reports are nobody else's business on the machine: the group may read, others may not.
        let descriptor: Int32 =
            switch mode {
            case .read: openFile(path, O_RDONLY | O_CLOEXEC, 0)
            case .write: openFile(path, O_RDWR | O_CLOEXEC, 0)
            case .create: openFile(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
            case .replace(let secret): openFile(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0o600 : 0o640)
            }
        guard descriptor >= 0 else { throw SystemCall.error("open", path) }
        return RealFile(descriptor, path)
    }

    package func status(_ path: String) throws(LogError) -> FileStatus? {
        var info = stat()
        guard stat(path, &info) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SystemCall.error("stat", path)
        }
        return FileStatus(isFolder: info.st_mode & S_IFMT == S_IFDIR, size: Int(info.st_size))
    }

    package func names(in folder: String) throws(LogError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw SystemCall.error("opendir", folder)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemCall.error("readdir", folder) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    package func makeFolder(_ path: String) throws(LogError) {
        guard mkdir(path, 0o750) != 0 else { return }
        let code = errno
        if code == EEXIST, let status = try status(path), status.isFolder { return }
        throw SystemCall.error("mkdir", path, code)
    }

    package func rename(_ from: String, to: String) throws(LogError) {
        guard renameFile(from, to) == 0 else { throw SystemCall.error("rename", from) }
    }

    package func remove(_ path: String) throws(LogError) {
        if unlink(path) == 0 { return }
        guard errno == EISDIR else { throw SystemCall.error("unlink", path) }
        guard rmdir(path) == 0 else { throw SystemCall.error("rmdir", path) }
    }

    package func syncFolder(_ path: String) throws(LogError) {
        let descriptor = openFile(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SystemCall.error("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemCall.syncError("fsync", path) }
    }

    /// How long a lock that somebody holds is tried again. A lock belongs to the open file and not to the process
    /// (`flock(2)`): a child that this process has just started holds it too, until its `exec` closes the descriptor.
    /// So a lock given back a moment ago may still be held by nobody's will; a real second writer stays longer.
    private static let lockPatience = Duration.milliseconds(500)

    /// Microseconds between two tries.
    private static let lockPause: UInt32 = 5_000

    package func lock(_ path: String) throws(LogError) -> any FileLock {
        try lock(path, patience: RealFileSystem.lockPatience)
    }

    /// The lock as ``lock(_:)`` takes it, but now or not at all: for readers, whom a daemon that writes for weeks must not
    /// make wait each time.
    package func lockNow(_ path: String) throws(LogError) -> any FileLock { try lock(path, patience: .zero) }

    private func lock(_ path: String, patience: Duration) throws(LogError) -> any FileLock {
        let descriptor = openFile(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw SystemCall.error("open", path) }
        let held = RealLock(descriptor)
        let giveUp = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK where ContinuousClock.now < giveUp: usleep(RealFileSystem.lockPause)
            case EWOULDBLOCK:
                throw LogError(
                    .locked, path: path, problem: "another process writes this log",
                    advice: "A log has one writer. Stop the other one, or choose another folder")
            default: throw SystemCall.error("flock", path)
            }
        }
        return held
    }
}

/// `open` with its mode, under a name that no method of ours hides.
private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    while true {
        let descriptor = open(path, flags, mode)
        if descriptor >= 0 || errno != EINTR { return descriptor }
    }
}

/// `rename`, under a name that no method of ours hides.
private func renameFile(_ from: String, _ to: String) -> Int32 { rename(from, to) }

/// The lock of a file: held as long as its descriptor is open, so it ends with the process, however that ends.
private final class RealLock: FileLock {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
