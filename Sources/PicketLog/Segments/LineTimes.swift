import PicketEvents

/// The smallest and the largest `received` time of lines, from the 24 bytes every canonical line has it in. They sort as
/// bytes, so that only two of a block need to be understood.
struct LineTimes {
    /// The bytes of a time as three big-endian numbers.
    private struct Key: Comparable {
        var words: (UInt64, UInt64, UInt64)

        static func == (left: Key, right: Key) -> Bool { left.words == right.words }

        static func < (left: Key, right: Key) -> Bool { left.words < right.words }
    }

    /// `{"received":"`, then 24 bytes, then `"`.
    private static let head = Array("{\"received\":\"".utf8)
    private static let timeBytes = 24
    /// Where the rest of a line begins: the quote after its time.
    static let restOffset = head.count + timeBytes

    private var smallest: Key?
    private var largest: Key?
    private var areTimes = true

    /// Adds the line in `bytes[line]`.
    mutating func add(_ bytes: [UInt8], _ line: Range<Int>) {
        guard areTimes else { return }
        let start = line.lowerBound + LineTimes.head.count
        guard line.count > LineTimes.restOffset, bytes[line.lowerBound + LineTimes.restOffset] == 0x22,
            LineTimes.isHead(bytes, line.lowerBound)
        else {
            areTimes = false
            return
        }
        func word(_ offset: Int) -> UInt64 { LittleEndian.load(UInt64.self, bytes, at: start + offset).byteSwapped }
        let key = Key(words: (word(0), word(8), word(16)))
        if smallest.map({ key < $0 }) ?? true { smallest = key }
        if largest.map({ key > $0 }) ?? true { largest = key }
    }

    private static func isHead(_ bytes: [UInt8], _ start: Int) -> Bool {
        // `{"receiv` and, from the sixth byte, `eived":"`: thirteen bytes in two comparisons.
        LittleEndian.load(UInt64.self, bytes, at: start) == 0x7669_6563_6572_227B
            && LittleEndian.load(UInt64.self, bytes, at: start + 5) == 0x223A_2264_6576_6965
    }

    /// The two times in Unix ms; nil when a line had none, or they are not times.
    var range: (earliest: Int64, latest: Int64)? {
        guard areTimes, let smallest, let largest, let earliest = LineTimes.time(smallest),
            let latest = LineTimes.time(largest)
        else { return nil }
        return (earliest, latest)
    }

    private static func time(_ key: Key) -> Int64? {
        var text: [UInt8] = []
        for word in [key.words.0, key.words.1, key.words.2] { LittleEndian.append(word.byteSwapped, to: &text) }
        // Only the one spelling that the serializer writes: others would be times to some readers and not to others.
        guard let time = Timestamp.parse(text.span.bytes, 0..<text.count) else { return nil }
        var canonical: [UInt8] = []
        Timestamp.append(time, to: &canonical)
        return canonical == text ? time : nil
    }
}
