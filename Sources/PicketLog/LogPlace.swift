/// Where a log lies that a person named: by its own folder, or by the data folder of `picket run` around it.
package struct LogPlace {
    /// The folder of the log.
    package let folder: String

    package init(_ path: String) {
        let inside = LogFolder(LogFolder(path).path + "/log").path
        folder = !LogFolder.isLogFolder(path) && LogFolder.isLogFolder(inside) ? inside : LogFolder(path).path
    }

    /// Where `picket run` keeps the private keys of the log: beside it, not in it, so that a copy of the log for an
    /// auditor holds none.
    package var keyFile: String { LogFolder(folder).parent + "/keys/log.key" }

    /// Whether it is called as `picket run` calls the log in its data folder.
    package var isInDataFolder: Bool { folder == parent + "/log" }

    /// The folder that holds the log folder: the data folder of `picket run`.
    package var parent: String { LogFolder(folder).parent }
}
