import Foundation
import Testing

/// A line about a violation, as far as the cases of Tests/Cases say what it must be.
struct ViolationLine: Decodable, Equatable, Sendable {
    /// What a violation shows: a number, or what a device listed.
    enum Value: Decodable, Equatable, Sendable, ExpressibleByIntegerLiteral {
        case whole(Int64)
        case decimal(Double)
        case text(String)

        init(integerLiteral value: Int64) { self = .whole(value) }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let whole = try? container.decode(Int64.self) {
                self = .whole(whole)
            } else if let decimal = try? container.decode(Double.self) {
                self = .decimal(decimal)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    var time: String
    var event: String
    var id: String
    var profile: String
    var behavior: String
    var subject: String
    var device: String?
    var user: String?
    var address: String?
    var topic: String?
    var certificate: String?
    var feed: String?
    var value: Value?
    var count: Int
    /// Why it is not acted on.
    var excepted: String?

    static func read(_ lines: some Sequence<String>) throws -> [ViolationLine] {
        let decoder = JSONDecoder()
        return try lines.map { try decoder.decode(ViolationLine.self, from: Data($0.utf8)) }
    }

    static func read(file: String) throws -> [ViolationLine] {
        try read(String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init))
    }
}

/// What `replay --summary` ends with.
struct Summary: Decodable, Sendable {
    struct Blind: Decodable, Sendable {
        var profile: String
        var behavior: String
        var metric: String
        var reason: String
        var remedy: String
    }

    var events: Int
    var rejected: Int
    var late: Int
    var subjects: Int
    var violations: [String: Int]
    var blind: [Blind]
    var violationsHash: String
}

/// A replay that was run to its end.
struct ReplayOutput: Sendable {
    var violations: [ViolationLine]
    var summary: Summary

    /// Runs `picket replay` with `--summary`; anything but exit code 0 ends the test.
    init(_ inputs: [String], profile: String, _ options: [String] = [], stdin: Data = Data()) async throws {
        let arguments = ["replay"] + inputs + ["--profile", profile, "--output", "json", "--summary"] + options
        let output = try await Binary.run(arguments, stdin: stdin)
        try #require(output.exitCode == 0, "\(arguments.joined(separator: " "))\n\(output.stderr)")
        violations = try ViolationLine.read(output.lines.dropLast())
        summary = try JSONDecoder().decode(Summary.self, from: Data((output.lines.last ?? "").utf8))
    }
}

/// A folder with a case: the feeds, the profile, and the violations they make.
struct CaseFolder: Sendable, CustomTestStringConvertible {
    var path: String
    var testDescription: String { path.split(separator: "/").last.map(String.init) ?? path }

    var profile: String { "\(path)/profile.yaml" }

    /// The feeds in the order in which they are given.
    var feeds: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix("feed") }.sorted()
                .map { "\(path)/\($0)" }
        }
    }

    /// Names the fleet file, where the case has one.
    var fleet: [String] {
        FileManager.default.fileExists(atPath: "\(path)/fleet.yaml") ? ["--fleet", "\(path)/fleet.yaml"] : []
    }

    /// What is expected of it.
    var expected: [ViolationLine] { get throws { try ViolationLine.read(file: "\(path)/expected.ndjson") } }

    /// Whether its feed is what a broker's plugin says, which only a daemon takes.
    var isLive: Bool { ((try? feeds) ?? []).contains { $0.hasSuffix(".frames") } }

    /// All cases in `folder` that can be replayed.
    static func all(in folder: String) -> [CaseFolder] { every(in: folder).filter { !$0.isLive } }

    /// All cases in `folder` that a daemon must be there for.
    static func live(in folder: String) -> [CaseFolder] { every(in: folder).filter(\.isLive) }

    private static func every(in folder: String) -> [CaseFolder] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            .map { CaseFolder(path: "\(folder)/\($0)") }
    }

    /// Replays the feeds in batches of every size, and the log that one of the replays wrote: the violations are those
    /// that are expected, and all runs agree on their hash.
    func check(_ note: String = "") async throws {
        let (feeds, expected) = (try feeds, try expected)
        let folder = try TemporaryFolder()
        let log = folder.file("log")
        var hashes: [String: String] = [:]
        for (batch, options) in [(1, []), (7, []), (8_192, ["--write-log", log])] {
            let run = try await ReplayOutput(feeds, profile: profile, ["--batch-events", "\(batch)"] + options + fleet)
            #expect(run.violations == expected, "\(testDescription) in batches of \(batch) \(note)")
            #expect(
                run.summary.violations.values.reduce(0, +) == expected.count { $0.event == "in-alarm" },
                "\(testDescription) \(note)")
            hashes["batches of \(batch)"] = run.summary.violationsHash
        }
        let fromLog = try await ReplayOutput([log], profile: profile, fleet)
        #expect(fromLog.violations == expected, "\(testDescription) from its log \(note)")
        hashes["the log"] = fromLog.summary.violationsHash
        #expect(Set(hashes.values).count == 1, "\(testDescription): \(hashes) \(note)")
    }
}
