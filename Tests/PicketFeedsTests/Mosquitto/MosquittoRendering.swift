import PicketEvents
import PicketFeeds

/// A Mosquitto log decoded for a test: each event as its canonical line without `received`, `feed` and `time`, and with
/// the client id also where the line leaves it out because it is the device's name.
struct MosquittoRendering {
    var decoder = MosquittoDecoder(feed: FeedID(0))
    var events: [String] = []
    var times: [Int64?] = []

    /// Decodes a whole text at once.
    init(_ log: String, identity: MosquittoDecoder.IdentityRule = .password) {
        decoder = MosquittoDecoder(feed: FeedID(0), identity: identity)
        add(Array(log.utf8))
    }

    init(_ decoder: MosquittoDecoder) { self.decoder = decoder }

    /// Decodes more bytes, `limit` events at a time.
    mutating func add(_ bytes: [UInt8], limit: Int = 8_192) {
        var rest = bytes
        while !rest.isEmpty {
            let decoded = decoder.decode(rest, isLast: true, limit: limit)
            if decoded.consumed == 0 { break }
            add(decoded.batch)
            rest.removeFirst(decoded.consumed)
        }
    }

    mutating func add(_ batch: EventBatch) {
        for row in 0..<batch.count {
            events.append(MosquittoRendering.line(batch, row))
            times.append(batch.head[row].flags.contains(.hasTime) ? batch.time[row] : nil)
        }
    }

    /// One event.
    static func line(_ batch: EventBatch, _ row: Int) -> String {
        var batch = batch
        batch.received[row] = batch.time[row]
        var serializer = CanonicalLine()
        serializer.setName("m", of: FeedID(0))
        var out: [UInt8] = []
        serializer.append(row, of: batch, to: &out)
        // {"received":"2026-11-21T05:07:32.000Z","feed":"m",
        let line = "{" + String(decoding: out.dropFirst(50), as: UTF8.self)
        guard batch.isClientNamedLikeDevice(row), let name = batch.string(batch.names[row].device) else { return line }
        var json: [UInt8] = []
        CanonicalJSON.appendString(name, to: &json)
        let text = String(decoding: json, as: UTF8.self)
        return line.replacing(#""device":\#(text)"#, with: #""device":\#(text),"client":\#(text)"#, maxReplacements: 1)
    }
}
