import PicketEvents

/// Who is behind a client id: filled by "New client connected" lines, because all later lines carry the client id only.
///
/// It also tells known client ids from pieces of forged text (see ``MosquittoDecoder``).
struct MosquittoSessions: Sendable {
    /// Client ids, and distinct users and addresses, that are remembered. A Mosquitto on one machine serves fewer; when
    /// it is reached, those that left are forgotten, and if that is not enough the half that connected first: their
    /// events then carry the client id only, as they would after a start in the middle of a log.
    static let limit = 131_072

    /// What is known of a client.
    struct Session: Sendable {
        /// In ``words``; -1 without user name.
        fileprivate(set) var user: Int32 = -1
        /// In ``words``; -1 when unknown.
        fileprivate(set) var address: Int32 = -1
        /// The port of the device's end; 0 when unknown (a session learned from the log, which keeps no port).
        fileprivate(set) var port: Int32 = 0
        fileprivate(set) var isConnected = false
        /// Counts connects.
        fileprivate var order: UInt64 = 0
        /// The decoded block that the slices below belong to.
        fileprivate var block: UInt64 = 0
        fileprivate var userSlice = TextSlice.none
        fileprivate var addressSlice = TextSlice.none
    }

    private var clients = Interner()
    private var sessions: [Session] = []
    private var words = Interner()
    private var order: UInt64 = 0
    private var block: UInt64 = 0
    private let limit: Int

    init(limit: Int = MosquittoSessions.limit) { self.limit = limit }

    /// How many client ids are remembered.
    var count: Int { clients.count }

    /// A new block of text begins: no user or address stands in it yet.
    mutating func beginBlock() { block += 1 }

    /// The connected session of a client id.
    @inline(__always)
    func find(_ text: RawSpan, _ client: Range<Int>) -> Int? {
        guard let id = clients.find(text, client), sessions[id].isConnected else { return nil }
        return id
    }

    /// The last session of a client id, though it may have ended.
    func findAbsent(_ text: RawSpan, _ client: Range<Int>) -> Int? { clients.find(text, client) }

    /// A client has connected.
    mutating func connect(_ text: RawSpan, client: Range<Int>, user: Range<Int>?, address: Range<Int>?, port: Int) {
        if clients.count >= limit || words.count >= limit { shrink() }
        let id = clients.intern(text, client)
        if id == sessions.count { sessions.append(Session()) }
        order += 1
        sessions[id] = Session(
            user: user.map { Int32(words.intern(text, $0)) } ?? -1,
            address: address.map { Int32(words.intern(text, $0)) } ?? -1,
            port: Int32(truncatingIfNeeded: port), isConnected: true, order: order)
    }

    /// The session of a client that acts, and so is connected, whatever was read of its end: before it has let a client
    /// in, a broker with extended authentication writes the end of the attempt with the client id that was claimed.
    @inline(__always)
    mutating func findActing(_ text: RawSpan, _ client: Range<Int>) -> Int? {
        guard let id = clients.find(text, client) else { return nil }
        sessions[id].isConnected = true
        return id
    }

    /// A client has left.
    mutating func disconnect(_ id: Int) { sessions[id].isConnected = false }

    /// Whether the session's user is the one in `user`.
    func hasUser(_ id: Int, _ text: RawSpan, _ user: Range<Int>) -> Bool {
        guard sessions[id].user >= 0 else { return false }
        return words.find(text, user) == Int(sessions[id].user)
    }

    /// Whether the session came from this address, and this port as far as it is known.
    func cameFrom(_ id: Int, _ text: RawSpan, address: Range<Int>, port: Int) -> Bool {
        let session = sessions[id]
        guard session.address >= 0, words.find(text, address) == Int(session.address) else { return false }
        return session.port == 0 || Int(session.port) == port
    }

    /// User and address as text of `batch`: written once per block and session.
    @inline(__always)
    mutating func slices(_ id: Int, in batch: inout EventBatch) -> (user: TextSlice, address: TextSlice) {
        if sessions[id].block != block {
            sessions[id].block = block
            let session = sessions[id]
            sessions[id].userSlice =
                session.user < 0 ? .none : batch.appendText(words.bytes(Int(session.user)))
            sessions[id].addressSlice =
                session.address < 0 ? .none : batch.appendText(words.bytes(Int(session.address)))
        }
        return (sessions[id].userSlice, sessions[id].addressSlice)
    }

    /// Forgets who left, and the older half if that is not enough.
    private mutating func shrink() {
        var kept = sessions.indices.filter { sessions[$0].isConnected }
        kept.sort { sessions[$0].order < sessions[$1].order }
        if kept.count > limit / 2 { kept.removeFirst(kept.count - limit / 2) }
        let old = (clients: clients, sessions: sessions, words: words)
        clients = Interner()
        words = Interner()
        sessions = []
        for id in kept {
            var session = old.sessions[id]
            func word(_ index: Int32) -> Int32 {
                guard index >= 0 else { return -1 }
                let bytes = Array(old.words.bytes(Int(index)))
                return Int32(words.intern(bytes.span.bytes, 0..<bytes.count))
            }
            session.user = word(session.user)
            session.address = word(session.address)
            let bytes = Array(old.clients.bytes(id))
            _ = clients.intern(bytes.span.bytes, 0..<bytes.count)
            sessions.append(session)
        }
    }
}

extension MosquittoSessions: StateCoded {
    static let rebuilt = ["limit"]

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("clients", &clients)
        try coder.field("sessions", &sessions)
        try coder.field("words", &words)
        try coder.field("order", &order)
        try coder.field("block", &block)
        guard coder.isReading else { return }
        let known = -1..<Int32(clamping: words.count)
        guard sessions.count == clients.count,
            sessions.allSatisfy({ known.contains($0.user) && known.contains($0.address) })
        else { throw StateProblem("sessions of clients without a name") }
    }
}

extension MosquittoSessions.Session: StateElement {
    static var blank: MosquittoSessions.Session { MosquittoSessions.Session() }
    /// They lie in the text of one block.
    static let rebuilt = ["block", "userSlice", "addressSlice"]

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("user") { try MosquittoSessions.Session.code(&user, &$0) }
        try coder.field("address") { try MosquittoSessions.Session.code(&address, &$0) }
        try coder.field("port") { try MosquittoSessions.Session.code(&port, &$0) }
        try coder.field("isConnected", &isConnected)
        try coder.field("order", &order)
    }

    private static func code(_ number: inout Int32, _ coder: inout StateCoder) throws {
        var wide = Int64(number)
        try wide.code(&coder)
        guard let small = Int32(exactly: wide) else { throw StateProblem("\(wide) does not fit 32 bits") }
        number = small
    }
}
