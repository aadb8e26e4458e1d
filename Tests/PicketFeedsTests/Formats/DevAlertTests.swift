import PicketEvents
import Testing

@testable import PicketFeeds

/// Messages of DevAlert, put together byte by byte as its library does.
@Suite struct DevAlertTests {
    private struct Message {
        var topic: String
        var payload: [UInt8]
    }

    private static func number<Number: FixedWidthInteger>(_ value: Number, big: Bool) -> [UInt8] {
        withUnsafeBytes(of: big ? value.bigEndian : value.littleEndian) { Array($0) }
    }

    private static func field(_ text: String, _ count: Int) -> [UInt8] {
        Array((Array(text.utf8) + [UInt8](repeating: 0, count: count)).prefix(count))
    }

    private static func entry(
        _ type: UInt16, id: UInt16 = 0, chunk: UInt16 = 1, of chunks: UInt16 = 1, device: String = "t-7", big: Bool,
        _ data: [UInt8]
    ) -> [UInt8] {
        var out: [UInt8] = [0xD1, 0xD2, 0xD3, 0xD4]
        for value in [0x0FF0, 1, type, id, chunk, chunks] { out += number(value, big: big) }
        out += number(UInt32(5), big: big)
        for size in [UInt16(16), 16, 16, 0] { out += number(size, big: big) }
        out += number(UInt32(data.count), big: big)
        out += field("s1", 16) + field(device, 16) + field("hunter2Q", 16) + data
        return out + [0xD4, 0xD3, 0xD2, 0xD1]
    }

    private static func alert(_ type: UInt32, big: Bool) -> [UInt8] {
        var out = Array("PDfm".utf8) + number(UInt16(0x0FF0), big: big) + [2, 16, 4, 2, 16, 0]
        out += number(UInt32(42), big: big) + number(type, big: big)
        for value in [UInt32(4), 217, 99, 7, 0, 0, 0, 0] { out += number(value, big: big) }
        return out + field("1.2.3", 16) + field("hunter2Q password", 16) + Array("mfDP".utf8)
            + number(UInt32(0), big: big)
    }

    private static func traceHeader(_ bytes: Int, big: Bool) -> [UInt8] {
        Array("PDaP".utf8) + number(UInt16(0x0FF0), big: big) + [3, 16] + number(UInt32(bytes), big: big)
            + field("dump.bin", 16) + Array("PaDP".utf8) + number(UInt32(0), big: big)
    }

    private static let place = "fleet/DevAlert/t-7/s1/5"

    /// An alert with a trace in `pieces` pieces of 100 bytes.
    private static func messages(pieces: UInt16, big: Bool = false) -> [Message] {
        var all = [
            Message(topic: "\(place)/1-1_da_header", payload: entry(0x1512, big: big, alert(8, big: big))),
            Message(
                topic: "\(place)/1-1_da_payload1_header",
                payload: entry(0x4618, id: 1, big: big, traceHeader(Int(pieces) * 100, big: big))),
        ]
        for piece in 1...pieces {
            let data = Array("hunter2Q".utf8) + [UInt8](repeating: 0, count: 92)
            all.append(
                Message(
                    topic: "\(place)/\(piece)_da_payload1",
                    payload: entry(0x8371, id: 1, chunk: piece, of: pieces, big: big, data)))
        }
        return all
    }

    private func lines(_ messages: [Message], reader: DevAlertReader = DevAlertReader(feed: FeedID(0))) -> [String] {
        var reader = reader
        var batch = EventBatch()
        for message in messages {
            let message = FeedMessage(topic: message.topic, payload: message.payload, time: 1_795_255_200_000)
            _ = reader.decode(message, feed: FeedID(0), into: &batch)
        }
        batch.sealTimes()
        return NDJSON.lines(batch)
    }

