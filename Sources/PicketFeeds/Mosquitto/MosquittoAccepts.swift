/// Connections that were accepted and not yet heard of again.
///
/// A refused connection is logged by Mosquitto 2.0 without its address ("Client <unknown> disconnected, not
/// authorised."); only an earlier "New connection from IP:PORT on port N." has it. This list joins the two, where it is
/// certain enough:
///
/// 1. a refusing CONNACK in the debug log, just before, names the address;
/// 2. or all connections that wait come from one address;
/// 3. or all that were accepted within ``fresh`` do: a connection held open in silence must not hide who is refused.
///
/// Otherwise the event carries no address. Version 2.1 writes the address itself.
struct MosquittoAccepts: Sendable {
    /// Connections remembered; Mosquitto's own backlog of accepted sockets without CONNECT is rarely above ten.
    static let limit = 64
    /// A refusal follows its connection at once; a second of the log's resolution, and one for a slow handshake.
    static let fresh: Int64 = 2_000
    /// Mosquitto closes a connection without CONNECT after 1.5 times the default keepalive of 60 s.
    static let forgotten: Int64 = 90_000

    /// What the OpenSSL lines before a failed handshake said.
    enum Handshake: UInt8, Sendable { case none, other, certificate }

    struct Accept: Sendable, Equatable {
        /// `IP:PORT` as logged.
        var peer: [UInt8]
        /// Bytes of the address in ``peer``.
        var addressCount: Int
        /// The broker's port, as text.
        var listener: [UInt8]
        /// Unix milliseconds; nil in a log without times.
        var time: Int64?

        var address: ArraySlice<UInt8> { peer[..<addressCount] }
    }

    private(set) var waiting: [Accept] = []
    /// Of the handshake that fails next.
    var handshake = Handshake.none
    /// A CONNACK that refuses; the line about the connection's end is next.
    private(set) var refusal: (address: [UInt8], code: Int)?

    /// The code of the refusing CONNACK.
    var lastCode: Int? { refusal?.code }

    /// Whether there is nothing to remember.
    var isEmpty: Bool { waiting.isEmpty && handshake == .none && refusal == nil }

    /// A connection was accepted.
    mutating func accept(_ accept: Accept) {
        if let time = accept.time {
            waiting.removeAll { $0.time.map { $0 < time - MosquittoAccepts.forgotten } ?? false }
        }
        if waiting.count == MosquittoAccepts.limit { waiting.removeFirst() }
        waiting.append(accept)
    }

    /// A CONNACK refused the connection from `address`.
    mutating func refuse(_ text: RawSpan, _ address: Range<Int>, _ code: Int) { refusal = (text.copy(address), code) }

    /// What was said just before has found its line.
    mutating func settle() {
        handshake = .none
        refusal = nil
    }

    /// The connection from `peer` was heard of: forgets and returns it.
    mutating func take(_ text: RawSpan, peer: Range<Int>) -> Accept? {
        guard let index = waiting.lastIndex(where: { text.equals($0.peer, peer) }) else { return nil }
        return waiting.remove(at: index)
    }

    /// A connection from `address` was heard of, the port unknown.
    mutating func take(_ text: RawSpan, address: Range<Int>) -> Accept? {
        guard
            let index = waiting.lastIndex(where: {
                $0.addressCount == address.count && text.holds(Array($0.address), at: address.lowerBound)
            })
        else { return nil }
        return waiting.remove(at: index)
    }

    /// The connection that a refusal at `time` ends, if it is certain enough whose it is.
    ///
    /// - Parameters:
    ///   - isUnnamed: the refusal says "<unknown>". Only then does the CONNACK before it hold an address; else it holds
    ///     the client id, which may look like one (2.0.14 and later).
    ///   - waited: it ended because nothing came, so it is an old one.
    mutating func takeRefused(at time: Int64?, isUnnamed: Bool, waited: Bool) -> Accept? {
        var candidates = Array(waiting.indices)
        if isUnnamed, let refusal, MosquittoAccepts.isAddress(refusal.address) {
            candidates = candidates.filter { waiting[$0].address.elementsEqual(refusal.address) }
            if candidates.isEmpty {
                return Accept(
                    peer: refusal.address, addressCount: refusal.address.count, listener: [], time: nil)
            }
        }
        if !agree(candidates), !waited, let time {
            candidates = candidates.filter { waiting[$0].time.map { $0 >= time - MosquittoAccepts.fresh } ?? false }
        }
        guard agree(candidates), let index = waited ? candidates.first : candidates.last else { return nil }
        return waiting.remove(at: index)
    }

    private static func isAddress(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 &- 0x30 <= 9 || ($0 | 0x20) &- 0x61 <= 5 || $0 == 0x2E || $0 == 0x3A }
            && bytes.contains { $0 == 0x2E || $0 == 0x3A }
    }

    private func agree(_ candidates: [Int]) -> Bool {
        guard let first = candidates.first else { return false }
        return candidates.allSatisfy { waiting[$0].address == waiting[first].address }
    }
}

extension MosquittoAccepts {
    /// As lines of text, for ``FeedDecoder/context``. Addresses are Mosquitto's own output; there is no LF in them.
    var lines: [String] {
        var lines = waiting.map { accept in
            let peer = String(decoding: accept.peer, as: UTF8.self)
            let listener = String(decoding: accept.listener, as: UTF8.self)
            return "accept \(accept.time.map(String.init) ?? "-") \(listener.isEmpty ? "-" : listener) \(peer)"
        }
        if handshake != .none { lines.append("handshake \(handshake.rawValue)") }
        if let refusal { lines.append("refusal \(refusal.code) \(String(decoding: refusal.address, as: UTF8.self))") }
        return lines
    }

    /// Takes back one of ``lines``; others are ignored.
    mutating func restore(line: some StringProtocol) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        switch (words.first, words.count) {
        case ("accept", 4):
            let peer = Array(words[3].utf8)
            guard let colon = peer.lastIndex(of: 0x3A), waiting.count < MosquittoAccepts.limit else { return }
            waiting.append(
                Accept(
                    peer: peer, addressCount: colon, listener: words[2] == "-" ? [] : Array(words[2].utf8),
                    time: Int64(words[1])))
        case ("handshake", 2): handshake = UInt8(words[1]).flatMap(Handshake.init) ?? .none
        case ("refusal", 3): refusal = Int(words[1]).map { (Array(words[2].utf8), $0) }
        default: return
        }
    }
}
