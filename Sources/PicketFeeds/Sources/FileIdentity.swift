import Crypto
package import PicketEvents

/// By what a followed file is found again, also when it was renamed, copied or compressed in the meantime.
package struct FileIdentity: Equatable, Sendable {
    /// The path that is followed; the file itself may have another name by now.
    package var path: String
    package var inode: UInt64
    /// SHA-256 of the first ``headBytes`` bytes, in hexadecimal.
    package var head: String
    package var headBytes: UInt64

    /// The place `offset` bytes from the start of this file.
    ///
    /// - Parameter context: what the decoder must remember of earlier lines.
    package func position(at offset: UInt64, context: String? = nil) -> FeedRecord.Position {
        FeedRecord.Position(
            path: path, inode: inode, offset: offset, head: head, headBytes: headBytes, context: context)
    }
}

/// The first bytes of a file, up to ``SourceLimits/headBytes``: its fingerprint.
struct FileHead: Equatable {
    private(set) var bytes: [UInt8] = []

    init(_ bytes: [UInt8]) {
        self.bytes = Array(bytes.prefix(SourceLimits.headBytes))
    }

    /// Whether it is as long as it gets. A full head is as good as certain; a short one may be a common first line.
    var isFull: Bool { bytes.count == SourceLimits.headBytes }

    /// The fingerprint as text.
    var digest: String { FileHead.digest(bytes[...]) }

    /// Whether a file that begins like this may be the one that `position` lies in.
    func matches(_ position: FeedRecord.Position) -> Bool {
        guard let count = Int(exactly: position.headBytes), count <= bytes.count else { return false }
        return FileHead.digest(bytes[..<count]) == position.head
    }

    private static func digest(_ bytes: ArraySlice<UInt8>) -> String {
        var hash = SHA256()
        hash.update(data: bytes)
        return Hex.string(hash.finalize())
    }
}