    @Test(arguments: [false, true])
    func `an alert keeps its header, and of its trace name, size, pieces and place`(big: Bool) {
        let start = #"{"received":"2026-11-21T10:00:00.000Z","feed":"f","kind":"alert","device":"t-7","#
        #expect(
            lines(DevAlertTests.messages(pieces: 3, big: big)) == [
                start
                    + #""alertType":"stack-check-failed","product":"42","firmware":"1.2.3","symptoms":{"99":7,"line":217}}"#,
                start
                    + #""alertType":"trace","payload":{"bytes":300,"chunks":3,"location":"fleet/DevAlert/t-7/s1/5/payload1","name":"dump.bin"}}"#,
            ])
    }

    /// The lines of a trace of which the pieces with these numbers come, in this order.
    private func trace(_ numbers: [Int], of pieces: UInt16 = 3) -> [String] {
        let all = DevAlertTests.messages(pieces: pieces)
        return lines([all[1]] + numbers.map { all[1 + $0] })
    }

    @Test(arguments: [[1, 2, 3], [1, 3, 2], [3, 2, 1], [1, 1, 2, 3], [1, 2, 2, 3, 3], [2, 3, 1, 1, 2, 3]])
    func `a trace is complete when all its pieces are there, in any order, and repeats count once`(numbers: [Int]) {
        let found = trace(numbers)
        #expect(found.count == 1)
        #expect(found.first?.contains(#""alertType":"trace","payload":{"bytes":300,"chunks":3,"#) == true, "\(found)")
    }

    @Test(arguments: [[1, 1, 3], [3], [2, 2, 2], [3, 1, 3, 1]])
    func `without a piece there is no trace`(numbers: [Int]) { #expect(trace(numbers) == []) }

    @Test func `a trace that rests is given up, once, and says what is missing`() {
        let all = DevAlertTests.messages(pieces: 3)
        var reader = DevAlertReader(feed: FeedID(0))
        func take(_ message: Message, _ seconds: Int64) -> [String] {
            var batch = EventBatch()
            let time = 1_795_255_200_000 + seconds * 1_000
            _ = reader.decode(
                FeedMessage(topic: message.topic, payload: message.payload, time: time), feed: FeedID(0), into: &batch)
            batch.sealTimes()
            return NDJSON.lines(batch)
        }
        for index in [1, 2, 4] { #expect(take(all[index], 0) == []) }
        #expect(take(all[0], 599).count == 1)
        let given = take(all[0], 600)
        #expect(given.count == 2)
        #expect(
            given.last?.contains(
                #""alertType":"trace-incomplete","payload":{"bytes":200,"chunks":2,"location":"fleet/DevAlert/t-7/s1/5/payload1","missing":1,"name":"dump.bin"}"#
            ) == true, "\(given)")
        #expect(take(all[0], 1_200).count == 1)
    }

    @Test func `of more traces than are remembered the oldest is given up`() {
        var messages: [Message] = []
        for number in 0...DevAlertTraces.most {
            let data = [UInt8](repeating: 0, count: 10)
            messages.append(
                Message(
                    topic: "DevAlert/t-\(number)/s1/5/1_da_payload1",
                    payload: DevAlertTests.entry(
                        0x8371, id: 1, chunk: 1, of: 2, device: "t-\(number)", big: false, data)))
        }
        let found = lines(messages)
        #expect(found.count == 1)
        #expect(found.first?.contains("trace-incomplete") == true)
    }

    @Test func `a reader that goes on in another process finds the same`() {
        let all = DevAlertTests.messages(pieces: 3)
        let order = [1, 2, 4, 4, 0, 3, 3]
        for cut in 0...order.count {
            var first = DevAlertReader(feed: FeedID(0))
            var batch = EventBatch()
            func take(_ index: Int, _ reader: inout DevAlertReader) {
                let message = FeedMessage(
                    topic: all[index].topic, payload: all[index].payload, time: 1_795_255_200_000)
                _ = reader.decode(message, feed: FeedID(0), into: &batch)
            }
            for index in order[..<cut] { take(index, &first) }
            var second = DevAlertReader(feed: FeedID(0))
            if let context = first.context {
                #expect(!context.contains("t-7"))
                second.restore(context: context)
            }
            for index in order[cut...] { take(index, &second) }
            batch.sealTimes()
            #expect(NDJSON.lines(batch).count == 2, "cut after \(cut)")
        }
    }

    @Test func `a trace of another size than announced, pieces that disagree and a checksum are rejected`() {
        let all = DevAlertTests.messages(pieces: 2)
        let header = Message(
            topic: all[1].topic,
            payload: DevAlertTests.entry(0x4618, id: 1, big: false, DevAlertTests.traceHeader(999, big: false)))
        #expect(lines([header, all[2], all[3]]).first?.contains(#""reason":"missing-piece""#) == true)
        let other = DevAlertTests.messages(pieces: 3)[2]
        #expect(lines([all[2], other]).first?.contains(#""reason":"invalid-alert""#) == true)
        var alert = DevAlertTests.alert(8, big: false)
        alert[alert.count - 1] = 1
        let marked = Message(topic: all[0].topic, payload: DevAlertTests.entry(0x1512, big: false, alert))
        #expect(lines([marked]).first?.contains(#""reason":"invalid-alert""#) == true)
    }

    @Test(arguments: RandomSeeds.all)
    func `pieces in runs are those of a set`(seed: UInt64) {
        var dice = Dice(state: seed)
        var pieces = DevAlertPieces()
        var set: Set<UInt16> = []
        for _ in 0..<400 {
            let number = UInt16.random(in: 1...90, using: &dice)
            let isNew = pieces.insert(number) == .new
            #expect(isNew == set.insert(number).inserted, "seed \(seed)")
            #expect(pieces.count == set.count, "seed \(seed)")
        }
        #expect(pieces.insert(.max) == .new && pieces.insert(.max) == .repeated)
        #expect(pieces.insert(0) == .new)
    }

    @Test func `nobody raises an alert for another`() {
        let entry = DevAlertTests.entry(0x1512, device: "t-8", big: false, DevAlertTests.alert(8, big: false))
        let foreign = lines([Message(topic: "\(DevAlertTests.place)/1-1_da_header", payload: entry)])
        #expect(foreign.first?.contains(#""reason":"identity-mismatch""#) == true)
        var options = DefenderReportReader.Options()
        options.isKnown = { $0 == "t-8" }
        let unknown = lines(
            Array(DevAlertTests.messages(pieces: 1).prefix(1)),
            reader: DevAlertReader(feed: FeedID(0), options: options))
        #expect(unknown.first?.contains(#""reason":"unknown-device""#) == true)
    }

    @Test(arguments: RandomSeeds.all)
    func `any bytes are one event or rejection at most, and give nothing away`(seed: UInt64) {
        print("seed \(seed)")
        var dice = Dice(state: seed)
        let samples = DevAlertTests.messages(pieces: 2)
        var reader = DevAlertReader(feed: FeedID(0))
        for _ in 0..<4_000 {
            var message = samples[Int.random(in: 0..<samples.count, using: &dice)]
            for _ in 0..<Int.random(in: 0...3, using: &dice) {
                let at = Int.random(in: 0..<message.payload.count, using: &dice)
                message.payload[at] = UInt8.random(in: 0...255, using: &dice)
            }
            if dice.next() % 3 == 0 {
                message.payload.removeLast(Int.random(in: 0..<message.payload.count, using: &dice))
            }
            var batch = EventBatch()
            let sent = FeedMessage(topic: message.topic, payload: message.payload)
            _ = reader.decode(sent, feed: FeedID(0), into: &batch)
            batch.sealTimes()
            let found = NDJSON.lines(batch)
            #expect(found.count <= 1, "seed \(seed)")
            #expect(!found.contains { $0.contains("hunter2Q") }, "seed \(seed)")
        }
    }
}
