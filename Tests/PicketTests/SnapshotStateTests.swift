import Foundation
import PicketEvents
import PicketFeeds
import PicketLog
import PicketMitigation
import Testing

@testable import PicketService

/// What a snapshot holds, without a daemon around it.
@Suite("Snapshot states", .serialized, .waits)
struct SnapshotStateTests {
    /// A log of the random feeds that the reference is compared with, with the profiles that it names.
    private static func logs(_ count: Int, seed: UInt64, in folder: ProductFolder) throws -> [String] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Reference/make_cases.py").path
        let made = try ProductProgram.run(
            ["python3", script, "--random", "\(count)", "--seed", "\(seed)", "--to", folder.file("cases")],
            executable: "/usr/bin/env", in: folder)
        try #require(made.end == .code(0), "\(made.words)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.file("cases")).sorted().map { name in
            let inputs = ["feed.ndjson", "feed-a.ndjson", "feed-b.ndjson"].map { "cases/\(name)/\($0)" }
                .filter { FileManager.default.fileExists(atPath: folder.file($0)) }
            let run = try ProductProgram.run(
                ["replay"] + inputs + ["--profile", "cases/\(name)/profile.yaml", "--write-log", "log-\(name)"],
                in: folder)
            try #require(run.end == .code(0), "\(run.words)")
            return folder.file("log-\(name)")
        }
    }

    @Test(
        "written at any records and taken up again, a start knows the same",
        .enabled(if: Places.hasPython, "python3 is not installed"), arguments: [ReferenceTests.seed])
    func anywhere(seed: UInt64) async throws {
        try await onThread {
            let folder = try ProductFolder()
            var dice = Dice(state: seed)
            var violations = 0
            for log in try Self.logs(12, seed: seed, in: folder) {
                var whole = Startup(feeds: [])
                try whole.read(folder: log)
                violations += whole.open.count
                let expected = try Snapshot.write(whole, folder: log)
                var startup = Startup(feeds: [])
                var position: UInt64 = 0
                while position < whole.position {
                    position = min(whole.position, position + 1 + UInt64(dice.below(60)))
                    try startup.read(folder: log, below: position)
                    #expect(startup.position == position)
                    let bytes = try Snapshot.write(startup, folder: log)
                    startup = try Snapshot.read(bytes, feeds: [], folder: log)
                }
                #expect(try Snapshot.write(startup, folder: log) == expected, "PICKET_SEED=\(seed), \(log)")
                #expect(startup.outbox.order == whole.outbox.order)
            }
            #expect(violations > 0, "PICKET_SEED=\(seed)")
        }
    }

    @Test("while records come, a snapshot follows them, and two are kept")
    func follows() async throws {
        // Only one thread at a time has it.
        nonisolated(unsafe) let folder = try ProductFolder()
        let log = folder.file("log")
        try await onThread {
            try folder.write("feed.ndjson", (0..<400).map { RunSite.publish("d-\($0 % 7)", $0) }.joined())
            try folder.write("profile.yaml", RunSite.flood)
            let run = try ProductProgram.run(
                ["replay", "feed.ndjson", "--profile", "profile.yaml", "--write-log", "log"], in: folder)
            try #require(run.end == .code(0), "\(run.words)")
        }
        let place = SnapshotFolder(data: folder.path)
        var snapshots = Snapshots(folder: place, log: log, feeds: [], say: { Issue.record("\($0)") })
        snapshots.rhythm = Snapshots.Rhythm(every: .seconds(3_600), records: 100, look: .milliseconds(5))
        let ends: [UInt64] = [40, 141, 150, 250, 350]
        let looks = Looks(ends)
        let task = Task { [snapshots] in await snapshots.run { await looks.next() } }
        let deadline = ContinuousClock.now + ProductProgram.patience
        while try place.all().first?.records != 350, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        task.cancel()
        await task.value
        #expect(try place.all().map(\.records) == [350, 250])
        let restored = try place.restore(feeds: [], log: log) { Issue.record("\($0)") }
        #expect(restored?.position == 350)
    }

    /// Gives the numbers of records, one for each look.
    private actor Looks {
        private var ends: [UInt64]
        init(_ ends: [UInt64]) { self.ends = ends }
        func next() -> UInt64 { ends.count > 1 ? ends.removeFirst() : ends[0] }
    }

    /// As for detection: a property that is in neither list would be lost at every start.
    private func check(_ value: some StateCoded) throws {
        var value = value
        let named = try StateCoder.names(of: &value)
        let rebuilt = type(of: value).rebuilt
        #expect(Set(named).isDisjoint(with: rebuilt), "\(type(of: value))")
        let labels = Mirror(reflecting: value).children.compactMap(\.label)
        #expect(Set(labels) == Set(named + rebuilt), "\(type(of: value))")
    }

    @Test("every stored property is part of the state or is made anew")
    func properties() throws {
        try check(Startup(feeds: []))
        try check(LogReplay())
        try check(NDJSONDecoder(trustedLog: ()))
        try check(Outbox())
        try check(Intent.blank)
        try check(FeedRecord.blank)
        try check(FeedRecord.Position.blank)
        try check(Violation.blank)
    }

    @Test("an outbox and a violation come back as they were")
    func values() throws {
        var outbox = Outbox()
        var intent = Intent.blank
        intent.id = "i-1"
        intent.device = "d-1"
        intent.violation = "v-1"
        intent.playbook = "contain"
        intent.approvers = 2
        intent.then = .waiting
        intent.serial = "4A0F"
        outbox.apply(.intent(intent), received: 5)
        outbox.apply(operator: "approve", mitigation: "i-1", by: "anna", received: 6)
        var second = intent
        second.id = "i-2"
        second.state = .running
        outbox.apply(.intent(second), received: 7)
        outbox.apply(.outcome(id: "i-2", device: "d-1", state: .failed, note: "no"), received: 8)
        outbox.apply(operator: "stop", mitigation: nil, received: 9)
        var writer = StateCoder()
        try outbox.code(&writer)
        var read = Outbox()
        var reader = StateCoder(reading: writer.written)
        try read.code(&reader)
        try reader.finish()
        #expect(read.intents == outbox.intents && read.order == ["i-1", "i-2"] && read.isHeld)
        #expect(read.intents["i-1"]?.approvedBy == ["anna"])

        let customs = CustomMetric.MetricType.allCases.map { Metric.custom(CustomMetric(name: "c", type: $0)) }
        for metric in Metric.allCases + customs {
            var violation = Violation.blank
            violation.metric = metric
            violation.event = .alarmCleared
            violation.text = "x"
            violation.identity = .password
            violation.ended = (1, 2, -3)
            var writer = StateCoder()
            try violation.code(&writer)
            var back = Violation.blank
            var reader = StateCoder(reading: writer.written)
            try back.code(&reader)
            #expect(back == violation && back.metric == metric)
        }
    }
}
