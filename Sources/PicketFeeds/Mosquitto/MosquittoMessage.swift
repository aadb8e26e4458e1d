/// A line about one message: "Received PUBLISH from CID (d0, q1, r0, m3, 'TOPIC', ... (145 bytes))" and its kin with
/// "Sending … to", "Denied … from", "Dropped too large … from"; 2.1's "Denied PUBLISH to CID (q0, r0, 'TOPIC', …".
///
/// The size is read from the right end, which the broker wrote. Client id and topic may both hold
/// ` (d0, q0, r0, m0, '`: see ``init(_:_:after:isCut:sessions:)``.
struct MosquittoMessage {
    var client: Range<Int>
    var topic: Range<Int>
    var qos: UInt8
    var retain: Bool
    /// Payload bytes; nil when the line was cut off before it.
    var bytes: Int?

    /// Whether the message line ends as all of them do.
    @inline(__always)
    static func isWhole(_ text: RawSpan, _ message: Range<Int>) -> Bool { tail(text, message) != nil }

    /// Where `', ... (N bytes))` begins, and N.
    @inline(__always)
    private static func tail(_ text: RawSpan, _ message: Range<Int>) -> (start: Int, bytes: Int)? {
        guard text.ends(" bytes))", message) else { return nil }
        let end = message.upperBound - 8
        var start = end
        while start > message.lowerBound, text.byte(at: start - 1) &- 0x30 <= 9 { start -= 1 }
        guard let bytes = text.number(start..<end), start - 8 >= message.lowerBound,
            text.holds("', ... (", at: start - 8, before: start)
        else { return nil }
        return (start - 8, bytes)
    }

    /// Reads the part of `message` after its first words.
    ///
    /// When the parameters stand there more than once, a client id or a topic imitates them. Then the longest candidate
    /// that is a connected client's id is right: an imitation in the id of another client is longer than the id it
    /// imitates, and an imitation in a topic follows the id of whoever sent it. If none is known, the last is taken, so
    /// that an id cannot give its messages to another client; a topic then can, until the first line that shows who is
    /// connected.
    ///
    /// - Parameters:
    ///   - after: how many bytes the first words take.
    ///   - isCut: the line may be cut off at the broker's limit, so that its end is missing.
    @inline(__always)
    init?(_ text: RawSpan, _ message: Range<Int>, after: Int, isCut: Bool, sessions: MosquittoSessions) {
        let start = message.lowerBound + after
        let end: Int
        if let tail = MosquittoMessage.tail(text, message) {
            end = tail.start
            bytes = tail.bytes
        } else if isCut {
            end = message.upperBound
        } else {
            return nil
        }
        guard start < end, let first = Parameters.find(text, from: start, before: end) else { return nil }
        var chosen = first
        if let second = Parameters.find(text, from: first.start + 1, before: end) {
            var known: Parameters?
            var next: Parameters? = first
            var last = second
            while let candidate = next {
                if sessions.find(text, start..<candidate.start) != nil { known = candidate }
                last = candidate
                next = Parameters.find(text, from: candidate.start + 1, before: end)
            }
            chosen = known ?? last
        }
        client = start..<chosen.start
        topic = chosen.end..<end
        qos = chosen.qos
        retain = chosen.retain
    }

    /// ` (d0, q1, r0, m3, '` or ` (q1, r0, '`.
    private struct Parameters {
        var start: Int
        var end: Int
        var qos: UInt8
        var retain: Bool

        @inline(__always)
        static func find(_ text: RawSpan, from start: Int, before end: Int) -> Parameters? {
            var index = start
            while let open = text.first(0x28, in: index..<end) {
                if open > start, text.byte(at: open - 1) == 0x20, let found = Parameters(text, open - 1, end) {
                    return found
                }
                index = open + 1
            }
            return nil
        }

        @inline(__always)
        init?(_ text: RawSpan, _ start: Int, _ end: Int) {
            // Long enough for the shorter form; every later access lies behind a check of its own.
            guard start + 12 <= end else { return nil }
            var index = start + 2
            let isLong = text.byte(at: index) == 0x64
            if isLong {
                guard text.byte(at: index + 1) & 0xFE == 0x30, text.holds(", ", at: index + 2, before: end) else {
                    return nil
                }
                index += 4
            }
            guard index + 8 < end, text.byte(at: index) == 0x71, text.byte(at: index + 1) &- 0x30 <= 2,
                text.holds(", r", at: index + 2, before: end), text.byte(at: index + 5) & 0xFE == 0x30,
                text.holds(", ", at: index + 6, before: end)
            else { return nil }
            qos = text.byte(at: index + 1) - 0x30
            retain = text.byte(at: index + 5) == 0x31
            index += 8
            if isLong {
                guard text.byte(at: index) == 0x6D else { return nil }
                index += 1
                let digits = index
                while index < end, text.byte(at: index) &- 0x30 <= 9 { index += 1 }
                guard index > digits, text.holds(", ", at: index, before: end) else { return nil }
                index += 2
            }
            guard index < end, text.byte(at: index) == 0x27 else { return nil }
            self.start = start
            self.end = index + 1
        }
    }
}
