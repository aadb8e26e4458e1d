import Foundation
import PicketFeeds
import Testing

@testable import PicketEvents

/// Whatever an event says, its line says the same and nothing else, and there is only one such line.
@Suite("Canonical line, at random")
struct CanonicalLineRandomTests {
    private static let feeds = ["broker-log", "b \"quoted\" \\ \n feed", "\u{202E}gnirts", ""]

    @Test("Decoding a line and writing it again gives its bytes, and the event's values", arguments: Dice.seeds)
    func identity(seed: UInt64) throws {
        var dice = Dice(state: seed)
        for round in 0..<60 {
            var sketches: [EventSketch] = []
            var batch = EventBatch(text: Array("what the events were read from".utf8))
            var feeds: [Int] = []
            for kind in EventKind.allCases where !kind.isPicketOwn {
                let sketch = CanonicalLineRandomTests.sketch(kind, &dice)
                feeds.append(Int.random(in: 0..<CanonicalLineRandomTests.feeds.count, using: &dice))
                // The order in which a decoder found the attributes must not show in the line.
                let keys = EventKey.allCases.shuffled(using: &dice)
                sketch.append(to: &batch, feed: FeedID(feeds[sketches.count]), keys: keys)
                sketches.append(sketch)
            }
            for (row, sketch) in sketches.enumerated() { batch.received[row] = sketch.received }
            let lines = sketches.indices.map { batch.line($0, feeds: CanonicalLineRandomTests.feeds) }
            let place = "PICKET_SEED=\(seed), round \(round)"

            var decoder = NDJSONDecoder(trustedLog: ())
            let text = Array((lines.joined(separator: "\n") + "\n").utf8)
            let read = decoder.decode(text, isLast: true, limit: .max).batch
            try #require(read.count == lines.count, "\(place)")
            for row in lines.indices {
                #expect(EventSketch(read, row) == sketches[row].asRead, "\(place): \(lines[row])")
                let again = read.line(row, feeds: decoder.feeds)
                let isSame = Array(again.utf8) == Array(lines[row].utf8)
                #expect(isSame, "\(place)\n\(lines[row])\n\(again)")
                let feed = decoder.feeds[Int(read.head[row].feed.index)]
                #expect(feed == CanonicalLineRandomTests.feeds[feeds[row]], "\(place): \(lines[row])")
                try CanonicalLineRandomTests.compareWithFoundation(lines[row], sketches[row], place)
            }
        }
    }

    /// Another reader of JSON must see in the line what the event says, and no line break or control character.
    private static func compareWithFoundation(_ line: String, _ sketch: EventSketch, _ place: String) throws {
        #expect(!line.utf8.contains { $0 < 0x20 }, "\(place): \(line)")
        // swift-corelibs-foundation takes U+FEFF for the mark of an encoding that it strips.
        guard !line.unicodeScalars.contains("\u{FEFF}") else { return }
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(place): \(line)")
        let texts = [
            "device": sketch.device, "client": sketch.isClientLeftOut ? nil : sketch.client, "user": sketch.user,
            "topic": sketch.topic,
            "address": sketch.address,
        ]
        for (key, text) in texts {
            let isSame = (object[key] as? String).map { Array($0.utf8) } == text.map { Array($0.utf8) }
            #expect(isSame, "\(place): \(key) of \(line)")
        }
        for (key, value) in sketch.attributes {
            guard case .text(let text) = value else { continue }
            let isSame = (object["\(key.name)"] as? String).map { Array($0.utf8) } == Array(text.utf8)
            #expect(isSame, "\(place): \(key) of \(line)")
        }
        #expect(object["kind"] as? String == "\(sketch.kind.name)", "\(place): \(line)")
        #expect(object["unknown"] as? [String] ?? [] == sketch.unknown, "\(place): \(line)")
    }

