import PicketEvents

/// A piece of a feed's bytes, as a source cuts it: whole lines, or the trace of a line too long to be one.
package enum InputBlock: Sendable {
    /// Whole lines. `start` is the place of the first byte in the source; `isLast` says that nothing will follow.
    case lines([UInt8], start: UInt64, isLast: Bool)
    /// A line longer than ``Limits/lineBytes``, read and thrown away: its length, its SHA-256 and where it began.
    case overlong(length: UInt64, sha256: [UInt8], start: UInt64)
}

/// Where the bytes of a feed come from.
package protocol ByteSource {
    /// Reads at most `buffer.count` bytes.
    ///
    /// - Returns: how many; 0 at the end.
    /// - Throws: ``FeedError`` with the place and what to do.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A feed that cannot be read, with its place and what a person can do about it.
package struct FeedError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file or feed.
    package var place: String
    /// What is wrong, and what to do.
    package var problem: String

    package init(place: String, problem: String) {
        self.place = place
        self.problem = problem
    }

    package var description: String { "\(place): \(problem)" }
}
