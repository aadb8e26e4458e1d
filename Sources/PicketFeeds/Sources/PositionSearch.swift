import PicketEvents

/// Looks for the file that a position lies in, among a file and its rotated siblings.
struct PositionSearch {
    /// What was found. Every file stands where reading goes on.
    enum Result {
        /// The file, or a copy of it.
        case found(TailedFile)
        /// The file at the path is the one, but was cut; where its contents went is not known.
        case cut(TailedFile)
        /// No trace of the file; the one at the path is given.
        case missing(TailedFile)
        /// No trace of the file, and none at the path.
        case absent

        var isFound: Bool {
            if case .found = self { true } else { false }
        }
    }

    let position: FeedRecord.Position
    let path: String
    let cutter: LineCutter?

    func look(in files: RotatedFiles) throws(FeedError) -> Result {
        let current = files.current == nil ? nil : try openCurrent()
        // 1. The file itself, perhaps renamed. An inode alone says nothing: it is given out again once it is free.
        if let current, current.status.inode == position.inode, try holds(current) {
            return try .found(placed(current))
        }
        for sibling in files.rotated + files.others where sibling.status.inode == position.inode {
            if let file = open(sibling), try holds(file) { return try .found(placed(file)) }
        }
        if position.headBytes > 0 {
            // 2. A copy: made by copytruncate or by compressing. The newest first, rotated ones before strays.
            var copies: [TailedFile] = []
            for sibling in files.rotated.reversed() + files.others {
                if let file = open(sibling), file.head.matches(position) { copies.append(file) }
            }
            for copy in copies where !copy.isCompressed {
                if try holds(copy) { return try .found(placed(copy)) }
            }
            if let copy = copies.first(where: \.isCompressed) { return try .found(placed(copy)) }
            if let current, current.status.inode != position.inode, try holds(current) {
                return try .found(placed(current))
            }
            // 3. A copy that ends before the position: its writer was faster than the copying.
            if let copy = copies.first { return try .found(placed(copy)) }
        }
        guard let current else { return .absent }
        guard current.status.inode == position.inode else { return .missing(current) }
        // 4. Cut to something shorter, or to nothing and written anew. What a full head proves to be old was read.
        if current.head.isFull, current.head.matches(position), position.headBytes == UInt64(SourceLimits.headBytes) {
            current.seek(to: try current.size())
        }
        return .cut(current)
    }

    /// Whether a sibling begins like the file of the position.
    func hasSameHead(_ sibling: RotatedFiles.Sibling) -> Bool {
        position.headBytes > 0 && open(sibling)?.head.matches(position) == true
    }

    /// Whether the file has the right beginning and reaches to the position.
    private func holds(_ file: TailedFile) throws(FeedError) -> Bool {
        guard file.head.matches(position) else { return false }
        if file.isCompressed { return true }
        return try file.size() >= position.offset
    }

    /// The file, at the position or at its end where that comes first.
    private func placed(_ file: TailedFile) throws(FeedError) -> TailedFile {
        file.seek(to: file.isCompressed ? position.offset : min(position.offset, try file.size()))
        return file
    }

    private func openCurrent() throws(FeedError) -> TailedFile? {
        do {
            return try TailedFile(name: path, path: path, cutter: cutter)
        } catch {
            if FileStatus(path: path) == nil { return nil }
            throw error
        }
    }

    /// A sibling that cannot be opened cannot be the one; if it was, its loss is reported as that of a missing file.
    private func open(_ sibling: RotatedFiles.Sibling) -> TailedFile? {
        do {
            return try TailedFile(name: sibling.path, path: path, cutter: cutter)
        } catch {
            return nil
        }
    }
}
