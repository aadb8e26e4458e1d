import Glibc

/// The system's news of a file and its folder (inotify).
struct ChangeNotices {
    /// Where news come in; nil where the system has none to give.
    let descriptor: Descriptor?
    private let path: String
    private let folder: String
    private let name: String
    private var folderWatch: Int32?
    /// The file that a symbolic link leads to: its folder may be another one.
    private var targetWatch: Int32?

    init(path: String, polls: Bool) {
        self.path = path
        (folder, name) = RotatedFiles.split(path)
        let number = polls ? -1 : inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        descriptor = number < 0 ? nil : Descriptor(owning: number, place: path)
        addWatches()
    }

    /// Whether every change will be told. It is not while the folder is missing or where the system refuses a watch.
    var isComplete: Bool { folderWatch != nil }

    /// Takes the news that came in.
    ///
    /// - Returns: whether the file, or one beside it that a rotation may have made, can have changed.
    mutating func take() -> Bool {
        guard descriptor != nil else { return false }
        var changed = false
        if folderWatch == nil {
            addWatches()
            // What happened before the watch was there was not told.
            changed = folderWatch != nil
        }
        while let news = next() {
            for notice in news where concerns(notice) { changed = true }
        }
        return changed
    }

    private struct Notice {
        var watch: Int32
        var mask: UInt32
        var name: String

        func has(_ flags: Int32...) -> Bool { flags.contains { mask & UInt32(bitPattern: $0) != 0 } }
    }

    private mutating func addWatches() {
        guard let descriptor else { return }
        let changes = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB
        if folderWatch == nil {
            let mask = changes | IN_DELETE_SELF | IN_MOVE_SELF | Int32(IN_ONLYDIR)
            let watch = inotify_add_watch(descriptor.number, folder, UInt32(bitPattern: mask))
            folderWatch = watch < 0 ? nil : watch
        }
        var link = stat()
        if lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK {
            let watch = inotify_add_watch(descriptor.number, path, UInt32(bitPattern: IN_MODIFY | IN_ATTRIB))
            if let old = targetWatch, old != watch { inotify_rm_watch(descriptor.number, old) }
            targetWatch = watch < 0 ? nil : watch
        }
    }

    private mutating func concerns(_ notice: Notice) -> Bool {
        if notice.has(IN_Q_OVERFLOW) { return true }
        if notice.watch == folderWatch {
            if notice.has(IN_IGNORED, IN_DELETE_SELF, IN_MOVE_SELF) {
                // The folder went away, or elsewhere; another may take its place.
                if let folderWatch, let descriptor { inotify_rm_watch(descriptor.number, folderWatch) }
                folderWatch = nil
                return true
            }
            guard notice.name.hasPrefix(name) else { return false }
            if !notice.has(IN_MODIFY) { addWatches() }
            return true
        }
        if notice.watch == targetWatch {
            if notice.has(IN_IGNORED) { targetWatch = nil }
            return true
        }
        return false
    }

    /// The next news, or nil when there are none.
    private func next() -> [Notice]? {
        guard let descriptor else { return nil }
        // Room for many; at least one with the longest name must fit.
        let room = 16 << 10
        return withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { buffer in
            let count = read(descriptor.number, buffer.baseAddress, room)
            guard count > 0 else { return nil }
            var notices: [Notice] = []
            var offset = 0
            let header = MemoryLayout<inotify_event>.size
            while offset + header <= count {
                let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                let end = min(offset + header + Int(event.len), count)
                let name = buffer[(offset + header)..<end].prefix { $0 != 0 }
                notices.append(Notice(watch: event.wd, mask: event.mask, name: String(decoding: name, as: UTF8.self)))
                offset = end
            }
            return notices
        }
    }
}
