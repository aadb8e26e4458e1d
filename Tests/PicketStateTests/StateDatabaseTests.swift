import Foundation
import PicketEvents
import PicketLog
import Testing

@testable import PicketState

/// The tables against the log they are made from.
@Suite("Tables from the log")
struct StateDatabaseTests {
    @Test
    func `tables that followed the log are those made from it at once`() throws {
        try withFolder { folder in
            let log = folder + "/log"
            let live = try StateDatabase(path: folder + "/state.db")
            let writer = try LogWriter(folder: log)
            for step in 0..<40 {
                try writer.append(buffer(step * 97..<(step + 1) * 97))
                if step % 3 == 0 { #expect(try live.catchUp(with: log) == UInt64((step + 1) * 97)) }
            }
            try writer.close()
            try live.catchUp(with: log)
            let once = try StateDatabase(path: nil)
            #expect(try once.catchUp(with: log) == 40 * 97)
            let dump = try live.dump()
            #expect(try once.dump() == dump)
            #expect(dump.contains { $0.hasPrefix("violation") } && dump.contains { $0.hasPrefix("device") })
            // Once more changes nothing.
            try live.catchUp(with: log)
            #expect(try live.dump() == dump)
        }
    }

    @Test
    func `tables that are made anew are the same file, also for those who have it open`() throws {
        try withFolder { folder in
            let log = folder + "/log"
            let file = folder + "/state.db"
            let writer = try LogWriter(folder: log)
            try writer.append(buffer(0..<5_000))
            let reader = try StateDatabase(path: file)
            try reader.catchUp(with: log)
            let dump = try reader.dump()
            let number = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
            #expect(try StateDatabase(path: file).rebuild(from: log) == 5_000)
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == number)
            #expect(try reader.dump() == dump)
            // What an open reader brings in, the others see.
            try writer.append(buffer(5_000..<5_100))
            #expect(try reader.catchUp(with: log) == 5_100)
            #expect(try StateDatabase(path: file).records() == 5_100)
            try writer.close()
        }
    }

