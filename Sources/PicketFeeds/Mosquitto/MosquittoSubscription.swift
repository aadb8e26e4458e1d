/// Subscriptions: "CID Q FILTER" and, for the end of one, "CID FILTER". These two lines have no words of their own, so
/// a client id and a filter together can spell any other line of the log; a client id like "Client dev-1" and a filter
/// like "disconnected." do.
///
/// Three things tell them apart, the strongest first:
///
/// 1. With debug messages, the broker writes "Received SUBSCRIBE from CID" and, for each filter, a tab, the filter and
///    its QoS just before. The line is then known in advance, byte for byte (``expected``), and nothing it spells
///    counts.
/// 2. A connected client id: the longest that fits.
/// 3. Else the first word is the client id, if the line has the form of a subscription and of nothing else.
///
/// Source: eclipse-mosquitto `src/handle_subscribe.c`, `src/handle_unsubscribe.c`.
struct MosquittoSubscription: Sendable {
    /// What the debug log has announced.
    enum Announced: String, Sendable { case subscribe, unsubscribe }

    /// Whose packet is being handled: the client id of the last "Received SUBSCRIBE from …".
    private(set) var client: [UInt8] = []
    private(set) var announced: Announced?
    /// The next line of subscription, as announced; empty when there is none.
    private(set) var expected: [UInt8] = []
    /// Where the QoS stands in ``expected`` when the announcement was cut off before it.
    private var openQoS: Int?
    /// A filter was announced, and its line has not come.
    private(set) var isOwed = false

    /// "Received SUBSCRIBE from CID", "Received UNSUBSCRIBE from CID".
    mutating func begin(_ text: RawSpan, _ message: Range<Int>) {
        let isEnd = text.begins("Received UN", message)
        let start = message.lowerBound + (isEnd ? 26 : 24)
        announced = isEnd ? .unsubscribe : .subscribe
        client = text.copy(min(start, message.upperBound)..<message.upperBound)
        expected = []
        isOwed = false
    }

    /// The packet is answered, or another begins.
    mutating func end() {
        announced = nil
        client = []
        expected = []
        isOwed = false
    }

    /// A tab and a filter, with its QoS unless the line was cut off.
    mutating func announce(_ text: RawSpan, _ message: Range<Int>, isCut: Bool) {
        expected = []
        openQoS = nil
        guard let announced else { return }
        let filter = message.lowerBound + 1..<message.upperBound
        switch announced {
        case .subscribe:
            if filter.count > 8, text.ends(")", filter),
                text.holds(" (QoS ", at: filter.upperBound - 8, before: filter.upperBound)
            {
                expected = client + [0x20, text.byte(at: filter.upperBound - 2), 0x20]
                expected += text.copy(filter.lowerBound..<filter.upperBound - 8)
            } else if isCut {
                expected = client + [0x20, 0x30, 0x20] + text.copy(filter)
                openQoS = client.count + 1
            } else {
                return
            }
        case .unsubscribe:
            expected = client + [0x20] + text.copy(filter)
        }
        isOwed = true
    }

    /// Whether a message is the line that was announced, or as much of it as the broker's limit left.
    @inline(__always)
    func isExpected(_ text: RawSpan, _ message: Range<Int>, isCut: Bool) -> Bool {
        if expected.isEmpty { return false }
        if openQoS == nil && !isCut { return text.equals(expected, message) }
        return isExpectedCut(text, message)
    }

    private func isExpectedCut(_ text: RawSpan, _ message: Range<Int>) -> Bool {
        guard message.count <= expected.count, message.count > client.count + 3 else { return false }
        for offset in 0..<message.count where offset != openQoS {
            if text.byte(at: message.lowerBound + offset) != expected[offset] { return false }
        }
        return true
    }

    /// The announced line has come.
    mutating func fulfil() {
        expected = []
        openQoS = nil
        isOwed = false
    }

    /// One line of subscription, read.
    struct Reading {
        var client: Range<Int>
        /// Nil when a subscription ends.
        var qos: UInt8?
        var filter: Range<Int>
    }

    /// Reads the line that was announced.
    func readExpected(_ text: RawSpan, _ message: Range<Int>) -> Reading? {
        let end = message.lowerBound + client.count
        switch announced {
        case .subscribe:
            return Reading(
                client: message.lowerBound..<end, qos: text.byte(at: end + 1) &- 0x30,
                filter: end + 3..<message.upperBound)
        case .unsubscribe:
            return Reading(client: message.lowerBound..<end, qos: nil, filter: end + 1..<message.upperBound)
        case nil: return nil
        }
    }

    /// Reads a line that was not announced; nil when it is no subscription as far as is known.
    static func read(_ text: RawSpan, _ message: Range<Int>, sessions: MosquittoSessions) -> Reading? {
        var known: Reading?
        var index = message.lowerBound
        while let space = text.first(0x20, in: index..<message.upperBound) {
            index = space + 1
            guard space > message.lowerBound, index < message.upperBound else { continue }
            let client = message.lowerBound..<space
            guard sessions.find(text, client) != nil else { continue }
            if let qos = qosAfter(space, text, message) {
                known = Reading(client: client, qos: qos, filter: space + 3..<message.upperBound)
            } else {
                known = Reading(client: client, qos: nil, filter: index..<message.upperBound)
            }
        }
        if let known { return known }
        guard let space = text.first(0x20, in: message) else { return nil }
        let client = message.lowerBound..<space
        if let qos = qosAfter(space, text, message), !client.isEmpty {
            return Reading(client: client, qos: qos, filter: space + 3..<message.upperBound)
        }
        guard looksLikeUnsubscribe(text, message) else { return nil }
        return Reading(client: client, qos: nil, filter: space + 1..<message.upperBound)
    }

    /// `Q` in " Q FILTER" at `space`.
    private static func qosAfter(_ space: Int, _ text: RawSpan, _ message: Range<Int>) -> UInt8? {
        guard space + 3 < message.upperBound, text.byte(at: space + 2) == 0x20 else { return nil }
        let qos = text.byte(at: space + 1) &- 0x30
        return qos <= 2 ? qos : nil
    }

    /// Whether a line has the form of a subscription of someone.
    static func looksLikeSubscribe(_ text: RawSpan, _ message: Range<Int>) -> Bool {
        var index = message.lowerBound
        while let space = text.first(0x20, in: index..<message.upperBound) {
            if space > message.lowerBound, qosAfter(space, text, message) != nil { return true }
            index = space + 1
        }
        return false
    }

    /// Whether a line is two words, and the second one a filter beyond doubt.
    static func looksLikeUnsubscribe(_ text: RawSpan, _ message: Range<Int>) -> Bool {
        guard let space = text.first(0x20, in: message), space > message.lowerBound else { return false }
        let filter = space + 1..<message.upperBound
        guard !filter.isEmpty, text.first(0x20, in: filter) == nil else { return false }
        return text.first(0x2F, in: filter) != nil || text.equals("#", filter) || text.equals("+", filter)
    }
}

extension MosquittoSubscription {
    /// As a line of text, for ``FeedDecoder/context``; a client id holds no LF, or the log would not be lines.
    var line: String? {
        announced.map { "\($0.rawValue) \(Redaction.text(String(decoding: client, as: UTF8.self)))" }
    }

    /// Takes back ``line``.
    mutating func restore(line: some StringProtocol) {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, let announced = Announced(rawValue: String(words[0])) else { return }
        self.announced = announced
        client = Array(words[1].utf8)
    }
}
