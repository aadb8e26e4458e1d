import Foundation
import PicketEvents
import PicketProfiles
import Testing

@testable import PicketLog
@testable import PicketService

/// `replay --against`: each difference has its cause. That a log agrees with its own replay is in ``ReplaySelectionTests``.
@Suite struct ReplayDifferenceTests {
    private static func line(_ time: String, _ keys: String) -> String {
        "{\"time\":\"2026-11-18T\(time).000Z\",\(keys)}\n"
    }

    private static func publish(_ time: String, _ device: String) -> String {
        line(time, "\"kind\":\"publish\",\"device\":\"\(device)\",\"topic\":\"t\"")
    }

    private func differences(_ folder: TemporaryFolder, _ arguments: [String]) async throws -> [[String: Any]] {
        let run = try await Binary.run(
            ["replay"] + arguments + ["--against", "log", "--output", "json"], in: folder.path)
        #expect(run.exitCode == (run.lines.count > 1 ? 1 : 0), "\(run.stderr)")
        return try run.lines.dropLast().map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private func makeLog(
        _ folder: TemporaryFolder, _ feed: String, _ profile: String, more: [String] = []
    ) async throws {
        try folder.write("feed.ndjson", feed)
        try folder.write("p.yaml", profile)
        let made = try await Binary.run(
            ["replay", "feed.ndjson", "--profile", "p.yaml", "--write-log", "log", "--output", "json"] + more,
            in: folder.path)
        try #require(made.exitCode == 0, "\(made.stderr)")
    }

    @Test func `events that came too late to count are named, with their first record`() async throws {
        let folder = try TemporaryFolder()
        let early = (0..<3).map { Self.publish("10:00:0\($0)", "d-1") }
        let late = (0..<3).map { Self.publish("10:00:3\($0)", "d-1") }
        let others = (6..<20).map { Self.publish(String(format: "10:%02d:00", $0), "d-2") }
        let profile = """
            profile: site
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 5m }]

            """
        // As it arrived: three messages came when their window was long past.
        try await makeLog(folder, (early + others.prefix(1) + late + others.dropFirst()).joined(), profile)
        // As it happened.
        try folder.write("sorted.ndjson", (early + late + others).joined())
        let found = try await differences(folder, ["sorted.ndjson", "--profile", "p.yaml"])
        #expect(found.count == 2 && found[0]["difference"] as? String == "extra", "\(found)")
        #expect(found[0]["cause"] as? String == "late-events", "\(found)")
        #expect((found[0]["why"] as? String)?.contains("3 events of d-1 came more than 10 s late") == true, "\(found)")
        #expect(["late-events", "follows"].contains(found[1]["cause"] as? String ?? ""), "\(found)")
    }

    @Test func `late events are found for a topic too`() async throws {
        let folder = try TemporaryFolder()
        let early = (0..<3).map { Self.publish("10:00:0\($0)", "d-1") }
        let late = (3..<6).map { Self.publish("10:00:0\($0)", "d-1") }
        let other = Self.publish("10:06:00", "d-2").replacing("\"t\"", with: "\"u\"")
        let profile = """
            profile: site
            behaviors: [{ name: busy, subject: topic, metric: count, alarm: more than 5 in 5m }]

            """
        try await makeLog(folder, (early + [other] + late).joined(), profile)
        try folder.write("sorted.ndjson", (early + late + [other]).joined())
        let found = try await differences(folder, ["sorted.ndjson", "--profile", "p.yaml"])
        #expect(found.first?["cause"] as? String == "late-events", "\(found)")
        #expect(
            (found.first?["why"] as? String)?.contains("3 events of t came more than 10 s late") == true, "\(found)")
    }

