import Crypto
import PicketEvents

@testable import PicketFeeds

/// Ways to look at what a decoder made of a text.
enum NDJSON {
    /// The events of `text` as canonical lines of a feed called `f`. Until a sequencer says otherwise, an event was
    /// received at its own time, so that `received` is the time that the line gave.
    static func lines(_ text: some Sequence<UInt8>, limit: Int = .max) -> [String] {
        var decoder = NDJSONDecoder(feed: FeedID(0))
        return lines(decoder.decode(Array(text), isLast: true, limit: limit).batch)
    }

    static func lines(_ text: String) -> [String] { lines(Array(text.utf8)) }

    /// The canonical lines of a batch. A rejected line has no time before a sequencer gives it one: what it claimed
    /// serves only to judge the lines before it, and is not shown here.
    static func lines(_ batch: EventBatch) -> [String] {
        var batch = batch
        for row in 0..<batch.count where batch.head[row].kind == .rejected { batch.received[row] = 0 }
        var writer = CanonicalLine()
        writer.setName("f", of: FeedID(0))
        return (0..<batch.count).map { row in
            var out: [UInt8] = []
            writer.append(row, of: batch, to: &out)
            return String(decoding: out, as: UTF8.self)
        }
    }

    /// A time that every line may have, as it is written and as `received` shows it.
    static let time = "2026-11-18T11:27:03.120Z"

    /// The canonical line of an event at ``time``.
    static func line(_ kind: String, _ rest: String = "") -> String {
        #"{"received":"\#(time)","feed":"f","kind":"\#(kind)"\#(rest.isEmpty ? "" : ",")\#(rest)}"#
    }

    /// The canonical line of the rejected `input`.
    static func rejected(_ reason: RejectionReason, _ input: some Collection<UInt8>) -> String {
        let hash = Hex.string(SHA256.hash(data: Array(input)))
        return #"{"received":"1970-01-01T00:00:00.000Z","feed":"f","kind":"rejected","reason":"\#(reason.rawValue)","#
            + #""bytes":\#(input.count),"sha256":"\#(hash)"}"#
    }
}
