import PicketFeeds

/// What a restart reads once more: the events that the log holds after the last position that it names.
///
/// They lie in the file of that position, because whoever reads on in another file has the position written at once
/// (``Pipeline/Offer/isOtherFile``). So where another file begins nothing is repeated any more, even when fewer events
/// came than were counted: the first file was cut, or its copy is short. To go on counting would skip what is new.
struct RepeatedEvents {
    private var left: Int
    /// Where the file goes on, as long as it is the same; nil before the first block of a feed.
    private var next: UInt64?

    /// - Parameters:
    ///   - position: the offset where reading goes on; nil to begin.
    ///   - count: how many events after it are in the log.
    init(after position: UInt64?, count: Int) {
        next = position
        left = count
    }

    /// Whether everything that was repeated has been passed.
    var isOver: Bool { left == 0 }

    /// A block comes.
    ///
    /// - Returns: whether it is the first one of another file than the one before. A file is read from its beginning
    ///   or from a place where it was read before, so it shows where the places do not follow each other.
    mutating func begin(_ block: TailBlock) -> Bool {
        let start =
            switch block.block {
            case .lines(_, let start, _), .overlong(_, _, let start): start
            }
        let isOtherFile = start != next
        if isOtherFile { left = 0 }
        next = block.end
        return isOtherFile
    }

    /// How many of the next `count` events are in the log already.
    mutating func take(_ count: Int) -> Int {
        let known = min(left, count)
        left -= known
        return known
    }
}
