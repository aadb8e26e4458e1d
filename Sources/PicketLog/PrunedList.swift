/// The PRUNED file: which segments retention deleted, and the tree's nodes over them. Nobody has to believe it: the nodes
/// lead to the heads that were signed, and a record of the log says that the segments were deleted on purpose.
struct PrunedList: Equatable, Sendable {
    /// The roots of the segments that are gone, from the first of the log.
    var roots: [TreeHash] = []
    /// The index of the record that says so.
    var record: UInt64 = 0

    /// Bytes of the line of a root: base64 of 32 bytes, and LF.
    private static let lineBytes = 45
    /// Bytes the file may have: a million segments.
    private static let byteLimit = 64 + Int(LogLimits.segments) * lineBytes
    /// Lines that are read at once.
    private static let pieceLines = 4_096

    /// The first record that the log still has.
    func below(_ shape: LogShape) -> UInt64 { UInt64(roots.count) << UInt64(shape.segmentLog2) }

    init() {}

    /// Reads the file of a log; empty when there is none. It is never held whole beside its roots.
    static func read(_ folder: LogFolder, _ fileSystem: any LogFileSystem) throws(LogError) -> PrunedList {
        guard let status = try fileSystem.status(folder.pruned) else { return PrunedList() }
        let damage = LogError.corrupt(folder.pruned, "is not a list of roots")
        guard !status.isFolder, status.size <= byteLimit else { throw damage }
        let file = try fileSystem.open(folder.pruned, .read)
        var list = PrunedList()
        let head = try file.read(at: 0, count: lineBytes).prefix { $0 != 0x0A }
        let first = String(decoding: head, as: UTF8.self)
        guard first.hasPrefix("record "), let record = UInt64(first.dropFirst(7)), "record \(record)" == first else {
            throw damage
        }
        list.record = record
        var offset = head.count + 1
        guard offset < status.size, (status.size - offset) % lineBytes == 0 else { throw damage }
        while offset < status.size {
            let piece = try file.read(at: offset, count: lineBytes * pieceLines)
            guard !piece.isEmpty else { throw damage }
            for start in stride(from: 0, to: piece.count, by: lineBytes) {
                guard let root = root(piece[start..<min(start + lineBytes, piece.count)]) else { throw damage }
                list.roots.append(root)
            }
            offset += piece.count
        }
        return list
    }

    private static func root(_ line: ArraySlice<UInt8>) -> TreeHash? {
        guard line.count == lineBytes, line.last == 0x0A,
            let bytes = Base64.decode(String(decoding: line.dropLast(), as: UTF8.self)),
            bytes.count == TreeHash.byteCount
        else { return nil }
        return TreeHash(bytes)
    }

    func encoded() -> [UInt8] {
        Array("record \(record)\n".utf8) + roots.flatMap { Array((Base64.encode($0.bytes) + "\n").utf8) }
    }
}
