import Foundation
import Testing

@testable import PicketLog

/// The verifier in Python, written from FORMAT.md alone, gives the same exit code as ours, whatever is done to a log.
@Suite struct IndependentVerifierTests {
    static let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("tools/verify_log.py").path

    /// More changes than a test has time for: `PICKET_CHANGES=10000`.
    private static let changes = Int(ProcessInfo.processInfo.environment["PICKET_CHANGES"] ?? "") ?? 40

    /// A log on disk with three segments, short blocks, two keys, one of them retired, and a tail where it is not closed.
    private func write(_ folder: String, close: Bool) throws {
        let old = try #require(NoteSigner(Support.signerText))
        let new = try #require(NoteSigner("PRIVATE+KEY+example.test/small+" + Self.newKeyText))
        let writer = try LogWriter(folder: folder, options: Support.small())
        try writer.append(Support.buffer(0..<40))
        writer.sealOpenBlock()
        try writer.addKey(new, time: Support.time(40))
        try writer.append(Support.buffer(41..<50))
        try writer.retireKey(old.key, time: Support.time(50))
        for start in stride(from: 51, to: 101, by: 5) { try writer.append(Support.buffer(start..<(start + 5))) }
        if close { try writer.close() }
    }

    /// A second key: the id is the hash of name and key, so it is computed here.
    private static var newKeyText: String {
        let signer = NoteSigner(newFor: "example.test/small")
        return String(signer?.secretText.dropFirst("PRIVATE+KEY+example.test/small+".count) ?? "")
    }

    private func verdicts(_ folder: String, _ arguments: String = "", since: [UInt8]? = nil, trusted: [NoteKey] = [])
        throws -> (ours: VerifyReport, theirs: (code: Int32, output: [UInt8]))
    {
        let ours = LogVerifier(folder: folder, trusted: trusted, since: since).run()
        return (ours, try Support.run("python3 -B \(Self.tool) \(folder) \(arguments) 2>&1"))
    }

