/// Changes the key of a log that nobody writes. First a new key signs beside the old one, so that those who know only the
/// old one can follow; then the old one ends. Both changes are records of the log.
package struct KeyRotation {
    private let folder: String
    private let path: String

    /// - Parameters:
    ///   - folder: the log.
    ///   - path: the file with its private keys.
    package init(folder: String, keyFile path: String) {
        self.folder = folder
        self.path = path
    }

    /// Makes a new key and lets it sign beside the old one.
    ///
    /// - Parameter time: now, Unix ms.
    /// - Returns: the new key.
    package func begin(time: Int64) throws(LogError) -> NoteKey {
        var file = try KeyFile.read(path)
        let inUse = try file.inUse(folder: folder)
        guard inUse.count == 1, let old = inUse.first else {
            throw LogError(
                .invalidOption, path: path,
                problem: inUse.isEmpty ? "none of its keys signs the log \(folder)" : "two keys sign the log already",
                advice: inUse.isEmpty ? "Name the key file of this log with --key" : "End that rotation with --finish")
        }
        let writer = try LogWriter(folder: folder, options: options(inUse))
        let known = try KeyList.read(LogFolder(folder), RealFileSystem()).entries.map(\.key)
        // One that an interrupted rotation left is taken up again. The file is durable before the log names the key: a
        // log must never wait for a key that nobody has.
        let new: NoteSigner
        if let left = file.signers.first(where: { !known.contains($0.key) }) {
            new = left
        } else if let made = NoteSigner(newFor: old.key.name) {
            new = made
            try file.add(made)
        } else {
            throw LogError(.stopped, path: path, problem: "no key could be made")
        }
        try writer.addKey(new, time: time)
        try writer.close()
        return new.key
    }

    /// Ends the use of the older key, and destroys its private half: whoever steals the new one cannot rewrite the past.
    ///
    /// - Parameter time: now, Unix ms.
    /// - Returns: the key that signs no more.
    package func finish(time: Int64) throws(LogError) -> NoteKey {
        var file = try KeyFile.read(path)
        let inUse = try file.inUse(folder: folder)
        let known = try KeyList.read(LogFolder(folder), RealFileSystem()).entries
        guard inUse.count > 1, let old = known.first(where: { entry in inUse.contains { $0.key == entry.key } })
        else {
            // A rotation that ended in the log, but not in the file.
            if let left = file.signers.first(where: { signer in
                known.contains { $0.key == signer.key && $0.to != nil }
            }) {
                try file.remove(left.key)
                return left.key
            }
            throw LogError(
                .invalidOption, path: path, problem: "no rotation is under way: one key signs the log",
                advice: "Begin one with `picket log keys rotate`")
        }
        let writer = try LogWriter(folder: folder, options: options(inUse))
        try writer.retireKey(old.key, time: time)
        try writer.close()
        try file.remove(old.key)
        return old.key
    }

    private func options(_ signers: [NoteSigner]) -> LogOptions {
        var options = LogOptions()
        options.signers = signers
        return options
    }
}