    @Test
    func `of what retention deleted tables keep what they hold, and made anew they hold what the log says`() throws {
        try withFolder { folder in
            let log = folder + "/log"
            var options = LogOptions(origin: "example.test/state")
            options.shape = try #require(LogShape(blockLog2: 3, segmentLog2: 5, tileLog2: 2))
            options.signers = [try #require(NoteSigner(newFor: "example.test/state"))]
            options.sealing = .inline
            options.signAfter = .zero
            let writer = try LogWriter(folder: log, options: options)
            let live = try StateDatabase(path: folder + "/state.db")
            try writer.append(lines([violation(.inAlarm, at: 1)]))
            try writer.append(buffer(1..<200))
            try live.catchUp(with: log)
            let before = try live.dump()
            #expect(try writer.prune(before: .max, time: start + 10_000_000) != nil)
            try live.catchUp(with: log)
            let after = try live.dump()
            // The same rows, but for how far they reach.
            #expect(after.filter { !$0.hasPrefix("log ") } == before.filter { !$0.hasPrefix("log ") })
            let fresh = try StateDatabase(path: nil)
            try fresh.catchUp(with: log)
            #expect(try fresh.devices().map(\.name).allSatisfy { try live.device($0) != nil })
            #expect(try fresh.records() == live.records())
            try live.rebuild(from: log)
            #expect(try live.dump() == fresh.dump())
            #expect(try live.dump() != after)
            // From there on they are equal again.
            try writer.append(buffer(200..<260))
            try live.catchUp(with: log)
            try fresh.catchUp(with: log)
            let once = try StateDatabase(path: nil)
            try once.catchUp(with: log)
            #expect(try live.dump() == once.dump() && fresh.dump() == once.dump())
            try writer.close()
        }
    }

    @Test
    func `a violation ends, and keeps what a person said of it`() throws {
        try withFolder { folder in
            let log = folder + "/log"
            let writer = try LogWriter(folder: log)
            try writer.append(lines([violation(.inAlarm, at: 1), verify("false-positive")]))
            let tables = try StateDatabase(path: folder + "/state.db")
            try tables.catchUp(with: log)
            let open = try tables.violations(isOpen: true, device: "t-\"1\"")
            #expect(open.map(\.verification) == ["false-positive"] && open.first?.verifiedBy == "anna")
            try writer.append(lines([violation(.alarmCleared, at: 2)]))
            try tables.catchUp(with: log)
            #expect(try tables.violations(isOpen: true).isEmpty)
            let ended = try #require(try tables.violations(idPrefix: "abc").first)
            #expect(ended.state == "alarm-cleared" && ended.ended == start + 2_000 && ended.opened == start + 1_000)
            #expect(ended.verification == "false-positive" && ended.firstIndex == 0 && ended.lastIndex == 2)
        }
    }

    @Test
    func `a violation about a feed names the feed, and no key twice`() throws {
        let line = Violation(
            time: start, event: .inAlarm, id: "fee", profile: "p", behavior: "silent", subjectKind: .feed,
            subject: "broker-log", metric: .silence, value: 1_801, expected: "at most 30 min", window: nil,
            severity: "high", evidence: .broker, count: 1, ended: nil, why: "because"
        ).record(received: start)
        #expect(String(decoding: line, as: UTF8.self).ranges(of: "\"feed\":").count == 1)
        try withFolder { folder in
            let writer = try LogWriter(folder: folder + "/log")
            try writer.append(lines([line]))
            let tables = try StateDatabase(path: nil)
            try tables.catchUp(with: folder + "/log")
            let open = try tables.violations(isOpen: true)
            #expect(open.map(\.subject) == ["broker-log"] && open.map(\.behavior) == ["silent"])
        }
    }

    @Test
    func `tables of another log, and a file that is none, are made anew`() throws {
        try withFolder { folder in
            let file = folder + "/state.db"
            for name in ["first", "second"] {
                let writer = try LogWriter(folder: folder + "/" + name)
                try writer.append(buffer(name == "first" ? 0..<900 : 500..<700))
                try writer.close()
                try StateDatabase(path: file).catchUp(with: folder + "/" + name)
            }
            let fresh = try StateDatabase(path: nil)
            try fresh.catchUp(with: folder + "/second")
            #expect(try StateDatabase(path: file).dump() == fresh.dump())
            try FileManager.default.removeItem(atPath: file)
            try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: file))
            let replaced = try StateDatabase(path: file)
            try replaced.catchUp(with: folder + "/second")
            #expect(try replaced.dump() == fresh.dump())
            // Where no file can be, the answer is the same.
            let nowhere = try StateDatabase(path: folder + "/missing/state.db")
            try nowhere.catchUp(with: folder + "/second")
            #expect(try nowhere.dump() == fresh.dump())
        }
    }

    @Test
    func `a refused connection makes no device`() throws {
        try withFolder { folder in
            let writer = try LogWriter(folder: folder + "/log")
            let refused = #"{"received":"2026-11-18T11:27:03.120Z","feed":"f","kind":"connect-failed","device":"x"}"#
            try writer.append(lines([Array(refused.utf8)]))
            let tables = try StateDatabase(path: nil)
            #expect(try tables.catchUp(with: folder + "/log") == 1)
            #expect(try tables.device("x") == nil)
        }
    }

    @Test
    func `mitigations and positions stand as their newest records say`() throws {
        try withFolder { folder in
            let writer = try LogWriter(folder: folder + "/log")
            func own(_ kind: String, _ rest: String) -> [UInt8] {
                Array(#"{"received":"2026-11-18T11:27:03.120Z","feed":"picket","kind":"\#(kind)",\#(rest)}"#.utf8)
            }
            let position = #""name":"f","state":"position","path":"/a","inode":7,"offset":"#
            try writer.append(
                lines([
                    own("feed", #""name":"f","state":"opened","mode":"live","format":"ndjson""#),
                    own("feed", position + #"10,"head":"","headBytes":0"#),
                    own("mitigation", #""event":"intent","id":"m","device":"d","step":"revoke","state":"waiting""#),
                    own("operator", #""action":"approve","by":"anna","mitigation":"m""#),
                    own("mitigation", #""event":"fact","id":"m","device":"d","fact":"kicked","seen":"no""#),
                    own("mitigation", #""event":"fact","id":"m","device":"d","fact":"kicked","seen":"yes""#),
                    own("mitigation", #""event":"outcome","id":"m","device":"d","state":"done","note":"n""#),
                    own("feed", position + #"25,"head":"","headBytes":0"#),
                ]))
            let tables = try StateDatabase(path: nil)
            try tables.catchUp(with: folder + "/log")
            let rows = try tables.dump().joined(separator: "\n")
            #expect(rows.contains(#"state:"done""#), "\(rows)")
            #expect(rows.contains(#"decision:"approve" decidedBy:"anna""#), "\(rows)")
            #expect(rows.contains(#"fact:"kicked" seen:"yes""#) && !rows.contains(#"seen:"no""#), "\(rows)")
            #expect(rows.contains("offset:25") && !rows.contains("offset:10"), "\(rows)")
            #expect(try tables.mitigationCounts().map { "\($0.step) \($0.state) \($0.count)" } == ["revoke done 1"])
        }
    }

    // MARK: Lines

    private let start: Int64 = 1_795_000_000_000

    private func violation(_ event: Violation.Event, at second: Int64) -> [UInt8] {
        Violation(
            time: start + second * 1_000, event: event, id: "abc123", profile: "p", behavior: "b", subjectKind: .device,
            subject: "t-\"1\"", metric: .messagesSent, value: 3, expected: "at most 2", window: "1m", severity: "high",
            evidence: .broker, count: 1,
            ended: event == .inAlarm ? nil : (start + 1_000, start + 1_500, 3), why: "because"
        ).record(received: start + second * 1_000)
    }

    private func verify(_ state: String) -> [UInt8] {
        OperatorRecord(
            received: start, action: "verify", by: "anna",
            details: [.init("violation", "abc123"), .init("state", state)]
        ).line()
    }

    /// Events of a small fleet with a violation now and then.
    private func buffer(_ range: Range<Int>) -> RecordBuffer {
        lines(
            range.map { index in
                if index % 50 == 7 { return violation(index % 100 == 7 ? .inAlarm : .alarmCleared, at: Int64(index)) }
                if index % 50 == 9 { return verify("verdict-\(index)") }
                let time = Timestamp.format(start + Int64(index) * 10)
                let text =
                    #"{"received":"\#(time)","feed":"f","kind":"connect","device":"d-\#(index % 13)","#
                    + #""address":"10.0.0.\#(index % 7)"}"#
                return Array(text.utf8)
            })
    }

    private func lines(_ lines: [[UInt8]]) -> RecordBuffer {
        var buffer = RecordBuffer()
        for line in lines { buffer.append(line: line, time: start) }
        return buffer
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/picket-state-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        try body(path)
    }
}
