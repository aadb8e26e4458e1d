/// The names of the files of a log.
package struct LogFolder: Equatable, Sendable {
    /// The folder, without a slash at its end.
    package let path: String

    package init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// Whether `path` holds a finished or a live log: it has a FORMAT file that begins as ours do.
    package static func isLogFolder(_ path: String, fileSystem: any LogFileSystem = RealFileSystem()) -> Bool {
        let folder = LogFolder(path)
        guard let file = try? fileSystem.open(folder.format, .read),
            let head = try? file.read(at: 0, count: LogFormat.firstWords.utf8.count)
        else { return false }
        return head == Array(LogFormat.firstWords.utf8)
    }

    var format: String { path + "/FORMAT" }
    var lock: String { path + "/LOCK" }
    var writeAhead: String { path + "/wal" }
    var segments: String { path + "/seg" }
    var quarantine: String { path + "/quarantine" }
    var keys: String { path + "/KEYS" }
    var checkpoint: String { path + "/checkpoint" }
    var checkpoints: String { path + "/checkpoints.log" }
    var state: String { path + "/state" }
    var signedState: String { state + "/signed" }
    var tiles: String { path + "/tile" }
    var pruned: String { path + "/PRUNED" }
    var reserve: String { path + "/reserve" }
    var indexes: String { path + "/idx" }

    /// The folder that holds `path`.
    var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The write-ahead file that begins with record `firstIndex`.
    func writeAheadFile(_ firstIndex: UInt64) -> String { writeAhead + "/" + LogFolder.digits(firstIndex) + ".wal" }

    /// The folder of the segment that begins with record `firstIndex`: a thousand segments share one, so that no folder
    /// grows large.
    func segmentFolder(_ firstIndex: UInt64, _ shape: LogShape) -> String {
        segments + "/" + LogFolder.group(firstIndex, shape)
    }

    /// The file of the segment that begins with record `firstIndex`.
    func segmentFile(_ firstIndex: UInt64, _ shape: LogShape) -> String {
        segmentFolder(firstIndex, shape) + "/" + LogFolder.digits(firstIndex) + ".jsonl.gz"
    }

    /// The folder of the index of that segment.
    func indexFolder(_ firstIndex: UInt64, _ shape: LogShape) -> String {
        indexes + "/" + LogFolder.group(firstIndex, shape)
    }

    /// The index of that segment.
    func indexFile(_ firstIndex: UInt64, _ shape: LogShape) -> String {
        indexFolder(firstIndex, shape) + "/" + LogFolder.digits(firstIndex) + ".idx"
    }

    /// The file of a level-1 tile, and the folders on the way to it from ``tiles``, outermost first
    /// (c2sp.org/tlog-tiles: groups of three digits, all but the last with an x).
    func tileFile(_ number: UInt64) -> (path: String, folders: [String]) {
        var groups: [String] = []
        var rest = number
        repeat {
            let digits = String(rest % 1_000)
            groups.insert(String(repeating: "0", count: 3 - digits.count) + digits, at: 0)
            rest /= 1_000
        } while rest > 0
        var folders = [tiles, tiles + "/1"]
        for group in groups.dropLast() { folders.append((folders.last ?? tiles) + "/x" + group) }
        return ((folders.last ?? tiles) + "/" + (groups.last ?? ""), folders)
    }

    /// `x000` for the first thousand segments, and so on.
    static func group(_ firstIndex: UInt64, _ shape: LogShape) -> String {
        let number = String((firstIndex >> UInt64(shape.segmentLog2)) / 1_000)
        return "x" + String(repeating: "0", count: max(0, 3 - number.count)) + number
    }

    /// Twenty digits: enough for every index, and names sort as numbers do.
    static func digits(_ index: UInt64) -> String {
        let digits = String(index)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// The index in a file name that ends with `suffix`, or nil for a name that is not one of ours.
    static func index(in name: String, suffix: String) -> UInt64? {
        guard name.hasSuffix(suffix) else { return nil }
        let digits = name.dropLast(suffix.count)
        guard digits.utf8.count == 20, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        // Far beyond what any log holds, and small enough that nothing added to it overflows.
        return UInt64(digits).flatMap { $0 < 1 << 62 ? $0 : nil }
    }

    /// The first records of the write-ahead files there are, ascending.
    func writeAheadFiles(_ fileSystem: any LogFileSystem) throws(LogError) -> [UInt64] {
        try fileSystem.names(in: writeAhead).compactMap { LogFolder.index(in: $0, suffix: ".wal") }
    }

    /// The first records of the segments there are, ascending. A file under a wrong name is an error: it would be
    /// overlooked otherwise.
    func segmentFiles(_ shape: LogShape, _ fileSystem: any LogFileSystem) throws(LogError) -> [UInt64] {
        var found: [UInt64] = []
        for group in try fileSystem.names(in: segments) where group.hasPrefix("x") {
            for name in try fileSystem.names(in: segments + "/" + group) {
                guard let index = LogFolder.index(in: name, suffix: ".jsonl.gz") else { continue }
                guard shape.segmentStart(of: index) == index, LogFolder.group(index, shape) == group else {
                    throw LogError.corrupt(
                        "\(segments)/\(group)/\(name)", "is not where a segment of that name belongs")
                }
                found.append(index)
            }
        }
        return found.sorted()
    }
}
