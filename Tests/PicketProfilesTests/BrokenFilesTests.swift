import Foundation
import Testing

@testable import PicketProfiles

/// What is said of files beside profiles that are wrong: fleets (YAML and CSV), and folders with the outputs of AWS's
/// commands. Beside each lies what is said about it; `PICKET_UPDATE_SNAPSHOTS=1` writes the answers anew.
@Suite struct BrokenFilesTests {
    private static let fleets = Fixtures.folder.appendingPathComponent("BrokenFleets")
    private static let exports = Fixtures.folder.appendingPathComponent("BrokenExports")

    private static func names(in folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { !$0.hasSuffix(".expected") && !$0.hasPrefix(".") }.sorted()
    }

    static let fleetFiles = names(in: fleets)
    static let exportFolders = names(in: exports)

    @Test("the corpora are there")
    func corpus() {
        #expect(Self.fleetFiles.count >= 35)
        #expect(Self.exportFolders.count >= 13)
    }

    private func compare(_ diagnostics: [Diagnostic], with expected: URL, hiding folder: String = "no folder") throws {
        let rendered = DiagnosticRenderer().text(diagnostics).replacing("\(folder)/", with: "")
        if ProcessInfo.processInfo.environment["PICKET_UPDATE_SNAPSHOTS"] == "1" {
            try rendered.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(try rendered == String(contentsOf: expected, encoding: .utf8))
    }

    /// Files in which nothing is wrong: nothing is a fleet of nobody.
    private static let harmless = ["empty.yaml", "only-a-comment.yaml"]

    @Test("a fleet file that is wrong is not taken, and what is wrong is said with its place", arguments: fleetFiles)
    func fleet(file: String) throws {
        let text = try String(contentsOf: Self.fleets.appendingPathComponent(file), encoding: .utf8)
        let (fleet, diagnostics) = FleetReader.parse(text: text, file: file)
        if !Self.harmless.contains(file) {
            #expect(fleet == nil && diagnostics.contains { $0.severity == .error }, "\(file)")
            // Groups that hold each other are wrong together; all else is wrong somewhere.
            #expect(diagnostics.allSatisfy { $0.line > 0 }, "\(file)")
        }
        try compare(diagnostics, with: Self.fleets.appendingPathComponent(file + ".expected"))
    }

    @Test("an export of AWS that is not whole is not taken, and what is missing is said", arguments: exportFolders)
    func export(folder: String) throws {
        let path = Self.exports.appendingPathComponent(folder).path
        let (_, _, diagnostics) = ProfileLoader.loadWithFleet(paths: [path])
        #expect(diagnostics.contains { $0.severity != .note }, "\(folder)")
        try compare(
            diagnostics, with: Self.exports.appendingPathComponent(folder + ".expected"), hiding: Self.exports.path)
    }

    // MARK: Size and time

    @Test("a file of a mebibyte is read, one byte more is refused, and neither takes long")
    func large() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("large-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let head = "profile: p\ntargets: [all]\nbehaviors:\n  - { name: a, metric: num-messages-sent, alarm: any }\n"
        let filling = String(repeating: "#", count: ProfileLimits.fileBytes - head.utf8.count)
        for (name, text, isRead) in [("full.yaml", head + filling, true), ("over.yaml", head + filling + "#", false)] {
            let path = folder.appendingPathComponent(name).path
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let (profiles, diagnostics) = ProfileLoader.load(paths: [path])
            #expect(profiles.count == (isRead ? 1 : 0) && diagnostics.contains { $0.code == .fileTooLarge } != isRead)
            let (fleet, _, problems) = FleetReader.load(path: path)
            // It is no fleet file; as one it would not be too large.
            #expect(fleet == nil && !problems.contains { $0.code == .fileTooLarge })
        }
    }

    @Test(
        "hostile files of a mebibyte are refused in the time of one that is not",
        arguments: ["[", "- ", "{a: ", "!x ", "&a ", "? ", "\"", "|\n ", "a: b\n"])
    func hostile(piece: String) {
        // Of a key that stands twice the reader looks for more of them, sixteen times: that is bounded, and slow without
        // optimization.
        let bytes = piece.contains("b") ? ProfileLimits.fileBytes / 32 : ProfileLimits.fileBytes - 64
        let text = String(repeating: piece, count: bytes / piece.utf8.count)
        let clock = ContinuousClock()
        let took = clock.measure {
            #expect(ProfileLoader.parse(text: text, file: "hostile.yaml").profile == nil)
            #expect(FleetReader.parse(text: text, file: "hostile.yaml").fleet == nil)
        }
        // Quadratic work on a mebibyte takes hours; this only tells the two apart.
        #expect(took < .seconds(120), "\(piece.debugDescription) took \(took)")
    }

    @Test(
        "expressions that back-tracking matchers never finish take bounded time on a long topic",
        arguments: [
            "(a+)+$", "(a|a)*b", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)(.*)x", "((a?){20}a{20})*c", "(x+x+)+y",
            "^(([a-z])+.)+[A-Z]([a-z])+$", "(a|aa)+$b",
        ])
    func expressions(source: String) throws {
        let text = """
            profile: p
            targets: [all]
            behaviors:
              - { name: a, metric: num-messages-sent, where: { topic|re: '\(source)' }, alarm: any }
            """
        let (profile, diagnostics) = ProfileLoader.parse(text: text, file: "p.yaml")
        guard let term = profile?.behaviors.first?.filter?.terms.first else {
            #expect(diagnostics.contains { $0.severity == .error })
            return
        }
        let topic = Array(String(repeating: "a", count: 65_000).utf8) + Array("!".utf8)
        let clock = ContinuousClock()
        var isMatch = true
        let took = clock.measure { isMatch = term.matches(topic.span.bytes, 0..<topic.count, device: nil) }
        #expect(!isMatch)
        #expect(took < .seconds(60), "\(source) took \(took)")
    }
}
