/// The unit in which a disk writes: all of a sector or nothing of it. A sector that a crash kept from the disk reads as
/// zeros, because a write-ahead file only ever grows; etcd tells torn from damaged by the same sign.
enum Sector {
    /// Bytes. Disks with larger ones still write these whole.
    static let bytes = 512

    /// Zeros of a compressed block that tell something: its last four bytes, the length of the content, are not all zero,
    /// but the last three may be.
    static let telling = 4

    /// Whether the part of any sector that lies in `range` is all zeros. `origin` is the offset of `content[0]` in its
    /// file. No sound frame has such a part: its last eight bytes are never padding alone, and lines hold no zeros.
    ///
    /// - Parameter atLeast: shorter parts tell nothing.
    static func hasZeros(_ content: [UInt8], _ range: Range<Int>, origin: Int, atLeast: Int = 1) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, (start + origin) / bytes * bytes + bytes - origin)
            if end - start >= atLeast, content[start..<end].allSatisfy({ $0 == 0 }) { return true }
            start = end
        }
        return false
    }
}
