/// Opens the folder of a log for a writer: makes what is missing, takes the lock, reads the format.
struct LogSetup {
    let folder: LogFolder
    let format: LogFormat
    let lock: any FileLock
    /// The log did not exist before.
    let created: Bool

    /// - Parameter writeFormat: false leaves out the FORMAT file: nobody takes the folder for a log before its writer
    ///   has finished.
    init(
        _ path: String, _ options: LogOptions, writeFormat: Bool, _ fileSystem: any LogFileSystem
    ) throws(LogError) {
        try options.check(path: path)
        folder = LogFolder(path)
        if try fileSystem.status(folder.path) == nil {
            try fileSystem.makeFolder(folder.path)
            try fileSystem.syncFolder(folder.parent)
        }
        try LogSetup.refuseForeign(folder, fileSystem)
        lock = try fileSystem.lock(folder.lock)
        if try fileSystem.status(folder.format) != nil {
            format = try LogFormat.read(folder, fileSystem)
            created = false
        } else {
            let writeAheadFiles = try folder.writeAheadFiles(fileSystem)
            let segmentFiles = try folder.segmentFiles(options.shape, fileSystem)
            guard writeAheadFiles.isEmpty, segmentFiles.isEmpty else {
                throw LogError(
                    .notALog, path: folder.path, problem: "holds records but no FORMAT file",
                    advice: "A bulk log that was interrupted looks so: delete the folder and write it again")
            }
            format = LogFormat(
                shape: options.shape,
                origin: options.origin ?? options.signers.first?.key.name ?? LogFormat.randomOrigin())
            created = true
        }
        for sub in [folder.writeAhead, folder.segments, folder.quarantine, folder.state] {
            try fileSystem.makeFolder(sub)
        }
        try fileSystem.syncFolder(folder.path)
        if created && writeFormat { try finishFormat(fileSystem) }
    }

    /// Writes the FORMAT file.
    func finishFormat(_ fileSystem: any LogFileSystem) throws(LogError) {
        try fileSystem.replaceFile(folder.format, in: folder.path, with: format.encoded())
    }

    /// A folder with other people's files in it is never made a log.
    private static func refuseForeign(_ folder: LogFolder, _ fileSystem: any LogFileSystem) throws(LogError) {
        guard try fileSystem.status(folder.format) == nil else { return }
        let ours: Set = ["LOCK", "wal", "seg", "quarantine", "state", "tile", "FORMAT.tmp"]
        if let other = try fileSystem.names(in: folder.path).first(where: { !ours.contains($0) }) {
            throw LogError(
                .notALog, path: folder.path, problem: "is not a log folder, and holds '\(other)'",
                advice: "Name an empty folder or one that does not exist")
        }
    }
}
