import Foundation
import Testing

@testable import PicketLog

/// Our verifier and `tools/verify_log.py`, asked about the same folder.
struct BothVerifiers {
    static let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("tools/verify_log.py").path

    let folder: String

    init(_ folder: String) { self.folder = folder }

    /// Expects the same exit code of both, and `expected` where it is given.
    ///
    /// - Parameter since: the file of a checkpoint that was kept.
    @discardableResult
    func expectSame(
        _ comment: Comment, since: String? = nil, trusted: [NoteKey] = [], is expected: VerifyReport.Verdict? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws -> VerifyReport.Verdict {
        let kept = try since.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0))) }
        let ours = LogVerifier(folder: folder, trusted: trusted, since: kept).run()
        var arguments = since.map { " --since-checkpoint \($0)" } ?? ""
        for key in trusted { arguments += " --key '\(key)'" }
        let theirs = try Support.run("python3 -B \(Self.tool) \(folder)\(arguments) 2>&1")
        let text = String(decoding: theirs.output, as: UTF8.self)
        #expect(
            ours.verdict.rawValue == theirs.code, "\(comment)\n\(ours.text)\n\(text)", sourceLocation: location)
        if let expected {
            #expect(ours.verdict == expected, "\(comment)\n\(ours.text)", sourceLocation: location)
        }
        return ours.verdict
    }
}
