import Crypto
import PicketEvents

/// The traces of which pieces have come. Pieces are told apart by their numbers: a broker may send one again (QoS 1), and a
/// trace is complete when every number was there, in whatever order.
struct DevAlertTraces: Sendable {
    /// One trace.
    struct Trace: Sendable {
        var device = ""
        /// The topic of its alert.
        var place = ""
        var entry: Int64 = 0
        /// What was announced; nil when the announcement has not come.
        var name: String?
        var fileSize: Int64?
        /// What came.
        var bytes: Int64 = 0
        var pieces = DevAlertPieces()
        /// How many pieces there are; 0 before the first.
        var chunks: Int64 = 0
        /// When its newest piece came, in Unix milliseconds.
        var last: Int64 = 0
        /// It is complete, and remembered only for what a broker repeats.
        var isDone = false
    }

    /// By what names them (``key(_:_:)``).
    private var traces: [String: Trace] = [:]
    /// No trace is given up before.
    private var nextLook = Int64.max

    /// Traces that are remembered. A device sends one after the other; this is 256 devices that fail together.
    static let most = 256
    /// Bytes that what is remembered may have: it stands in a record of the log, which must not become too long.
    private static let mostBytes = 256 << 10
    /// The longest topic that is taken.
    static let topicBytes = 1_024
    /// How long a trace may rest before it is given up, in milliseconds. A device sends its pieces one after the other, and
    /// tries again within minutes.
    static let restsFor: Int64 = 10 * 60_000

    var isEmpty: Bool { traces.isEmpty }

    /// A name that tells nothing about the topic: what is remembered of a followed file goes into the log.
    private static func key(_ place: String, _ entry: UInt16) -> String {
        Hex.string(SHA256.hash(data: Array("\(place)/\(entry)".utf8)).prefix(12))
    }

    /// A trace is announced, with its name and size.
    mutating func announce(_ header: DevAlertTraceHeader, _ entry: DevAlertEntry, _ topic: DevAlertTopic, at now: Int64)
    {
        let key = DevAlertTraces.key(topic.place, entry.id)
        var trace = traces[key] ?? DevAlertTraces.begun(entry, topic)
        let name = Redaction.text(header.name)
        // Announced as something else: it is another one.
        if trace.fileSize != nil, trace.fileSize != header.bytes || trace.name != name {
            trace = DevAlertTraces.begun(entry, topic)
        }
        trace.name = name
        trace.fileSize = header.bytes
        keep(trace, key, now)
    }

    /// Takes a piece.
    ///
    /// - Returns: the trace, when this piece makes it complete; nil when some are missing, or it came before.
    /// - Throws: why these pieces are no trace.
    mutating func take(
        _ entry: DevAlertEntry, _ topic: DevAlertTopic, at now: Int64
    ) throws(RecordProblem) -> Trace? {
        let key = DevAlertTraces.key(topic.place, entry.id)
        var trace = traces[key] ?? DevAlertTraces.begun(entry, topic)
        guard trace.chunks == 0 || trace.chunks == Int64(entry.chunks) else {
            throw .notAnAlert("the pieces of one trace disagree about how many they are")
        }
        trace.chunks = Int64(entry.chunks)
        switch trace.pieces.insert(entry.chunk) {
        case .repeated: return nil
        case .new: break
        case .tooScattered:
            traces[key] = nil
            throw RecordProblem(.missingPiece, detail: "too many pieces between those that came are missing")
        }
        trace.bytes += Int64(entry.data.count)
        guard trace.pieces.count == Int(entry.chunks) else {
            keep(trace, key, now)
            return nil
        }
        trace.isDone = true
        keep(trace, key, now)
        guard trace.fileSize == nil || trace.fileSize == trace.bytes else {
            throw RecordProblem(.missingPiece, detail: "the trace has another size than was announced")
        }
        return trace
    }

    /// Gives up the traces that rest too long at `now`, and the oldest ones beyond those that can be remembered.
    ///
    /// - Returns: those that are not complete.
    mutating func abandoned(at now: Int64) -> [Trace] {
        var bytes = traces.values.reduce(0) { $0 + $1.weight }
        guard now >= nextLook || traces.count > DevAlertTraces.most || bytes > DevAlertTraces.mostBytes else {
            return []
        }
        let all = traces.sorted { ($0.value.last, $0.key) < ($1.value.last, $1.key) }
        var given: [Trace] = []
        for (key, trace) in all {
            let isTooMuch = traces.count > DevAlertTraces.most || bytes > DevAlertTraces.mostBytes
            guard isTooMuch || now - trace.last >= DevAlertTraces.restsFor else { break }
            traces[key] = nil
            bytes -= trace.weight
            if !trace.isDone { given.append(trace) }
        }
        nextLook = (traces.values.lazy.map(\.last).min() ?? .max - DevAlertTraces.restsFor) + DevAlertTraces.restsFor
        return given
    }

    private mutating func keep(_ trace: Trace, _ key: String, _ now: Int64) {
        var trace = trace
        // A recording may be out of order.
        trace.last = max(trace.last, now)
        traces[key] = trace
        nextLook = min(nextLook, trace.last + DevAlertTraces.restsFor)
    }

    private static func begun(_ entry: DevAlertEntry, _ topic: DevAlertTopic) -> Trace {
        Trace(device: Redaction.text(topic.device), place: Redaction.text(topic.place), entry: Int64(entry.id))
    }
}

extension DevAlertTraces.Trace {
    /// About how many bytes it takes to remember it.
    fileprivate var weight: Int {
        128 + device.utf8.count + place.utf8.count + (name?.utf8.count ?? 0) + 24 * pieces.runs.count
    }

    /// What is kept of it: name, size, pieces and place.
    var payload: JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        if let name { members.append(("name", .string(name))) }
        members += [("bytes", .integer(bytes)), ("chunks", .integer(Int64(pieces.count)))]
        if !isDone, chunks > 0 { members.append(("missing", .integer(chunks - Int64(pieces.count)))) }
        members.append(("location", .string("\(place)/payload\(entry)")))
        return .object(JSONObject(members))
    }
}

extension DevAlertTraces: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("traces", &traces)
        try coder.field("nextLook", &nextLook)
    }
}

extension DevAlertTraces.Trace: StateElement {
    static var blank: DevAlertTraces.Trace { DevAlertTraces.Trace() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("device", &device)
        try coder.field("place", &place)
        try coder.field("entry", &entry)
        try coder.field("name", &name)
        try coder.field("fileSize", &fileSize)
        try coder.field("bytes", &bytes)
        try coder.field("pieces", &pieces)
        try coder.field("chunks", &chunks)
        try coder.field("last", &last)
        try coder.field("isDone", &isDone)
    }
}