    @Test func `late events are found for a network too`() async throws {
        let folder = try TemporaryFolder()
        func publish(_ time: String, _ address: String) -> String {
            Self.line(
                time, "\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t\",\"address\":\"\(address)\"")
        }
        let early = (0..<3).map { publish("10:00:0\($0)", "10.1.2.\($0)") }
        let late = (3..<6).map { publish("10:00:0\($0)", "10.1.2.\($0)") }
        let other = publish("10:06:00", "192.0.2.1")
        let profile = """
            profile: site
            behaviors: [{ name: busy, subject: { address: 24 }, metric: count, alarm: more than 5 in 5m }]

            """
        try await makeLog(folder, (early + [other] + late).joined(), profile)
        try folder.write("sorted.ndjson", (early + late + [other]).joined())
        let found = try await differences(folder, ["sorted.ndjson", "--profile", "p.yaml"])
        #expect(found.first?["cause"] as? String == "late-events", "\(found)")
        #expect(
            (found.first?["why"] as? String)?.contains("3 events of 10.1.2.0/24 came more than 10 s late") == true,
            "\(found)")
    }

    @Test func `what people decided is in the log, and in no file of a feed`() async throws {
        let folder = try TemporaryFolder()
        func connect(_ time: String, _ device: String, _ address: String) -> String {
            Self.line(time, "\"kind\":\"connect\",\"device\":\"\(device)\",\"address\":\"\(address)\"")
        }
        let feed = [
            connect("10:00:00", "d-1", "10.0.0.1"), connect("10:00:01", "d-2", "10.0.0.1"),
            connect("11:30:00", "d-1", "10.9.0.1"), connect("11:40:00", "d-1", "10.0.0.1"),
            connect("12:30:00", "d-1", "10.9.0.1"), Self.publish("12:30:01", "d-2"),
            Self.publish("12:45:00", "d-1"),
        ]
        let profile = """
            profile: site
            behaviors:
              - { name: new-network, metric: source-ip-address, firstSeen: { prefix: 24, learnFor: 1h } }
              - { name: chatty, metric: num-messages-sent, alarm: any }
            targets: [{ group: watched }]

            """
        // The daemon that wrote it heard what people said, and a mitigation moved d-2 out of what is watched.
        try folder.write(
            "fleet.yaml", "groups: { watched: {} }\ndevices: { d-1: { group: watched }, d-2: { group: watched } }\n")
        try await makeLog(folder, feed.joined(), profile, more: ["--fleet", "fleet.yaml"])
        var told = try lines(folder)
        let opening = try #require(told.first { $0.contains("new-network") && $0.contains("in-alarm") })
        let id = try #require(ComparedViolation(record: Array(opening.utf8), index: 0)?.id)
        let judged = VerdictRecord(
            received: try #require(Timestamp.parse("2026-11-18T12:00:00.000Z")), by: "anna", violation: id,
            state: .falsePositive)
        let moved = MembershipRecord(
            received: judged.received, mitigation: "m1", device: "d-2", group: "watched", isMember: false)
        let place = try #require(told.firstIndex { $0.contains("12:30:00.000Z") && $0.contains("\"connect\"") })
        told.insert(
            contentsOf: [judged.record.line(), moved.line()].map { String(decoding: $0, as: UTF8.self) }, at: place)
        // What a daemon would not have found after that.
        let after = told[place...].filter {
            $0.contains("\"kind\":\"violation\",\"time\":\"2026-11-18T12:")
                && ($0.contains("new-network") || $0.contains("d-2"))
        }
        try #require(after.contains { $0.contains("d-2") } && after.contains { $0.contains("new-network") }, "\(told)")
        try rewrite(folder, told.filter { !after.contains($0) }).close()
        let found = try await differences(
            folder, ["feed.ndjson", "--profile", "p.yaml", "--fleet", "fleet.yaml"])
        let openings = found.filter { $0["event"] as? String == "in-alarm" }
        #expect(openings.count == 2, "\(found)")
        for difference in found {
            #expect(["decision", "follows"].contains(difference["cause"] as? String ?? ""), "\(difference)")
        }
        #expect(openings.contains { ($0["why"] as? String)?.contains("anna said false-positive") == true }, "\(found)")
        #expect(openings.contains { ($0["why"] as? String)?.contains("out of the group watched") == true }, "\(found)")
        // The verdict is on a violation of an hour before; that it is not asked for is no reason not to find it.
        let later = try await differences(
            folder, ["feed.ndjson", "--profile", "p.yaml", "--fleet", "fleet.yaml", "--from", "2026-11-18T12:15:00Z"])
        #expect(later.contains { ($0["why"] as? String)?.contains("anna said false-positive") == true }, "\(later)")
        // The log itself holds them, and differs in nothing.
        #expect(try await differences(folder, ["log", "--profile", "p.yaml", "--fleet", "fleet.yaml"]).isEmpty)
    }

    @Test("what was decided of another device is found, also outside what is wanted", arguments: [true, false])
    func decidedOfOthers(isMove: Bool) async throws {
        let folder = try TemporaryFolder()
        func messages(_ hour: Int, _ device: String, _ count: Int) -> [String] {
            (0..<count).map { Self.publish("\(hour):00:\($0 + 10)", device) }
        }
        // d-1 was loud at twelve, is less so at one, and is still in alarm; d-2 is louder than the two others. A verdict makes
        // d-1 a measure for d-2. In the other case d-1 is like the rest, and a move leaves too few to compare with.
        let feed =
            (1...4).flatMap { messages(10, "d-\($0)", 2) }
            + (1...4).flatMap { messages(12, "d-\($0)", $0 == 1 && !isMove ? 40 : 2) }
            + messages(13, "d-1", isMove ? 2 : 12) + messages(13, "d-2", 20) + messages(13, "d-3", 2)
            + messages(13, "d-4", 2) + [Self.publish("13:20:00", "d-3")]
        let profile = """
            profile: site
            behaviors:
              - name: unlike
                metric: num-messages-sent
                peers: { percentile: 99, factor: 3, floor: 2, in: 10m, minimumPeers: \(isMove ? 3 : 2) }
                consecutiveDatapointsToClear: 10
            targets: [{ group: watched }]

            """
        let members = (1...4).map { "d-\($0): { group: watched }" }.joined(separator: ", ")
        try folder.write("fleet.yaml", "groups: { watched: {} }\ndevices: { \(members) }\n")
        try await makeLog(folder, feed.sorted().joined(), profile, more: ["--fleet", "fleet.yaml"])
        var told = try lines(folder)
        let opening = told.first { $0.contains("\"violation\"") && $0.contains("in-alarm") && $0.contains("d-1") }
        let id = opening.flatMap { ComparedViolation(record: Array($0.utf8), index: 0)?.id } ?? ""
        #expect(id.isEmpty == isMove)
        let when = try #require(Timestamp.parse("2026-11-18T12:58:00.000Z"))
        let decision =
            isMove
            ? MembershipRecord(received: when, mitigation: "m1", device: "d-4", group: "watched", isMember: false)
                .line()
            : VerdictRecord(received: when, by: "anna", violation: id, state: .benignPositive).record.line()
        let place = try #require(told.firstIndex { $0.contains("T13:00:10") && $0.contains("\"publish\"") })
        told.insert(String(decoding: decision, as: UTF8.self), at: place)
        // What a daemon would not have found after that.
        let after = told[place...].filter { $0.contains("\"violation\"") && $0.contains("d-2") }
        try #require(!after.isEmpty, "\(told.filter { $0.contains("violation") })")
        try rewrite(folder, told.filter { !after.contains($0) }).close()
        let common = ["--profile", "p.yaml", "--fleet", "fleet.yaml"]
        // The log itself holds it, and differs in nothing.
        let own = try await differences(folder, ["log"] + common)
        #expect(own.isEmpty, "\(own)")
        for selection in [[], ["--device", "d-2"], ["--from", "2026-11-18T12:59:00Z"]] {
            let found = try await differences(folder, ["feed.ndjson"] + common + selection)
            #expect(!found.isEmpty)
            for difference in found {
                #expect(["decision", "follows"].contains(difference["cause"] as? String ?? ""), "\(difference)")
            }
            let words = isMove ? "moved the device d-4 out of the group watched" : "anna said benign-positive of d-1"
            #expect(found.contains { ($0["why"] as? String)?.contains(words) == true }, "\(found)")
        }
    }

    @Test func `an exception is the cause where only that is not the same`() async throws {
        let folder = try TemporaryFolder()
        let refused = (0..<12).map {
            Self.line(
                String(format: "10:00:%02d", $0),
                "\"kind\":\"connect-failed\",\"client\":\"x\",\"reason\":\"not-authorized\",\"address\":\"10.0.0.9\"")
        }
        let profile = """
            profile: site
            behaviors:
              - { name: guesses, subject: address, metric: num-authorization-failures, alarm: more than 10 in 1m }

            """
        try await makeLog(folder, refused.joined(), profile)
        #expect(try await differences(folder, ["log", "--profile", "p.yaml"]).isEmpty)
        try folder.write(
            "excused.yaml",
            profile
                + "exceptions: [{ behavior: guesses, subject: 10.0.0.9, reason: a test, owner: anna, expires: 2027-01-01 }]\n"
        )
        let found = try await differences(folder, ["log", "--profile", "excused.yaml"])
        #expect(!found.isEmpty)
        for difference in found {
            #expect(difference["cause"] as? String == "exception", "\(difference)")
            #expect((difference["why"] as? String)?.contains("a test") == true, "\(difference)")
        }
    }

    @Test func `what lies beyond the feed that is replayed is not covered`() async throws {
        let folder = try TemporaryFolder()
        let flood = (0..<8).map { Self.publish("10:00:0\($0)", "d-1") }
        let second = (0..<8).map { Self.publish("11:00:0\($0)", "d-1") }
        let profile = """
            profile: site
            behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 5m }]

            """
        try await makeLog(folder, (flood + second).joined(), profile)
        try folder.write("half.ndjson", flood.joined())
        let found = try await differences(folder, ["half.ndjson", "--profile", "p.yaml"])
        #expect(!found.isEmpty)
        for difference in found {
            #expect(["not-covered", "follows"].contains(difference["cause"] as? String ?? ""), "\(difference)")
        }
    }

    private static let flood = """
        profile: site
        behaviors: [{ name: flood, metric: num-messages-sent, alarm: more than 5 in 5m }]

        """

    /// The lines of a log.
    private func lines(_ folder: TemporaryFolder) throws -> [String] {
        var lines: [String] = []
        var reader = try LogReader(folder: folder.file("log"))
        while let block = try reader.next() {
            lines += String(decoding: block.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return lines
    }

    /// Writes the lines again in a log of small segments, in the place of the one they came from.
    private func rewrite(_ folder: TemporaryFolder, _ lines: [String]) throws -> LogWriter {
        try FileManager.default.moveItem(atPath: folder.file("log/profiles"), toPath: folder.file("kept"))
        try FileManager.default.removeItem(atPath: folder.file("log"))
        var options = LogOptions(level: 1, origin: "example.test/small")
        options.shape = try #require(LogShape(blockLog2: 3, segmentLog2: 5, tileLog2: 2))
        options.signers = [try #require(NoteSigner(newFor: "example.test/small"))]
        let writer = try LogWriter(folder: folder.file("log"), options: options)
        try FileManager.default.moveItem(atPath: folder.file("kept"), toPath: folder.file("log/profiles"))
        for line in lines {
            var buffer = RecordBuffer()
            let received = try #require(Timestamp.parse(String(line.dropFirst(13).prefix(24))))
            buffer.append(line: Array(line.utf8), time: received)
            try writer.append(buffer)
        }
        return writer
    }

    @Test func `of a log that retention cut each difference is what was deleted, and what is whole is the same`()
        async throws
    {
        let folder = try TemporaryFolder()
        // One flood that lasts over the cut, and one long after it.
        let long = (0..<60).map { Self.publish(String(format: "10:%02d:%02d", $0 / 6, $0 % 6 * 10), "d-1") }
        let later = (0..<30).map {
            "{\"time\":\"2026-11-22T10:00:\(String(format: "%02d", $0)).000Z\",\"kind\":\"publish\",\"device\":\"d-2\","
                + "\"topic\":\"t\"}\n"
        }
        let end = (later.last ?? "").replacing("T10:", with: "T12:").replacing("d-2", with: "d-3")
        try await makeLog(folder, (long + later).joined() + end, Self.flood)
        #expect(try await differences(folder, ["log"]).isEmpty)
        let written = try lines(folder)
        let writer = try rewrite(folder, written)
        try writer.signNow()
        let cutoff = try #require(Timestamp.parse("2026-11-18T10:06:00.000Z"))
        #expect(try writer.prune(before: cutoff, time: try #require(Timestamp.parse("2026-11-22T12:00:01Z"))) == 32)
        try writer.close()
        for options in [["log"], ["log", "--profile", "p.yaml"]] {
            let found = try await differences(folder, options)
            #expect(!found.isEmpty)
            for difference in found {
                #expect(["not-covered", "follows"].contains(difference["cause"] as? String ?? ""), "\(difference)")
                #expect(difference["device"] as? String == "d-1", "\(difference)")
            }
            let words = found.compactMap { $0["why"] as? String }
            #expect(words.contains { $0.contains("retention deleted the records before 32") }, "\(words)")
            let text = try await Binary.run(
                ["replay"] + options + ["--against", "log", "--output", "text"], in: folder.path)
            #expect(text.stdout.contains(" the same; "), "\(text.stdout)")
        }
    }

    @Test func `of a log that grows nothing counts that was written after the end of the replay`() async throws {
        let folder = try TemporaryFolder()
        let feed = (0..<24).map { Self.publish(String(format: "1%d:00:0%d", $0 / 8, $0 % 8), "d-\($0 / 8)") }
        try await makeLog(folder, feed.joined(), Self.flood)
        let count = UInt64(try lines(folder).count)
        for end in 1...count {
            var job = ReplayJob(inputs: [folder.file("log")], profiles: [])
            job.end = end
            var comparison = try ReplayComparison(log: folder.file("log"), selection: job.selection, end: end)
            let summary = try job.run { comparison.take($0) }
            let result = try comparison.result(profiles: [], summary: summary)
            #expect(result.differences.isEmpty, "\(end): \(result.differences.map(\.text))")
            #expect(end < count || result.same >= 5, "\(result)")
        }
    }

    @Test func `how late events may come is what the record of their feed says`() async throws {
        let folder = try TemporaryFolder()
        let early = (0..<3).map { Self.publish("10:00:0\($0)", "d-1") }
        let late = (3..<6).map { Self.publish("10:00:0\($0)", "d-1") }
        // Five seconds after the others: late for a feed that allows two.
        let other = Self.publish("10:00:09", "d-2")
        try await makeLog(folder, (early + [other] + late + [Self.publish("10:20:00", "d-2")]).joined(), Self.flood)
        let told = try lines(folder).filter { !$0.contains("\"kind\":\"violation\"") }
        #expect(told.contains { $0.contains("\"lateness\":10000") })
        try rewrite(folder, told.map { $0.replacing("\"lateness\":10000", with: "\"lateness\":2000") }).close()
        try folder.write("sorted.ndjson", (early + late + [other, Self.publish("10:20:00", "d-2")]).joined())
        let found = try await differences(folder, ["sorted.ndjson", "--profile", "p.yaml"])
        #expect(found.first?["cause"] as? String == "late-events", "\(found)")
        #expect(
            (found.first?["why"] as? String)?.contains("3 events of d-1 came more than 2 s late") == true, "\(found)")
    }

    @Test func `what a log that was not stopped had no time to write is not covered, and one is said as one`()
        async throws
    {
        let folder = try TemporaryFolder()
        try await makeLog(folder, (0..<8).map { Self.publish("10:00:0\($0)", "d-1") }.joined(), Self.flood)
        let told = try lines(folder).filter { !$0.contains("\"state\":\"ended\"") && !$0.contains("alarm-cleared") }
        let alarm = try #require(told.firstIndex { $0.contains("\"in-alarm\"") })
        let started =
            "{\"received\":\"2026-11-18T10:00:00.000Z\",\"feed\":\"picket\",\"kind\":\"log\",\"event\":\"started\"}"
        try rewrite(folder, Array(told[..<1]) + [started] + Array(told[1..<alarm])).close()
        let run = try await Binary.run(["replay", "log", "--against", "log", "--output", "text"], in: folder.path)
        #expect(run.stdout.contains("without a stop"), "\(run.stdout)")
        #expect(
            run.stdout.contains("0 transitions recorded, 1 derived, 0 the same; 1 difference: 1 not-covered"),
            "\(run.stdout)")
    }

    @Test func `a fleet file that was left out is the cause where nothing else is`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("fleet.yaml", "groups: { lab: {} }\ndevices: { d-1: { group: lab } }\n")
        try folder.write("feed.ndjson", (0..<8).map { Self.publish("10:00:0\($0)", "d-1") }.joined())
        try folder.write("p.yaml", Self.flood + "targets: [{ group: lab }]\n")
        let made = try await Binary.run(
            [
                "replay", "feed.ndjson", "--profile", "p.yaml", "--fleet", "fleet.yaml", "--write-log", "log",
                "--output", "json",
            ], in: folder.path)
        try #require(made.exitCode == 0 && !made.lines.isEmpty, "\(made.stderr)")
        #expect(try await differences(folder, ["log"]).isEmpty)
        let given = ["log", "--profile", "p.yaml"]
        #expect(try await differences(folder, given + ["--fleet", "fleet.yaml"]).isEmpty)
        let found = try await differences(folder, given)
        #expect(found.first?["cause"] as? String == "profile-changed", "\(found)")
        #expect((found.first?["why"] as? String)?.contains("--fleet") == true, "\(found)")
        // Without the copy of what was in force nobody can say what it was.
        try FileManager.default.removeItem(atPath: folder.file("log/profiles"))
        let unknown = try await differences(folder, given)
        #expect(unknown.first?["cause"] as? String == "profile-unknown", "\(unknown)")
    }

    @Test func `many that moved are found without comparing each with each`() throws {
        func violation(_ number: Int, _ seconds: Int64) throws -> ComparedViolation {
            let time = Timestamp.format(1_795_082_400_000 + Int64(number) * 3_600_000 + seconds * 1_000)
            let line =
                "{\"received\":\"\(time)\",\"feed\":\"picket\",\"kind\":\"violation\",\"time\":\"\(time)\","
                + "\"event\":\"in-alarm\",\"id\":\"\(number)-\(seconds)\",\"profile\":\"p\",\"behavior\":\"b\","
                + "\"subject\":\"device\",\"device\":\"d\",\"why\":\"\"}"
            return try #require(ComparedViolation(record: Array(line.utf8), index: UInt64(number)))
        }
        let derived = try (0..<500).map { try violation($0, 30) }
        var moves = MovedTransitions(derived, near: 600_000)
        for number in 0..<500 where number % 2 == 0 {
            #expect(moves.take(try violation(number, 0))?.id == "\(number)-30")
        }
        #expect(moves.take(try violation(499, 1_200)) == nil)
        #expect(moves.left.count == 250)
    }
}
