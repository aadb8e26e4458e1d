import Glibc

/// A file and the siblings that a rotation made of its predecessors, as they were at one moment.
struct RotatedFiles {
    /// One file beside the followed one.
    struct Sibling {
        var path: String
        var status: FileStatus
        /// The number of `log.1`, `log.2.gz`; nil for names that are not numbered.
        var number: Int?
        /// Whether the name is one that rotations give. Others (`log.bak`) may be copies that a person made.
        var isRotation: Bool
    }

    /// The file at the followed path itself.
    var current: FileStatus?
    /// The files that rotations made, oldest first.
    var rotated: [Sibling]
    /// Other files whose names begin with the followed one's.
    var others: [Sibling]

    /// Lists the siblings of `path`.
    ///
    /// - Returns: nil when the folder kept changing while it was listed: a rotation is under way, ask again later.
    static func around(_ path: String) throws(FeedError) -> RotatedFiles? {
        let (folder, name) = split(path)
        // Two listings that agree were not taken in the middle of a rotation's renames, where a file can be seen under
        // two names or under none.
        var before = try list(folder: folder, name: name, path: path)
        for _ in 0..<SourceLimits.listings {
            let after = try list(folder: folder, name: name, path: path)
            if after.isSameState(as: before) { return after }
            before = after
        }
        return nil
    }

    /// The folder and the name in it that a path leads to.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return (folder, String(path[path.index(after: slash)...]))
    }

    private static func list(folder: String, name: String, path: String) throws(FeedError) -> RotatedFiles {
        let current = FileStatus(path: path)
        var siblings: [Sibling] = []
        for entry in try names(in: folder) {
            guard let suffix = Suffix(entry, of: name), let status = FileStatus(path: "\(folder)/\(entry)"),
                status.kind == .regular, current?.isSameFile(as: status) != true
            else { continue }
            siblings.append(
                Sibling(
                    path: "\(folder)/\(entry)", status: status, number: suffix.number, isRotation: suffix.isRotation))
        }
        // While `log.1` is being compressed, `log.1.gz` is beside it and not whole.
        let paths = Set(siblings.map(\.path))
        siblings.removeAll { sibling in
            Suffix.compressions.contains {
                sibling.path.hasSuffix($0) && paths.contains(String(sibling.path.dropLast($0.count)))
            }
        }
        return RotatedFiles(
            current: current, rotated: inOrder(siblings.filter(\.isRotation)),
            others: siblings.filter { !$0.isRotation }.sorted { $0.status.modified > $1.status.modified })
    }

    /// Oldest first: by falling number where all have one, else by when they were last written (which renaming,
    /// compressing and copying at rotation all preserve or respect).
    private static func inOrder(_ siblings: [Sibling]) -> [Sibling] {
        let numbered = siblings.allSatisfy { $0.number != nil }
        return siblings.sorted {
            if numbered, let first = $0.number, let second = $1.number, first != second { return first > second }
            return ($0.status.modified, $0.path) < ($1.status.modified, $1.path)
        }
    }

    /// Whether a file called `entry` is what a rotation made of one called `name`.
    static func isRotation(_ entry: String, of name: String) -> Bool { Suffix(entry, of: name)?.isRotation ?? false }

    static func isCompressed(_ entry: String) -> Bool { Suffix.compressions.contains { entry.hasSuffix($0) } }

    /// The names in a folder, in any order; none where there is no such folder.
    static func names(in folder: String) throws(FeedError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw FeedError(place: folder, errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    String(cString: $0)
                }
            }
            names.append(name)
        }
        return names
    }

    /// Whether both were taken of the same files under the same names.
    func isSameState(as other: RotatedFiles) -> Bool {
        func key(_ sibling: Sibling) -> String { "\(sibling.status.device) \(sibling.status.inode) \(sibling.path)" }
        return current?.inode == other.current?.inode && current?.device == other.current?.device
            && Set((rotated + others).map(key)) == Set((other.rotated + other.others).map(key))
    }
}

/// What follows the followed file's name in the name of a sibling.
private struct Suffix {
    /// Spellings of compressed files. Only gzip can be read; the others are known so that a loss has its reason.
    static let compressions = [".gz", ".xz", ".bz2", ".zst"]

    var number: Int?
    var isRotation: Bool

    init?(_ entry: String, of name: String) {
        guard entry.count > name.count + 1, entry.hasPrefix(name) else { return nil }
        var rest = entry.dropFirst(name.count)
        guard rest.first == "." || rest.first == "-" else { return nil }
        rest.removeFirst()
        if let compression = Suffix.compressions.first(where: { rest.hasSuffix($0) }) {
            rest.removeLast(compression.count)
        }
        let isNumber = !rest.isEmpty && rest.count <= 4 && rest.allSatisfy { $0.isASCII && $0.isNumber }
        number = isNumber ? Int(rest) : nil
        // A number, or a date in any of the usual spellings: 20261121, 2026-11-21T10:00:00Z, 1795255200.
        isRotation =
            rest.first?.isNumber == true && rest.allSatisfy { $0.isASCII && ($0.isNumber || "-_.:TZ".contains($0)) }
    }
}
