package import PicketEvents

/// What a followed file brought.
package enum TailEvent: Sendable {
    /// Whole lines, or the trace of one that is too long.
    case block(TailBlock)
    /// Bytes that were to be read and are nowhere to be found: the caller writes a `gap` record.
    case lost(TailLoss)
}

/// A block of a followed file, and which file that was.
package struct TailBlock: Sendable {
    /// The bytes. `isLast` says that nothing will follow in this file, because its writer has gone on to the next one.
    package var block: InputBlock
    /// The file they came from.
    package var file: FileIdentity
    /// Where reading goes on in that file after the whole block.
    package var end: UInt64

    /// The position of a byte of the block, to go on from there in another process.
    package func position(atBlockOffset offset: Int, context: String? = nil) -> FeedRecord.Position {
        switch block {
        case .lines(_, let start, _): file.position(at: start + UInt64(max(0, offset)), context: context)
        case .overlong: endPosition(context: context)
        }
    }

    /// The position after the whole block.
    package func endPosition(context: String? = nil) -> FeedRecord.Position {
        file.position(at: end, context: context)
    }
}

/// Why bytes of a followed file could not be read, and from where on it is followed now.
package struct TailLoss: Equatable, Sendable, CustomStringConvertible {
    /// The kind of loss, as `gap` records name it.
    package enum Cause: String, Sendable {
        /// The file was cut or overwritten in place, and no copy of what it held is beside it.
        case truncated = "file-truncated"
        /// The file that was read last is gone, also under other names.
        case missing = "file-missing"
        /// The file was copied and cut while its writer went on: lines written in between are in neither.
        case copyShort = "copied-while-written"
        /// A rotated file is there and cannot be read.
        case unreadable = "file-unreadable"
    }

    package var cause: Cause
    /// The file that the bytes were in.
    package var place: String
    /// What happened, and what a person can do.
    package var problem: String
    /// Where reading goes on.
    package var position: FeedRecord.Position

    package var description: String { "\(place): \(problem)" }
}
