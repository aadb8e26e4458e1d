import Foundation
import PicketFeeds
import Testing

@testable import PicketEvents

/// The records that Picket writes about itself.
@Suite("Own records")
struct OwnRecordTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        var record: ControlRecord
        var line: String
        var testDescription: String { line }

        init(_ record: ControlRecord, _ line: String) {
            self.record = record
            self.line = #"{"received":"2026-11-18T11:27:03.120Z","feed":"picket","kind":""# + line + "}"
        }
    }

    private static let received: Int64 = 1_795_001_223_120

    static let golden: [Golden] = [
        Golden(.tick(TickRecord(received: received)), #"tick""#),
        Golden(
            .gap(
                GapRecord(
                    received: received, name: "broker", from: received - 60_000, to: received, cause: "queue full")),
            #"gap","name":"broker","from":"2026-11-18T11:26:03.120Z","to":"2026-11-18T11:27:03.120Z","cause":"queue full""#
        ),
        Golden(
            .profile(ProfileRecord(received: received, sha256: "ab12", profiles: ["a", "b"])),
            #"profile","sha256":"ab12","profiles":["a","b"]"#),
        Golden(
            .feed(
                FeedRecord(
                    received: received, name: "f.ndjson", state: .opened, mode: .replay, format: "ndjson",
                    lateness: 10_000)),
            #"feed","name":"f.ndjson","state":"opened","mode":"replay","format":"ndjson","lateness":10000"#),
        Golden(
            .feed(FeedRecord(received: received, name: "f \"1\"", state: .ended, mode: .live)),
            #"feed","name":"f \"1\"","state":"ended","mode":"live""#),
        Golden(
            .feed(
                FeedRecord(
                    received: received, name: "f", state: .position,
                    position: FeedRecord.Position(
                        path: "/var/log/m.log", inode: 77, offset: 1 << 40, head: "cd", headBytes: 256, context: "x\ty")
                )),
            #"feed","name":"f","state":"position","path":"/var/log/m.log","inode":77,"offset":1099511627776,"head":"cd","#
                + #""headBytes":256,"context":"x\ty""#),
    ]

    @Test("Records that detection must see again are written and read back", arguments: golden)
    func control(_ golden: Golden) {
        let line = golden.record.line()
        #expect(String(decoding: line, as: UTF8.self) == golden.line)
        #expect(ControlRecord(line: Data(line)) == golden.record)
    }

    @Test("A line of Picket's own goes through a batch unchanged, with its time")
    func throughABatch() throws {
        let lines =
            OwnRecordTests.golden.map(\.line) + [
                String(decoding: OwnRecordTests.violation.record(received: OwnRecordTests.received), as: UTF8.self)
            ]
        var decoder = NDJSONDecoder(trustedLog: ())
        let text = lines.joined(separator: "\n") + "\n"
        let batch = decoder.decode(Array(text.utf8), isLast: true, limit: .max).batch
        try #require(batch.count == lines.count)
        for row in lines.indices {
            #expect(batch.line(row, feeds: decoder.feeds) == lines[row])
            #expect(batch.head[row].kind.isPicketOwn)
        }
        #expect(batch.received[0] == OwnRecordTests.received)
        #expect(decoder.feeds == ["picket"])
    }

    private static let violation = Violation(
        time: received, event: .alarmCleared, id: "5f3a", profile: "thermostat", behavior: "flood",
        subjectKind: .device,
        subject: "t-7", metric: .messagesSent, value: 12, expected: "at most 120", window: "5m", severity: "high",
        evidence: .broker, count: 3, ended: (received - 2_000, received - 1_000, 140), why: "because")

    @Test("A violation has the keys of the documentation, in that order")
    func violations() {
        var violation = OwnRecordTests.violation
        let head =
            #"{"time":"2026-11-18T11:27:03.120Z","event":"alarm-cleared","id":"5f3a","profile":"thermostat","#
            + #""behavior":"flood","subject":"device","device":"t-7","metric":"num-messages-sent","value":12,"#
            + #""expected":"at most 120","window":"5m","severity":"high","evidence":"broker","count":3"#
        let ended = #","first":"2026-11-18T11:27:01.120Z","last":"2026-11-18T11:27:02.120Z","worst":140"#
        #expect(String(decoding: violation.json(), as: UTF8.self) == head + ended + #","why":"because"}"#)
        #expect(String(decoding: violation.json(why: false), as: UTF8.self) == head + ended + "}")
        violation.ended = nil
        violation.event = .inAlarm
        violation.value = nil
        violation.window = nil
        let short = head.replacing("alarm-cleared", with: "in-alarm").replacing(#""value":12,"#, with: "")
            .replacing(#""window":"5m","#, with: "")
        #expect(String(decoding: violation.json(why: false), as: UTF8.self) == short + "}")
    }
}
