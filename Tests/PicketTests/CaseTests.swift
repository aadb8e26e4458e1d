import Foundation
import Testing

/// Every folder of Tests/Cases is a test; a new case is a new folder.
@Suite("Cases")
struct CaseTests {
    static let folders = CaseFolder.all(in: Places.cases)

    @Test("The program finds what the case expects, however it is read", arguments: folders)
    func folder(_ folder: CaseFolder) async throws { try await folder.check() }

    @Test("There are cases, and every one expects something to be said or a reason to say nothing")
    func complete() throws {
        #expect(CaseTests.folders.count >= 27)
        for folder in CaseTests.folders {
            #expect(try !folder.feeds.isEmpty, "\(folder.testDescription)")
            let profile = try String(contentsOfFile: folder.profile, encoding: .utf8)
            #expect(profile.hasPrefix("# "), "\(folder.testDescription): the profile says what the case shows")
        }
    }
}
