import PicketEvents

/// Which profiles were in force where a pruned log begins. The record that named them may be deleted; the record of the
/// deletion then names them again, so that what the log still holds can be judged by the rules of its time.
package enum PrunedProfiles {
    /// The key of the hash in the record of a deletion.
    static let key = "profiles"

    /// The hash of the profiles in force before the first record that retention left; nil when nothing was deleted, or no
    /// profiles were in force.
    package static func read(
        folder path: String, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> String? {
        try find(folder: path, fileSystem: fileSystem)?.sha256
    }

    /// The same with the record that says so: the deletion's, which somebody may cite.
    package static func find(
        folder path: String, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> (sha256: String, record: UInt64, line: [UInt8])? {
        let list = try PrunedList.read(LogFolder(path), fileSystem)
        guard !list.roots.isEmpty else { return nil }
        var reader = try LogReader(folder: path, from: list.record, fileSystem: fileSystem)
        guard let block = try reader.next() else { return nil }
        let line = Array(block.bytes.prefix { $0 != 0x0A })
        return text(key, in: line).map { ($0, list.record, line) }
    }

    /// The hash in the newest profile record of the segments that begin with `firsts`, or, when they hold none, what the
    /// deletion before this one knew. Damage in what is to be deleted anyway is no reason to keep it: then nobody knows.
    static func find(
        in firsts: [UInt64], _ folder: LogFolder, _ shape: LogShape, _ fileSystem: any LogFileSystem
    ) -> String? {
        do throws(LogError) {
            for first in firsts.reversed() {
                var query = LogQuery()
                query.add(.kind, "\(EventKind.profile.name)")
                query.fromIndex = first
                query.toIndex = first + shape.segmentRecords
                var reader = try QueryReader(folder: folder.path, query, isIndexed: false, fileSystem: fileSystem)
                var newest: [UInt8]?
                while let matches = try reader.next() {
                    newest = matches.last { $0.index < query.toIndex }?.line ?? newest
                }
                if let newest { return text("sha256", in: newest) }
            }
            return try read(folder: folder.path, fileSystem: fileSystem)
        } catch {
            return nil
        }
    }

    /// The plain text under `key` in a line.
    private static func text(_ key: String, in line: [UInt8]) -> String? {
        var found: String?
        LineFields.forEach(line, 0..<line.count) { name, value in
            guard line[name].elementsEqual(key.utf8), value.count > 2, line[value.lowerBound] == 0x22 else {
                return true
            }
            found = String(decoding: line[value].dropFirst().dropLast(), as: UTF8.self)
            return false
        }
        return found
    }
}
