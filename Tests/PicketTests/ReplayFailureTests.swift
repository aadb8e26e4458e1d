import Foundation
import Testing

/// What a person sees when something is wrong: where it is, what to do, and an exit code that a script can tell apart.
@Suite("Replay: what goes wrong")
struct ReplayFailureTests {
    private static let profile = """
        profile: p
        targets: [all]
        behaviors:
          - { name: big, metric: message-byte-size, alarm: more than 1000 }

        """

    private static func event(_ device: String, _ bytes: Int = 10) -> String {
        #"{"ts":"2026-11-18T11:27:03.120Z","type":"publish","device":"\#(device)","topic":"t","bytes":\#(bytes)}"#
            + "\n"
    }

    /// A folder with a good profile and a good feed that violates it once.
    private static func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("profile.yaml", profile)
        try folder.write("feed.ndjson", event("d", 10) + event("d", 2_000))
        return folder
    }

    private static func replay(
        _ folder: TemporaryFolder, _ arguments: String..., stdin: String = ""
    ) async throws -> Binary.Output {
        try await Binary.run(
            ["replay"] + arguments + ["--profile", "profile.yaml", "--output", "json"], stdin: Data(stdin.utf8),
            in: folder.path)
    }

    struct Unreadable: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var inputs: [String]
        /// Pieces of the message.
        var says: [String]
        var make: @Sendable (TemporaryFolder) throws -> Void

        init(
            _ name: String, _ inputs: [String], says: [String],
            _ make: @escaping @Sendable (TemporaryFolder) throws -> Void = { _ in }
        ) {
            testDescription = name
            self.inputs = inputs
            self.says = says
            self.make = make
        }
    }

    static let unreadable: [Unreadable] = [
        Unreadable("a file that is not there", ["none.ndjson"], says: ["none.ndjson", "no such file"]),
        Unreadable("one of two is not there", ["feed.ndjson", "none.ndjson"], says: ["none.ndjson", "no such file"]),
        Unreadable("a folder that is no log", ["sub"], says: ["sub", "folder"]) {
            try FileManager.default.createDirectory(atPath: $0.file("sub"), withIntermediateDirectories: true)
        },
        Unreadable("a format nobody knows", ["strange.txt"], says: ["strange.txt", "format", "--format"]) {
            try $0.write("strange.txt", "what is this?\nnobody knows\n")
        },
        Unreadable("something that is not gzip", ["broken.gz"], says: ["broken.gz"]) {
            try $0.write("broken.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF])
        },
        Unreadable("a log that is there already", ["feed.ndjson", "--write-log", "log"], says: ["log"]) {
            try FileManager.default.createDirectory(atPath: $0.file("log/seg"), withIntermediateDirectories: true)
            try $0.write("log/FORMAT", "1\n")
        },
    ]

    @Test("What cannot be read is named, with exit code 3 and nothing on standard output", arguments: unreadable)
    func named(_ one: Unreadable) async throws {
        let folder = try ReplayFailureTests.folder()
        try one.make(folder)
        let output = try await Binary.run(
            ["replay"] + one.inputs + ["--profile", "profile.yaml", "--output", "json"], in: folder.path)
        #expect(output.exitCode == 3, "\(output.stderr)")
        #expect(output.stdout == "")
        for piece in one.says { #expect(output.stderr.contains(piece), "\(output.stderr)") }
    }

    @Test("A file that may not be read is named", .enabled(if: getuid() != 0, "the superuser may read everything"))
    func permission() async throws {
        let folder = try ReplayFailureTests.folder()
        try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: folder.file("feed.ndjson"))
        let output = try await ReplayFailureTests.replay(folder, "feed.ndjson")
        #expect(output.exitCode == 3)
        #expect(output.stderr.contains("feed.ndjson"))
    }

    @Test("What was found before the input broke off is still said")
    func brokenOff() async throws {
        let folder = try ReplayFailureTests.folder()
        // Enough lines that some are read before the end of the data is missed.
        let lines = (0..<40_000).map { ReplayFailureTests.event("d\($0 * 7_919 % 40_000)", $0 == 5 ? 2_000 : 10) }
        let plain = try folder.write("big.ndjson", lines.joined())
        let gzip = try await Binary.run("/usr/bin/env", ["gzip", plain], stdin: Data(), in: nil)
        try #require(gzip.exitCode == 0, "\(gzip.stderr)")
        let whole = try Data(contentsOf: URL(fileURLWithPath: plain + ".gz"))
        try folder.write("cut.gz", whole.dropLast(1_000))
        let output = try await ReplayFailureTests.replay(folder, "cut.gz")
        #expect(output.exitCode == 3)
        #expect(output.stderr.contains("cut.gz"))
        #expect(try ViolationLine.read(output.lines).first?.value == 2_000)
    }

    @Test("A wrong profile is shown with file, line, column and caret before anything is read")
    func wrongProfile() async throws {
        let folder = try ReplayFailureTests.folder()
        try folder.write("wrong.yaml", ReplayFailureTests.profile.replacing("more than 1000", with: "more then 1000"))
        // The input is not there either: the profile is judged first. All profiles are loaded, or none.
        for inputs in [["none.ndjson"], ["feed.ndjson", "--profile", "profile.yaml", "--write-log", "log"]] {
            let output = try await Binary.run(
                ["replay"] + inputs + ["--profile", "wrong.yaml", "--summary"], in: folder.path)
            #expect(output.exitCode == 2)
            #expect(output.stdout == "")
            #expect(output.stderr.contains("wrong.yaml:4:"), "\(output.stderr)")
            #expect(output.stderr.contains("^"), "\(output.stderr)")
            #expect(output.stderr.contains("more then 1000"), "\(output.stderr)")
            #expect(!Places.exists(folder.file("log")))
        }
        let json = try await Binary.run(
            ["replay", "feed.ndjson", "--profile", "wrong.yaml", "--output", "json"], in: folder.path)
        #expect(json.exitCode == 2)
        let first = try #require(json.stderr.split(separator: "\n").first)
        let diagnostic = try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any]
        #expect(diagnostic?["file"] as? String == "wrong.yaml")
        #expect(diagnostic?["line"] as? Int == 4)
    }

    @Test("A profile that is not there is a wrong profile")
    func missingProfile() async throws {
        let folder = try ReplayFailureTests.folder()
        let output = try await Binary.run(["replay", "feed.ndjson", "--profile", "none.yaml"], in: folder.path)
        #expect(output.exitCode == 2)
        #expect(output.stderr.contains("none.yaml"))
    }

    @Test(
        "Wrong usage",
        arguments: [
            ["replay"], ["replay", "feed.ndjson", "--nonsense"], ["replay", "feed.ndjson", "--format", "xml"],
            ["replay", "feed.ndjson", "--identity", "by-hearsay"], ["replay", "feed.ndjson", "--output", "xml"],
            ["rerun"],
        ])
    func usage(arguments: [String]) async throws {
        let folder = try ReplayFailureTests.folder()
        let output = try await Binary.run(arguments, in: folder.path)
        #expect(output.exitCode == 64)
        #expect(output.stdout == "")
        #expect(output.stderr.contains("Usage: picket"), "\(output.stderr)")
    }

    @Test("--fail-on-violation: 1 with a violation, 0 without")
    func failOnViolation() async throws {
        let folder = try ReplayFailureTests.folder()
        try folder.write("quiet.ndjson", ReplayFailureTests.event("d"))
        #expect(try await ReplayFailureTests.replay(folder, "feed.ndjson", "--fail-on-violation").exitCode == 1)
        #expect(try await ReplayFailureTests.replay(folder, "feed.ndjson").exitCode == 0)
        #expect(try await ReplayFailureTests.replay(folder, "quiet.ndjson", "--fail-on-violation").exitCode == 0)
    }
}
