import Foundation
import Testing

@testable import PicketProfiles

/// The tests of a profile file, as they stand in it.
@Suite struct TestSectionTests {
    private static let head =
        "profile: p\ntargets: [all]\nbehaviors:\n  - { name: b, metric: count, alarm: any in 5m }\n"
    private static let tests = """
        # What it is for.
        tests:
          # One is enough.
          - name: one
            events: [{ at: +0s, publish: t-1, topic: t }]

            expect: [{ at: +0s, behavior: b, device: t-1 }]
        """

    @Test(
        "are found with their comments, wherever they stand",
        arguments: [("", ""), ("", "\n\n# The end.\ncontrols: [x]\n"), ("", "\ncontrols: [x]\n")])
    func found(before: String, after: String) {
        #expect(TestSection.find(in: Self.head + before + Self.tests + after) == .lines(Self.tests))
        #expect(TestSection.find(in: Self.tests + "\n" + Self.head) == .lines(Self.tests))
    }

    @Test("that stand at the margin, or not on lines of their own, or not at all")
    func others() {
        let margin = "tests:\n- name: one\n  events: []\n  expect: []"
        #expect(TestSection.find(in: margin + "\n" + Self.head) == .lines(margin))
        #expect(TestSection.find(in: Self.head) == .none)
        #expect(TestSection.find(in: "{profile: p, behaviors: [], tests: []}") == .inside)
        #expect(TestSection.find(in: #"{"profile": "p"}"#) == .none)
    }

    @Test("of the library are the same behind the profile in our one form")
    func library() throws {
        let folder = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().path + "/profiles"
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".yaml") {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            guard case .lines(let tests) = TestSection.find(in: text) else { continue }
            let profile = try Fixtures.profile(text, file: name)
            let written = ProfileWriter.yaml(profile) + tests
            #expect(try Fixtures.profile(written, file: name) == profile)
            let before = ProfileTestReader.parse(text: text, file: name).tests
            #expect(
                !before.isEmpty && ProfileTestReader.parse(text: written, file: name).tests.count == before.count,
                "\(name)")
            count += 1
        }
        #expect(count >= 8)
    }
}
