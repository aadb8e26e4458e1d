/// A regular expression as a tree.
indirect enum ExpressionSyntax: Equatable {
    /// Matches the empty text.
    case empty
    /// One character of a set.
    case character(CharacterSet)
    case sequence([ExpressionSyntax])
    case alternatives([ExpressionSyntax])
    /// `greatest` is nil when there is no end.
    case repetition(ExpressionSyntax, least: Int, greatest: Int?)
    /// `^`: only at the start of the text.
    case start
    /// `$`: only at the end of the text.
    case end
}

/// A set of Unicode scalars, as ranges in order that do not touch.
struct CharacterSet: Equatable {
    private(set) var ranges: [ClosedRange<UInt32>]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    /// The largest Unicode scalar.
    static let largest: UInt32 = 0x10_FFFF
    static let ascii: UInt32 = 0x7F

    /// `\d`: ASCII digits only, as in topics and addresses.
    static let digits = CharacterSet([0x30...0x39])
    /// `\w`: ASCII letters, digits and `_`.
    static let word = CharacterSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// `\s`: ASCII white space.
    static let space = CharacterSet([0x09...0x0D, 0x20...0x20])
    /// `.`: everything but a line feed.
    static let any = CharacterSet([0x0A...0x0A]).inverted

    /// Every scalar that is not in the set.
    var inverted: CharacterSet {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { rest.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= CharacterSet.largest { rest.append(next...CharacterSet.largest) }
        return CharacterSet(rest)
    }

    /// The ranges below 0x80.
    var asciiRanges: [ClosedRange<UInt8>] {
        ranges.filter { $0.lowerBound <= CharacterSet.ascii }
            .map { UInt8($0.lowerBound)...UInt8(min($0.upperBound, CharacterSet.ascii)) }
    }

    /// The ranges from 0x80 on.
    var otherRanges: [ClosedRange<UInt32>] {
        ranges.filter { $0.upperBound > CharacterSet.ascii }
            .map { max($0.lowerBound, CharacterSet.ascii + 1)...$0.upperBound }
    }

    /// Whether every scalar from 0x80 on is in the set.
    var holdsAllOthers: Bool { otherRanges == [CharacterSet.ascii + 1...CharacterSet.largest] }
}
