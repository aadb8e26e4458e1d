/// "New client connected from IP:PORT as CID (p2, c1, k60, u'USER').", without `, u'USER'` for an anonymous client.
///
/// The address stands before everything a client can choose. At the right end, the *last* ` (pN, cN, kN, u'` counts:
/// the client id is chosen freely, while the broker has checked the user name, so an imitation is one in the client id.
/// A broker that takes any user name (`allow_anonymous` without password file) can be made to log one that imitates an
/// end of the line; the user is then the imitated one, which its author could have claimed just as well.
struct MosquittoConnect {
    /// `IP:PORT`.
    var peer: Range<Int>
    var address: Range<Int>
    var port: Int
    var client: Range<Int>
    var user: Range<Int>?
    /// 3: MQTT 3.1 is 1 in the log, 3.1.1 is 2, 5 is 5 (`enum mosquitto__protocol_version`).
    var protocolVersion: Int
    var isClean: Bool
    var keepalive: Int

    init?(_ text: RawSpan, _ message: Range<Int>) {
        let from: StaticString = "New client connected from "
        let fromBridge: StaticString = "New bridge connected from "
        guard text.begins(from, message) || text.begins(fromBridge, message) else { return nil }
        let start = message.lowerBound + from.utf8CodeUnitCount
        guard let gap = text.first(0x20, in: start..<message.upperBound),
            text.holds(" as ", at: gap, before: message.upperBound),
            let peer = MosquittoPeer(text, start..<gap)
        else { return nil }
        self.peer = start..<gap
        address = peer.address
        port = peer.port
        let rest = gap + 4..<message.upperBound
        var end = rest.upperBound
        let isNamed = text.ends("').", rest)
        if isNamed { end -= 3 } else if text.ends(").", rest) { end -= 2 } else { return nil }
        var index = end
        while let open = text.last("(p", in: rest.lowerBound..<index) {
            index = open + 1
            guard open > rest.lowerBound, text.byte(at: open - 1) == 0x20,
                let parameters = Parameters(text, open, end, isNamed: isNamed)
            else { continue }
            client = rest.lowerBound..<open - 1
            user = isNamed && parameters.end < end ? parameters.end..<end : nil
            protocolVersion = parameters.version
            isClean = parameters.isClean
            keepalive = parameters.keepalive
            return
        }
        return nil
    }

    /// The version as MQTT's standards are called; nil for a number that is none.
    var protocolName: StaticString? {
        switch protocolVersion {
        case 1: "3.1"
        case 2: "3.1.1"
        case 5: "5"
        default: nil
        }
    }

    /// `(p2, c1, k60` with `, u'` after it, or nothing.
    private struct Parameters {
        var version = 0
        var isClean = false
        var keepalive = 0
        var end: Int

        init?(_ text: RawSpan, _ open: Int, _ end: Int, isNamed: Bool) {
            self.end = open
            var index = open + 2
            func number() -> Int? {
                let start = index
                while index < end, text.byte(at: index) &- 0x30 <= 9 { index += 1 }
                return text.number(start..<index)
            }
            func take(_ word: StaticString) -> Bool {
                guard text.holds(word, at: index, before: end) else { return false }
                index += word.utf8CodeUnitCount
                return true
            }
            guard let version = number(), take(", c"), let clean = number(), take(", k"), let keepalive = number(),
                isNamed ? take(", u'") : index == end
            else { return nil }
            self.version = version
            self.isClean = clean == 1
            self.keepalive = keepalive
            self.end = index
        }
    }

    /// "New connection from IP:PORT on port N.": what is needed of it.
    static func accept(_ text: RawSpan, _ message: Range<Int>) -> (peer: MosquittoPeer, listener: Range<Int>)? {
        let from: StaticString = "New connection from "
        guard text.begins(from, message), text.ends(".", message) else { return nil }
        let start = message.lowerBound + from.utf8CodeUnitCount
        guard let gap = text.first(0x20, in: start..<message.upperBound),
            text.holds(" on port ", at: gap, before: message.upperBound),
            text.isDigits(gap + 9..<message.upperBound - 1),
            let peer = MosquittoPeer(text, start..<gap)
        else { return nil }
        return (peer, gap + 9..<message.upperBound - 1)
    }
}

/// `IP:PORT`: the port stands after the last colon (IPv6 is written without brackets).
struct MosquittoPeer {
    var text: Range<Int>
    var address: Range<Int>
    var port: Int

    init?(_ text: RawSpan, _ range: Range<Int>) {
        guard let colon = text.last(0x3A, in: range), colon > range.lowerBound,
            let port = text.number(colon + 1..<range.upperBound)
        else { return nil }
        self.text = range
        address = range.lowerBound..<colon
        self.port = port
    }
}
