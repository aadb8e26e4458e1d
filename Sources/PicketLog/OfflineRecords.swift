import Glibc

/// Records that a command appends to a log that no daemon writes.
package struct OfflineRecords {
    /// Canonical lines, without line feeds.
    package let lines: [[UInt8]]

    /// How long a writer is waited for that may be about to end: several commands that read one log at the same time are
    /// each recorded. A daemon that writes for weeks is asked by its socket instead.
    private static let patience = Duration.seconds(5)

    /// Microseconds between two tries.
    private static let pause: UInt32 = 20_000

    package init(_ lines: [[UInt8]]) { self.lines = lines }

    /// Appends the records to the log at `place`.
    ///
    /// - Parameter time: now, Unix ms.
    /// - Returns: why they could not be recorded; nil when they are, durably.
    package func append(to place: LogPlace, time: Int64) -> String? {
        guard LogFolder.isLogFolder(place.folder) else { return "there is no log in \(place.folder)" }
        let giveUp = ContinuousClock.now + OfflineRecords.patience
        while true {
            do throws(LogError) {
                return try appendNow(to: place, time)
            } catch {
                guard error.kind == .locked else { return "\(error)" }
                guard ContinuousClock.now < giveUp else { return "another process writes it" }
                usleep(OfflineRecords.pause)
            }
        }
    }

    /// The same, once.
    ///
    /// - Throws: `locked` while another process writes the log.
    private func appendNow(to place: LogPlace, _ time: Int64) throws(LogError) -> String? {
        let folder = LogFolder(place.folder)
        var options = LogOptions()
        let keys = try KeyList.read(folder)
        if keys.entries.contains(where: { $0.to == nil }) {
            guard try KeyFile.exists(place.keyFile) else {
                return "its private key is not at \(place.keyFile)"
            }
            options.signers = try KeyFile.read(place.keyFile).inUse(folder: place.folder)
        }
        guard try OfflineRecords.isClosed(folder) else {
            return "its last writer did not end in order; the next picket run puts that right"
        }
        try write(place, options, time)
        return nil
    }

    /// Whether the last writer ended in order. What is in the tail of a log that nobody writes is what a crash left there:
    /// that is for a start to recover, not for a reader.
    private static func isClosed(_ folder: LogFolder) throws(LogError) -> Bool {
        let lock = try RealFileSystem().lockNow(folder.lock)
        defer { withExtendedLifetime(lock) {} }
        return try folder.writeAheadFiles(RealFileSystem()).isEmpty
    }

    private func write(_ place: LogPlace, _ options: LogOptions, _ time: Int64) throws(LogError) {
        let writer = try LogWriter(folder: place.folder, options: options)
        var buffer = RecordBuffer()
        for line in lines { buffer.append(line: line, time: time) }
        try writer.append(buffer)
        try writer.close()
    }

    /// Who runs this program, as the system says it.
    package static var user: String { SystemUser.name(of: getuid()) }
}
