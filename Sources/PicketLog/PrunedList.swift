/// The PRUNED file: which segments retention deleted, and the tree's nodes over them. Nobody has to believe it: the nodes
/// lead to the heads that were signed, and a record of the log says that the segments were deleted on purpose.
struct PrunedList: Equatable, Sendable {
    /// The roots of the segments that are gone, from the first of the log.
    var roots: [TreeHash] = []
    /// The index of the record that says so.
    var record: UInt64 = 0

    /// Bytes the file may have: a million segments.
    private static let byteLimit = 64 << 20

    /// The first record that the log still has.
    func below(_ shape: LogShape) -> UInt64 { UInt64(roots.count) << UInt64(shape.segmentLog2) }

    /// Reads the file of a log; empty when there is none.
    static func read(_ folder: LogFolder, _ fileSystem: any LogFileSystem) throws(LogError) -> PrunedList {
        guard let bytes = try fileSystem.contents(of: folder.pruned, limit: byteLimit) else { return PrunedList() }
        guard let list = PrunedList(bytes) else { throw LogError.corrupt(folder.pruned, "is not a list of roots") }
        return list
    }

    init() {}

    private init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let first = lines.first, first.hasPrefix("record "), let record = UInt64(first.dropFirst(7)) else {
            return nil
        }
        self.record = record
        for line in lines.dropFirst() {
            guard let root = Base64.decode(line).flatMap({ $0.count == TreeHash.byteCount ? TreeHash($0) : nil }) else {
                return nil
            }
            roots.append(root)
        }
        guard !roots.isEmpty, encoded() == bytes else { return nil }
    }

    func encoded() -> [UInt8] {
        Array("record \(record)\n".utf8) + roots.flatMap { Array((Base64.encode($0.bytes) + "\n").utf8) }
    }
}
