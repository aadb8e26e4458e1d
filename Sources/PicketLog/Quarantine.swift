/// Where recovery puts what it takes out of a log. Nothing there is read again, and nothing is deleted by Picket.
enum Quarantine {
    /// Moves a whole file.
    static func move(
        _ path: String, from source: String, _ folder: LogFolder, _ fileSystem: any LogFileSystem
    ) throws(LogError) {
        let target = try freeName(String(path.split(separator: "/").last ?? "file"), folder, fileSystem)
        try fileSystem.rename(path, to: target)
        try fileSystem.syncFolder(folder.quarantine)
        try fileSystem.syncFolder(source)
    }

    /// Keeps bytes that are about to be cut from the end of a file.
    static func keep(
        _ bytes: [UInt8], of path: String, at offset: Int, _ folder: LogFolder, _ fileSystem: any LogFileSystem
    ) throws(LogError) {
        let name = "\(path.split(separator: "/").last ?? "file").\(offset).torn"
        try fileSystem.replaceFile(
            try freeName(name, folder, fileSystem), in: folder.quarantine, with: bytes)
    }

    /// `name`, or `name.1` and so on where that is taken.
    private static func freeName(
        _ name: String, _ folder: LogFolder, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> String {
        let taken = Set(try fileSystem.names(in: folder.quarantine))
        var candidate = name
        var number = 0
        while taken.contains(candidate) {
            number += 1
            candidate = "\(name).\(number)"
        }
        return folder.quarantine + "/" + candidate
    }
}
