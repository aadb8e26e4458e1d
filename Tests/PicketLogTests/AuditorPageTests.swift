import Foundation
import Testing

@testable import PicketLog

/// What AUDITOR.md tells people to type, typed as it stands there.
@Suite struct AuditorPageTests {
    /// The commands of the page that check the signature of a checkpoint, with `key` for KEY.
    private func commands(_ key: NoteKey) throws -> String {
        let page = URL(fileURLWithPath: BothVerifiers.tool).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Documentation/AUDITOR.md")
        let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```")
        let block = try #require(blocks.first { $0.contains("openssl pkeyutl") })
        return block.replacingOccurrences(of: "'KEY'", with: "'\(key)'")
    }

    @Test func `openssl checks a checkpoint by hand, whatever keys the log has had`() throws {
        try Support.withFolder { folder in
            let old = try #require(NoteSigner(Support.signerText))
            let new = try #require(NoteSigner(newFor: "example.test/small"))
            let writer = try LogWriter(folder: folder + "/log", options: Support.small())
            func isVerified(_ key: NoteKey) throws -> Bool {
                let run = try Support.run("cd \(folder) && rm -f sig && \(try commands(key)) 2>&1")
                return run.code == 0 && String(decoding: run.output, as: UTF8.self).contains("Verified Successfully")
            }
            try writer.append(Support.buffer(0..<9))
            #expect(try isVerified(old.key))
            #expect(try !isVerified(new.key))
            try writer.addKey(new, time: Support.time(9))
            #expect(try isVerified(old.key))
            #expect(try isVerified(new.key))
            try writer.retireKey(old.key, time: Support.time(10))
            try writer.append(Support.buffer(11..<20))
            #expect(try isVerified(new.key))
            #expect(try !isVerified(old.key))
        }
    }
}
