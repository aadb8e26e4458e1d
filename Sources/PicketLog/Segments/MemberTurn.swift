import Foundation

/// Keeps the memory of many threads that read blocks within bounds: a usual block has 0.2 MB, and any number of threads may
/// hold one. A large one, which only a hostile or a very odd log has, waits for its turn.
enum MemberTurn {
    /// Bytes of a member, or of its content, from which on it is large.
    private static let largeBytes = 1 << 20
    private static let turn = NSLock()

    /// Reads the member of `size` bytes at `offset` and gives it to `body`.
    static func read<T>(
        _ size: Int, at offset: Int, of file: any LogFile, _ body: ([UInt8]) throws(LogError) -> T
    ) throws(LogError) -> T {
        guard size <= largeBytes else {
            return try alone { () throws(LogError) in try body(file.read(at: offset, count: size)) }
        }
        let member = try file.read(at: offset, count: size)
        // gzip's last four bytes: the length of the content.
        guard member.count >= 4, LittleEndian.load(UInt32.self, member, at: member.count - 4) > largeBytes else {
            return try body(member)
        }
        return try alone { () throws(LogError) in try body(member) }
    }

    private static func alone<T>(_ body: () throws(LogError) -> T) throws(LogError) -> T {
        turn.lock()
        defer { turn.unlock() }
        return try body()
    }
}
