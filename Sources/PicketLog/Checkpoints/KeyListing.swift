import PicketEvents

/// The public keys that a path has to offer.
package enum KeyListing {
    /// One key, and of a log the sizes of the checkpoints that it signs.
    package struct Key: Equatable, Sendable {
        package var key: NoteKey
        /// Nil for a key of a file, which says nothing of what it signs.
        package var range: KeyList.Entry?
        /// Whether the first key of the log, or one that it vouches for, signed the record that introduced this one.
        package var isVouchedFor = true

        /// The key, and of a log its range: `vkey from to`, `-` while it is in use; at the end `UNVOUCHED` where no key before it
        /// vouches for it: anybody can write KEYS, and whoever copies this one would believe him.
        package var text: String {
            guard let range else { return key.description }
            return "\(key) \(range.from) \(range.to.map { String($0) } ?? "-")" + (isVouchedFor ? "" : " UNVOUCHED")
        }

        /// The same as an object.
        package var json: [UInt8] {
            var line = RecordLine()
            line.add("vkey", key.description)
            line.add("id", key.idText)
            if let range {
                line.add("from", Int64(clamping: range.from))
                if let to = range.to { line.add("to", Int64(clamping: to)) }
                if !isVouchedFor { line.add("unvouched", true) }
            }
            return line.finish()
        }
    }

    /// The keys: of a log in the order of their introduction, of a key file in its own.
    package static func keys(_ path: String) throws(LogError) -> [Key] {
        let place = LogPlace(path)
        guard LogFolder.isLogFolder(place.folder) else {
            return try KeyFile.read(path).signers.map { Key(key: $0.key, range: nil) }
        }
        let folder = LogFolder(place.folder)
        let entries = try KeyList.read(folder).entries
        guard !entries.isEmpty else {
            throw LogError(
                .missing, path: place.folder, problem: "the log is not signed: it has no keys",
                advice: "`picket log keys create` makes one")
        }
        // Of a log that is damaged nothing vouches for any but the first; its keys are told all the same.
        let vouched = vouched(folder) ?? entries.prefix(1).map(\.key)
        return entries.map { Key(key: $0.key, range: $0, isVouchedFor: vouched.contains($0.key)) }
    }

    private static func vouched(_ folder: LogFolder) -> [NoteKey]? {
        let system = RealFileSystem()
        return try? BelievedKeys.read(folder, origin: LogFormat.read(folder, system).origin, system).keys
    }
}
