import Glibc

/// What the system knows about a file.
struct FileStatus: Equatable {
    enum Kind {
        case regular, folder, other
    }

    var kind: Kind
    var device: UInt64
    var inode: UInt64
    var size: UInt64
    /// When it was last written, in nanoseconds since 1970.
    var modified: Int64

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .folder
        default: kind = .other
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = UInt64(max(0, status.st_size))
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    /// The file at `path`, links followed; nil when there is none or it cannot be asked for.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Whether both are the same file, whatever its name.
    func isSameFile(as other: FileStatus) -> Bool {
        inode == other.inode && device == other.device
    }
}
