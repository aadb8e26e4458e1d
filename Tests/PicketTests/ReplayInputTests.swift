import Foundation
import Testing

/// The ways a feed can be given, and the lines in it that are none: the rest goes on.
@Suite("Replay: inputs")
struct ReplayInputTests {
    private static let folder = CaseFolder(path: "\(Places.cases)/jittered")

    private static func plain() async throws -> ReplayOutput {
        try await ReplayOutput(try folder.feeds, profile: folder.profile)
    }

    @Test("Standard input and gzip are the same as the file")
    func sameEverywhere() async throws {
        let plain = try await ReplayInputTests.plain()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: try ReplayInputTests.folder.feeds[0]))
        #expect(plain.violations.count == 2)
        let piped = try await ReplayOutput(["-"], profile: ReplayInputTests.folder.profile, stdin: bytes)
        #expect(piped.violations == plain.violations)
        #expect(piped.summary.violationsHash == plain.summary.violationsHash)
        let temporary = try TemporaryFolder()
        try temporary.write("feed.ndjson", bytes)
        let gzip = try await Binary.run("/usr/bin/env", ["gzip", "feed.ndjson"], stdin: Data(), in: temporary.path)
        try #require(gzip.exitCode == 0, "\(gzip.stderr)")
        let packed = try await ReplayOutput(
            [temporary.file("feed.ndjson.gz")], profile: ReplayInputTests.folder.profile)
        #expect(packed.summary.violationsHash == plain.summary.violationsHash)
        let packedBytes = try Data(contentsOf: URL(fileURLWithPath: temporary.file("feed.ndjson.gz")))
        let packedPipe = try await ReplayOutput(["-"], profile: ReplayInputTests.folder.profile, stdin: packedBytes)
        #expect(packedPipe.summary.violationsHash == plain.summary.violationsHash)
    }

    @Test("Lines that could not be read are said without being asked, and only they are")
    func unread() async throws {
        let log = "\(Places.package)/sample-logs/incident.mosquitto.log"
        let common = ["replay", log, "--profile", ReplayInputTests.folder.profile, "--format"]
        let wrong = try await Binary.run(common + ["emqx"], stdin: Data())
        #expect(wrong.stderr.contains("Not read: 1061 of 1061 records"), "\(wrong.stderr)")
        let right = try await Binary.run(common + ["mosquitto"], stdin: Data())
        #expect(!right.stderr.contains("Not read"), "\(right.stderr)")
    }

    @Test("An input without a line is no fault", arguments: ["", "\n", "  \n\n"])
    func empty(text: String) async throws {
        let temporary = try TemporaryFolder()
        let path = try temporary.write("feed.ndjson", text)
        // Alone, and beside a feed that has something to say.
        let alone = try await ReplayOutput([path], profile: ReplayInputTests.folder.profile, ["--format", "ndjson"])
        #expect(alone.violations == [])
        #expect(alone.summary.events == 0)
        #expect(alone.summary.rejected == 0)
        let plain = try await ReplayInputTests.plain()
        let feeds = try ReplayInputTests.folder.feeds
        for inputs in [[path] + feeds, feeds + [path]] {
            let both = try await ReplayOutput(inputs, profile: ReplayInputTests.folder.profile, ["--format", "ndjson"])
            #expect(both.summary.violationsHash == plain.summary.violationsHash)
        }
    }

    /// Lines that are no event, a few of every sort. None has a time that could be taken for the feed's.
    private static let bad: [[UInt8]] = [
        Array("garbage".utf8), Array("{\"device\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8), [0], Array("[1]".utf8),
        Array(#"{"ts":"9999-12-31T23:59:59Z","type":"publish"}"#.utf8), Array(#"{"ts":-1,"type":"publish"}"#.utf8),
        Array(#"{"ts":1795000804,"type":"publish","bytes":99999999999999999999}"#.utf8),
        Array(#"{"ts":1795000804,"type":"publish","device":"t-1","device":"t-1"}"#.utf8),
        Array(#"{"ts":1795000804,"kind":"violation"}"#.utf8),
        Array(#"{"ts":1795000804,"type":"publish","feed":"picket"}"#.utf8),
        Array((String(repeating: "[", count: 1_000)).utf8), Array(#"{"ts":1795000804,"type":"publish","device"#.utf8),
        // Longer than a line may be, and longer than what is read at once.
        Array(repeating: 0x78, count: 70_000), Array(repeating: 0x79, count: 3_000_000),
    ]

    @Test("Bad lines between good ones are rejected, and change nothing", arguments: [1, 7, 8_192])
    func badLines(batch: Int) async throws {
        let plain = try await ReplayInputTests.plain()
        let feed = try Data(contentsOf: URL(fileURLWithPath: try ReplayInputTests.folder.feeds[0]))
        var mixed: [UInt8] = []
        let lines = feed.split(separator: 0x0A)
        for (index, line) in lines.enumerated() {
            mixed += Array(line) + [0x0A]
            mixed += ReplayInputTests.bad[index % ReplayInputTests.bad.count] + [0x0A]
        }
        // The last line is cut off in the middle.
        mixed += Array(lines[0].dropLast(10))
        let temporary = try TemporaryFolder()
        let path = try temporary.write("mixed.ndjson", mixed)
        let log = temporary.file("log")
        let options = ["--batch-events", "\(batch)", "--write-log", log]
        let run = try await ReplayOutput([path], profile: ReplayInputTests.folder.profile, options)
        #expect(run.violations == plain.violations)
        #expect(run.summary.violationsHash == plain.summary.violationsHash)
        #expect(run.summary.rejected == lines.count + 1)
        let fromLog = try await ReplayOutput([log], profile: ReplayInputTests.folder.profile)
        #expect(fromLog.summary.violationsHash == plain.summary.violationsHash)
        #expect(fromLog.summary.rejected == lines.count + 1)
    }

    @Test("A line of a client with a very long name is the same event in the log")
    func longNames() async throws {
        let temporary = try TemporaryFolder()
        let profile = try temporary.write(
            "profile.yaml",
            """
            profile: p
            targets: [all]
            behaviors:
              - { name: any-failure, metric: num-authorization-failures, alarm: more than 0 in 1m }

            """)
        // The last line is as long as a line may be; its record is longer.
        let lines = [1, 40_000, (64 << 10) - 51].enumerated().map { index, length in
            let client = String(repeating: "c", count: length)
            return #"{"ts":\#(1_795_000_804 + index),"type":"auth_failure","client":"\#(client)"}"#
        }
        #expect(lines[2].utf8.count == 64 << 10)
        let path = try temporary.write("feed.ndjson", lines.joined(separator: "\n"))
        let log = temporary.file("log")
        let run = try await ReplayOutput([path], profile: profile, ["--write-log", log])
        #expect(run.violations.count { $0.event == "in-alarm" } == 3)
        let fromLog = try await ReplayOutput([log], profile: profile)
        #expect(fromLog.violations == run.violations)
        #expect(fromLog.summary.rejected == 0)
    }
}