    /// An event of `kind` with any of the keys it may carry.
    private static func sketch(_ kind: EventKind, _ dice: inout Dice) -> EventSketch {
        var sketch = EventSketch(kind)
        func chance<Value>(_ make: (inout Dice) -> Value) -> Value? { dice.oneIn(2) ? make(&dice) : nil }
        func time(_ dice: inout Dice) -> Int64 {
            Int64.random(in: Limits.earliestTime..<Limits.latestTime, using: &dice)
        }
        func text(_ dice: inout Dice) -> String { HostileText.random(upTo: 8, &dice) }
        sketch.received = time(&dice)
        sketch.time = chance(time).flatMap { $0 == sketch.received ? nil : $0 }
        sketch.device = chance(text)
        sketch.client = dice.oneIn(3) ? sketch.device : chance(text)
        sketch.user = chance(text)
        sketch.identity = Identity.allCases.randomElement(using: &dice) ?? .claimed
        sketch.topic = chance(text)
        sketch.address = chance(text)
        sketch.bytes = chance { Int64.random(in: 0 ... .max, using: &$0) >> Int64.random(in: 0...63, using: &$0) }
        sketch.qos = chance { UInt8.random(in: 0...2, using: &$0) }
        sketch.retain = dice.oneIn(2)
        if kind == .disconnect { sketch.reason = Reason.disconnectReasons.randomElement(using: &dice) ?? .unknown }
        if kind == .connectFailed {
            sketch.reason = Reason.connectFailedReasons.randomElement(using: &dice) ?? .unknown
        }
        let columns: [EventKey] = [
            .device, .client, .user, .identity, .topic, .bytes, .qos, .retain, .address, .unknown,
        ]
        let hasReasonColumn = kind == .disconnect || kind == .connectFailed
        for key in EventKey.allCases where EventKey.allowed(in: kind) & 1 << UInt64(key.rawValue) != 0 {
            if columns.contains(key) || (key == .reason && hasReasonColumn) || dice.oneIn(3) { continue }
            sketch.attributes[key] = value(key, &dice)
        }
        sketch.unknown = (0..<Int.random(in: 0...3, using: &dice)).map { _ in text(&dice) }
        return sketch
    }

    private static func value(_ key: EventKey, _ dice: inout Dice) -> EventSketch.Value {
        func members(_ names: [String], _ dice: inout Dice) -> String {
            // At least one, in their order: a decoder drops an object of which nothing may be kept.
            let last = Int.random(in: 0..<names.count, using: &dice)
            let kept = names.enumerated().filter { $0.offset == last || dice.oneIn(2) }.map(\.element)
            let json = kept.map { name in
                let text =
                    dice.oneIn(2) ? RandomJSON.number(&dice) : RandomJSON.string(HostileText.random(upTo: 5, &dice))
                return "\"\(name)\":\(text)"
            }
            return "{" + json.joined(separator: ",") + "}"
        }
        switch key {
        case .tls: return .json(members(["version", "cipher"], &dice))
        case .certificate: return .json(members(["serial", "subject"], &dice))
        case .payload: return .json(members(["name", "bytes", "chunks", "location"], &dice))
        case .metrics: return .json(RandomJSON.object(depth: 2, &dice) { RandomJSON.value(depth: 3, &$0) })
        case .notes: return .json(#"["sampled"]"#)
        case .symptoms:
            // A decoder keeps names that are plain words, and writes `?` for all others.
            let names = ["stack", "?", "watchdog-resets", "heap_free"].shuffled(using: &dice).prefix(2)
            let members = names.map { "\"\($0)\":\(RandomJSON.number(&dice))" }
            return .json("{" + members.joined(separator: ",") + "}")
        case .value: return .json(RandomJSON.number(&dice))
        default: break
        }
        return switch key.form {
        case .text: .text(dice.oneIn(10) ? "https://host/object?redacted" : HostileText.random(upTo: 8, &dice))
        case .integer: .integer(Int64.random(in: 0 ... .max, using: &dice))
        default: .flag
        }
    }
}
