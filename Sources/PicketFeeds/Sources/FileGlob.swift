import Glibc

/// The files of a folder whose names fit a pattern, `/var/log/mosquitto/*.log`: what a feed of several files follows.
package struct FileGlob: Equatable, Sendable {
    private let folder: String
    private let pattern: String

    /// Whether a path has wildcards.
    package static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

    /// - Returns: nil when a folder has wildcards: one folder is followed, not a tree.
    package init?(_ path: String) {
        (folder, pattern) = RotatedFiles.split(path)
        guard !FileGlob.isPattern(folder), FileGlob.isPattern(pattern) else { return nil }
    }

    /// The paths of the files that fit, in the order of their names; none where the folder is not there.
    ///
    /// Files that a rotation made of another (`log.1`, `log-20261121.gz`) are read as what came before it, and are none of
    /// their own; nor are compressed files.
    ///
    /// - Parameter followed: files that were found before, which may be away in the middle of a rotation.
    /// - Throws: ``FeedError`` when the folder cannot be read.
    package func files(beside followed: some Sequence<String>) throws(FeedError) -> [String] {
        let names = try RotatedFiles.names(in: folder).filter { fnmatch(pattern, $0, FNM_PERIOD) == 0 }
        let known = Set(names).union(followed.map { RotatedFiles.split($0).name })
        return names.filter { name in
            !RotatedFiles.isCompressed(name) && !known.contains { RotatedFiles.isRotation(name, of: $0) }
                && FileStatus(path: "\(folder)/\(name)")?.kind == .regular
        }.sorted().map { "\(folder)/\($0)" }
    }
}
