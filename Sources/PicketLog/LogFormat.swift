/// The FORMAT file: what a log is, in text, one `key value` a line. It is written once, when the log is created.
package struct LogFormat: Equatable, Sendable {
    package var shape: LogShape
    /// The name of the log in its checkpoints.
    package var origin: String

    /// How the file begins; a number follows.
    static let firstWords = "picket-log format "
    private static let version = "2"

    init(shape: LogShape, origin: String) {
        self.shape = shape
        self.origin = origin
    }

    /// Whether `text` can be the origin line of a checkpoint and the name of a key (C2SP signed-note: not empty, no
    /// Unicode space, no plus).
    static func isOrigin(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= LogLimits.originBytes
            && text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 && $0.value != 0x7F
            }
    }

    /// A name nobody else has: two logs that were never named must not pass for each other.
    package static func randomOrigin() -> String {
        let random = UInt64.random(in: .min ... .max)
        let digits = String(random, radix: 16)
        return "picket.local/log-" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The content of the file.
    func encoded() -> [UInt8] {
        let text = """
            \(LogFormat.firstWords)\(LogFormat.version)
            origin \(origin)
            block 2^\(shape.blockLog2)
            segment 2^\(shape.segmentLog2)
            tile 2^\(shape.tileLog2)
            hash sha256
            leaf line
            """
        return Array(text.utf8) + [0x0A]
    }

    /// Reads the FORMAT file of `folder`.
    package static func read(
        _ folder: LogFolder, _ fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) -> LogFormat {
        guard let bytes = try fileSystem.contents(of: folder.format, limit: LogLimits.formatBytes) else {
            throw LogError(
                .notALog, path: folder.path, problem: "is not a log folder: it has no FORMAT file",
                advice: "Name the folder that holds FORMAT, wal and seg; a bulk log has FORMAT once it is finished")
        }
        return try parse(bytes, path: folder.format)
    }

    static func parse(_ bytes: [UInt8], path: String) throws(LogError) -> LogFormat {
        guard let text = String(validating: bytes, as: UTF8.self), text.hasPrefix(firstWords) else {
            throw LogError(.notALog, path: path, problem: "is not the FORMAT file of a log")
        }
        let lines = text.split(separator: "\n")
        guard lines[0].dropFirst(firstWords.count) == version else {
            throw LogError(
                .unknownFormat, path: path, problem: "says '\(lines[0])'; this program knows format \(version)",
                advice: "Use the version of Picket that wrote it, or a newer one")
        }
        var values: [Substring: Substring] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw LogError.corrupt(path, "has an unreadable line '\(line)'")
            }
        }
        func power(_ key: Substring) -> Int? {
            guard let value = values[key], value.hasPrefix("2^") else { return nil }
            return Int(value.dropFirst(2))
        }
        guard values["hash"] == "sha256", values["leaf"] == "line", let block = power("block"),
            let segment = power("segment"), let tile = power("tile"),
            let shape = LogShape(blockLog2: block, segmentLog2: segment, tileLog2: tile),
            let origin = values["origin"].map(String.init), isOrigin(origin)
        else {
            throw LogError(
                .unknownFormat, path: path, problem: "describes a log this program cannot read",
                advice: "Use the version of Picket that wrote it, or a newer one")
        }
        return LogFormat(shape: shape, origin: origin)
    }
}
