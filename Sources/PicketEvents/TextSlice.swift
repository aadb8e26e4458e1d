/// Where a piece of text lies in the bytes of its batch. Eight bytes, no reference, so that a batch can hold millions
/// of them without a single retain.
public struct TextSlice: Equatable, Sendable {
    /// The first byte in ``EventBatch/text``; ``TextSlice/none`` has the largest value.
    public var offset: UInt32
    /// The number of bytes.
    public var length: UInt32

    /// The text of `length` bytes from `offset` on.
    @inlinable @inline(__always)
    public init(offset: Int, length: Int) {
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.length = UInt32(truncatingIfNeeded: length)
    }

    /// The text in `range`.
    @inlinable @inline(__always)
    public init(_ range: Range<Int>) { self.init(offset: range.lowerBound, length: range.count) }

    /// No text at all, which is not the same as an empty one.
    @inlinable @inline(__always)
    public static var none: TextSlice { TextSlice(offset: Int(UInt32.max), length: 0) }

    /// Whether there is a text, possibly empty.
    @inlinable @inline(__always)
    public var isPresent: Bool { offset != UInt32.max }

    /// The bytes of the text as offsets; empty when there is none.
    @inlinable @inline(__always)
    public var range: Range<Int> {
        isPresent ? Int(offset)..<Int(offset) + Int(length) : 0..<0
    }
}
