import Foundation
import Testing

/// The program against Tests/Reference, which is written from the design alone and shares nothing with it.
@Suite("Reference", .serialized, .enabled(if: Places.hasPython, "python3 is not installed"))
struct ReferenceTests {
    /// A new seed each time, or the one that `PICKET_SEED=n` names.
    static let seed =
        ProcessInfo.processInfo.environment["PICKET_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999)

    @Test("Forty random feeds and profiles", arguments: [seed])
    func random(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let made = try await Binary.python(
            ["\(Places.reference)/make_cases.py", "--random", "40", "--seed", "\(seed)", "--to", folder.path])
        try #require(made.exitCode == 0, "PICKET_SEED=\(seed)\n\(made.stderr)")
        let cases = CaseFolder.all(in: folder.path)
        try #require(cases.count == 40, "PICKET_SEED=\(seed)\n\(made.stdout)")
        for one in cases { try await one.check("PICKET_SEED=\(seed)") }
        // A comparison of nothing with nothing proves nothing.
        let transitions = try cases.reduce(0) { try $0 + $1.expected.count }
        #expect(transitions > 100, "PICKET_SEED=\(seed)")
    }

    /// The profile of the reference feed, as the reference reads it.
    private static let profile = """
        {"behaviors": [
          {"profile": "j1", "name": "messages", "subject": "device", "metric": "num-messages-sent",
           "op": "above", "bound": 120, "duration": 300},
          {"profile": "j1", "name": "auth-failures", "subject": "device", "metric": "num-authorization-failures",
           "op": "above", "bound": 20, "duration": 300},
          {"profile": "j1", "name": "message-size", "subject": "device", "metric": "message-byte-size",
           "op": "above", "bound": 1024}
        ]}
        """

    @Test(
        "A feed of 300,000 events like the reference feed",
        .enabled(if: Places.exists("\(Places.shared)/feed/gen.py"), "the generator of the reference feed is not here"))
    func referenceFeed() async throws {
        let folder = try TemporaryFolder()
        let made = try await Binary.python(["\(Places.shared)/feed/gen.py", "300000", "600", "7"])
        try #require(made.exitCode == 0, "\(made.stderr)")
        let feed = try folder.write("feed.ndjson", made.stdout)
        let profile = try folder.write("profile.json", ReferenceTests.profile)
        let reference = try await Binary.python(["\(Places.reference)/detect.py", "--profile", profile, feed])
        try #require(reference.exitCode == 0, "\(reference.stderr)")
        let expected = try ViolationLine.read(reference.lines)
        #expect(Set(expected.map(\.behavior)) == ["messages", "auth-failures", "message-size"])

        let log = folder.file("log")
        let run = try await ReplayOutput([feed], profile: "\(Places.shared)/feed/j1.yaml", ["--write-log", log])
        #expect(run.summary.events == 300_000)
        #expect(run.violations == expected)
        let fromLog = try await ReplayOutput([log], profile: "\(Places.shared)/feed/j1.yaml")
        #expect(fromLog.summary.violationsHash == run.summary.violationsHash)
        #expect(fromLog.summary.events == 300_000)
    }
}
