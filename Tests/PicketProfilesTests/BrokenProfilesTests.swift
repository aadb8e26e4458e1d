import Foundation
import Testing

@testable import PicketProfiles

/// Every file in `Broken` is wrong in its own way; beside it lies what is said about it. Set
/// `PICKET_UPDATE_SNAPSHOTS=1` to write the answers anew, and read the difference.
@Suite struct BrokenProfilesTests {
    static let folder = Fixtures.folder.appendingPathComponent("Broken")

    static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { !$0.hasSuffix(".expected") }.sorted()
    }()

    @Test("the corpus is there")
    func corpus() {
        #expect(Self.files.count >= 60)
    }

    @Test("says what is wrong, where, and what would be right", arguments: files)
    func snapshot(file: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
        let (profile, diagnostics) = ProfileLoader.parse(text: text, file: file)
        #expect(!diagnostics.isEmpty)
        #expect((profile == nil) == diagnostics.contains { $0.severity == .error } || file == "dimension.json")
        let rendered = DiagnosticRenderer().text(diagnostics)
        let expected = Self.folder.appendingPathComponent(file + ".expected")
        if ProcessInfo.processInfo.environment["PICKET_UPDATE_SNAPSHOTS"] == "1" {
            try rendered.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(try rendered == String(contentsOf: expected, encoding: .utf8))
    }

    @Test("every code but those of files and whole sets is in the corpus")
    func codes() throws {
        var seen: Set<DiagnosticCode> = [.unreadable, .fileTooLarge, .notUTF8, .needsFleet, .notYet]
        for file in Self.files {
            let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
            seen.formUnion(ProfileLoader.parse(text: text, file: file).diagnostics.map(\.code))
        }
        #expect(DiagnosticCode.allCases.filter { !seen.contains($0) } == [.tooMany])
    }
}
