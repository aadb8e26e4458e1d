/// What can be read from a line that the log wrote about itself: never from words anywhere in a line, which a device may choose.
enum OwnRecord {
    /// Whether a line is a record of the kind `log`.
    static func isOfLog(_ text: String) -> Bool {
        text.utf8.dropFirst(LineTimes.restOffset).starts(with: "\",\"feed\":\"picket\",\"kind\":\"log\",".utf8)
    }

    /// Whether a line is the record that brings `key` in.
    static func introduces(_ key: NoteKey, _ text: String) -> Bool {
        isOfLog(text) && text.contains("\"action\":\"key-added\"") && text.contains("\"vkey\":\"\(key)\"")
    }

    /// Record `index` of a log; empty where it is not there.
    static func line(
        at index: UInt64, _ folder: LogFolder, _ fileSystem: any LogFileSystem
    ) throws(LogError) -> String {
        var reader = try LogReader(folder: folder.path, from: index, fileSystem: fileSystem)
        guard let block = try reader.next(), block.firstIndex == index else { return "" }
        return String(decoding: block.bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
