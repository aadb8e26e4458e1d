import Glibc

extension FeedError {
    /// What a failed system call means to a person, and what to do about it.
    init(place: String, errno code: Int32) {
        let problem =
            switch code {
            case ENOENT: "there is no such file; check the path"
            case ENOTDIR: "a part of the path is a file, not a folder; check the path"
            case EACCES, EPERM:
                "this user may not read it; give it read permission on the file and execute permission on its folders"
            case EISDIR: FeedError.isFolder
            case ELOOP: "its symbolic links lead round in a circle; check where they point"
            case EMFILE, ENFILE: "too many files are open; raise the limit (ulimit -n) or read fewer files at once"
            case EIO: "the device failed while reading; check the disk, then read again"
            default: "cannot be read: \(String(cString: strerror(code)))"
            }
        self.init(place: place, problem: problem)
    }

    /// The problem of a path that leads to a folder.
    static var isFolder: String { "is a folder; name a file in it" }
}