    private func expectSame(
        _ folder: String, _ comment: Comment, _ arguments: String = "", since: [UInt8]? = nil, trusted: [NoteKey] = [],
        is expected: VerifyReport.Verdict? = nil
    ) throws {
        let (ours, theirs) = try verdicts(folder, arguments, since: since, trusted: trusted)
        let text = String(decoding: theirs.output, as: UTF8.self)
        #expect(ours.verdict.rawValue == theirs.code, "\(comment)\n\(ours.text)\n\(text)")
        if let expected { #expect(ours.verdict == expected, "\(comment)\n\(ours.text)") }
    }

    private func files(_ folder: String) throws -> [String] {
        let names = try Support.run("cd \(folder) && find . -type f | sort").output
        return String(decoding: names, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(arguments: [true, false])
    func `single changed bytes`(close: Bool) throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            try write(log, close: close)
            try expectSame(log, "untouched", is: .sound)
            var random = Random(close ? 1 : 2)
            let names = try files(log).filter { !$0.contains("LOCK") && !$0.contains("/quarantine/") }
            for _ in 0..<Self.changes {
                let name = names[Int(random.below(UInt64(names.count)))]
                let url = URL(fileURLWithPath: log + "/" + name)
                let whole = try Data(contentsOf: url)
                var bytes = [UInt8](whole)
                let offset = Int(random.below(UInt64(bytes.count)))
                bytes[offset] ^= UInt8(random.below(255)) + 1
                try Data(bytes).write(to: url)
                let comment: Comment = "\(name) byte \(offset)"
                try expectSame(log, comment)
                #expect(LogVerifier(folder: log).run().verdict != .sound, comment)
                try whole.write(to: url)
            }
        }
    }

    @Test func `the attacks of the design`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            try write(log, close: true)
            let saved = [UInt8](try Data(contentsOf: URL(fileURLWithPath: log + "/checkpoint")))
            try Data(saved).write(to: URL(fileURLWithPath: folder + "/saved"))
            let old = try #require(NoteSigner(Support.signerText)).key
            try expectSame(
                log, "kept checkpoint and key", "--since-checkpoint \(folder)/saved --key '\(old)'", since: saved,
                trusted: [old], is: .sound)
            let attacks: [(String, VerifyReport.Verdict)] = [
                ("rm checkpoint", .incomplete), ("rm checkpoints.log", .incomplete), ("rm state/signed", .incomplete),
                ("rm checkpoint checkpoints.log state/signed", .incomplete),
                ("rm seg/x000/00000000000000000032.jsonl.gz", .incomplete),
                ("rm seg/x000/00000000000000000096.jsonl.gz", .tampered), ("rm FORMAT", .unreadable),
                ("rm -r seg", .tampered), ("rm KEYS", .tampered), ("echo x >> checkpoints.log", .incomplete),
                ("sed -i 's/format 2/format 3/' FORMAT", .unreadable), ("sed -i 's/small/large/' FORMAT", .tampered),
                ("cat seg/x000/*32.jsonl.gz > seg/x000/00000000000000000064.jsonl.gz", .tampered),
                ("echo >> seg/x000/00000000000000000000.jsonl.gz", .tampered),
                ("truncate -s -1 seg/x000/00000000000000000000.jsonl.gz", .tampered),
                ("truncate -s -1 seg/x000/00000000000000000096.jsonl.gz", .tampered),
                ("rm seg/x000/00000000000000000096.jsonl.gz checkpoint checkpoints.log state/signed", .incomplete),
                ("sed -i 's/ 0 51/ 0 41/' KEYS", .tampered), ("sed -i 1d KEYS", .tampered),
                ("rm tile/1/002", .incomplete), ("cp tile/1/001 tile/1/002", .tampered), ("rm -r tile", .incomplete),
                ("truncate -s -1 tile/1/000", .tampered), ("sed -i '/^tile/d' FORMAT", .unreadable),
                ("echo junk > tile/1/junk; echo junk > tile/1/000.tmp", .sound),
                ("rm idx -rf; mkdir idx; echo junk > idx/junk", .sound), ("echo junk > quarantine/junk", .sound),
            ]
            for (attack, expected) in attacks {
                _ = try Support.run("cp -r \(log) \(folder)/copy && cd \(folder)/copy && \(attack)")
                try expectSame(folder + "/copy", "\(attack)", is: expected)
                _ = try Support.run("rm -r \(folder)/copy")
            }
            try expectSame(folder + "/nothing", "no folder", is: .unreadable)
            let foreign = try #require(NoteSigner(newFor: "example.test/small")).key
            try expectSame(log, "a foreign key", "--key '\(foreign)'", trusted: [foreign], is: .tampered)
            // The same log, with another past.
            let forger = try LogWriter(folder: folder + "/forged", options: Support.small())
            try forger.append(Support.buffer(0..<150, salt: "forged"))
            try forger.close()
            try expectSame(folder + "/forged", "forged alone", is: .sound)
            try expectSame(
                folder + "/forged", "forged, with a kept checkpoint", "--since-checkpoint \(folder)/saved",
                since: saved, is: .tampered)
        }
    }

    @Test func `logs as crashes leave them, before any recovery`() throws {
        for seed in 0..<UInt64(max(12, Self.changes / 10)) {
            try Support.withFolder { folder in
                let system = SimulatedFileSystem()
                let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
                for start in 0..<Int(seed % 19 + 1) { try writer.append(Support.buffer((start * 6)..<(start * 6 + 6))) }
                try Support.copy(system.crash(seed: seed), to: folder)
                try expectSame(folder + "/log", "seed \(seed)")
                let (ours, _) = try verdicts(folder + "/log")
                #expect(ours.verdict == .sound || ours.verdict == .incomplete, "seed \(seed)\n\(ours.text)")
            }
        }
    }
}
