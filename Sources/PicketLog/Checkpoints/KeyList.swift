/// The KEYS file of a log: which key signs for which sizes of the log, one `vkey from to` a line; `to` is `-` while the
/// key is in use. The file is a table of contents, not a proof: a reader trusts a key because it was given to him, or
/// because a record of the log, covered by a key he trusts, names it.
package struct KeyList: Equatable, Sendable {
    /// A key and the checkpoints it signs: those of sizes in `from...to`.
    package struct Entry: Equatable, Sendable {
        package var key: NoteKey
        package var from: UInt64
        /// The size of its last checkpoint; nil while it signs.
        package var to: UInt64?

        /// Whether the key signs checkpoints of `size`.
        package func covers(_ size: UInt64) -> Bool { size >= from && size <= to ?? .max }
    }

    /// In the order in which the keys were introduced.
    package var entries: [Entry] = []

    /// Bytes the file may have: a thousand rotations.
    static let byteLimit = 256 << 10

    init() {}

    /// Reads the file's content; nil when it is not one.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), bytes.last == 0x0A else { return nil }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let key = NoteKey(String(parts[0])), let from = UInt64(parts[1]),
                parts[2] == "-" || UInt64(parts[2]) != nil
            else { return nil }
            entries.append(Entry(key: key, from: from, to: UInt64(parts[2])))
        }
        guard encoded() == bytes else { return nil }
    }

    func encoded() -> [UInt8] {
        var text = ""
        for entry in entries {
            text += "\(entry.key) \(entry.from) \(entry.to.map { String($0) } ?? "-")\n"
        }
        return Array(text.utf8)
    }

    /// Reads the KEYS file of `folder`; empty when there is none.
    package static func read(
        _ folder: LogFolder, _ fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> KeyList {
        guard let bytes = try fileSystem.contents(of: folder.keys, limit: byteLimit) else { return KeyList() }
        guard let list = KeyList(bytes) else { throw LogError.corrupt(folder.keys, "is not a list of keys") }
        return list
    }
}
