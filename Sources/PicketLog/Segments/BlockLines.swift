import Glibc

/// The lines of a block's content.
struct BlockLines {
    private let content: [UInt8]

    init(_ content: [UInt8]) { self.content = content }

    /// Tells the range of every line without its LF; false when the last line has none, or a line is empty.
    func forEach(_ body: (Range<Int>) -> Void) -> Bool {
        content.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count, let base = bytes.baseAddress {
                guard let found = memchr(base + start, 0x0A, bytes.count - start) else { return false }
                let end = base.distance(to: UnsafeRawPointer(found))
                guard end > start else { return false }
                body(start..<end)
                start = end + 1
            }
            return true
        }
    }

    /// Where each of `count` lines begins, and last where the content ends; nil when there are not exactly so many whole
    /// lines. It keeps no more than it was asked for, whatever the content holds.
    func starts(count: Int) -> [Int]? {
        content.withUnsafeBytes { bytes in
            var starts: [Int] = []
            starts.reserveCapacity(min(count, bytes.count) + 1)
            var start = 0
            while start < bytes.count, starts.count < count, let base = bytes.baseAddress {
                guard let found = memchr(base + start, 0x0A, bytes.count - start) else { return nil }
                let end = base.distance(to: UnsafeRawPointer(found))
                guard end > start else { return nil }
                starts.append(start)
                start = end + 1
            }
            guard start == bytes.count, starts.count == count else { return nil }
            starts.append(start)
            return starts
        }
    }

    /// The leaves of all lines; none when the content is not whole lines.
    func leaves() -> [TreeHash] {
        var starts: [Int] = []
        guard forEach({ starts.append($0.lowerBound) }) else { return [] }
        return TreeHash.leaves(content, starts: starts + [content.count])
    }

    /// What the head of the block says of its records and is not so, if anything: their number, or their times. Whether
    /// they are the records that were written is for a verifier to find.
    func problem(with header: BlockHeader) -> String? {
        var times = LineTimes()
        var count = 0
        let areWhole = forEach { line in
            count += 1
            times.add(content, line)
        }
        guard areWhole, count == Int(header.count) else {
            return "a block holds another number of lines than its head names"
        }
        if let range = times.range, range != (header.earliest, header.latest) {
            return "the times in the head of a block are not those of its records"
        }
        return nil
    }

    /// Where line `row` begins; the end of the content when there are fewer.
    func offset(of row: Int) -> Int {
        var place = 0
        var offset = row == 0 ? 0 : content.count
        _ = forEach { line in
            place += 1
            if place == row { offset = line.upperBound + 1 }
        }
        return offset
    }
}
