import Foundation
import Testing

@testable import PicketLog

/// The verifier in Python, written from FORMAT.md alone, gives the same exit code as ours, whatever is done to a log.
@Suite struct IndependentVerifierTests {
    /// More changes than a test has time for: `PICKET_CHANGES=10000`.
    private static let changes = Int(ProcessInfo.processInfo.environment["PICKET_CHANGES"] ?? "") ?? 40

    /// A log on disk with three segments, short blocks, two keys, one of them retired, an index, what else lies in such a
    /// folder, and a tail where it is not closed.
    private func write(_ folder: String, close: Bool, prune: Bool = false) throws {
        let old = try #require(NoteSigner(Support.signerText))
        let new = try #require(NoteSigner("PRIVATE+KEY+example.test/small+" + Self.newKeyText))
        var options = Support.small()
        options.reserveBytes = 2_000
        let writer = try LogWriter(folder: folder, options: options)
        try writer.append(Support.buffer(0..<40))
        writer.sealOpenBlock()
        try writer.addKey(new, time: Support.time(40))
        try writer.append(Support.buffer(41..<50))
        try writer.retireKey(old.key, time: Support.time(50))
        for start in stride(from: 51, to: 101, by: 5) { try writer.append(Support.buffer(start..<(start + 5))) }
        if prune { #expect(try writer.prune(before: Support.time(33), time: Support.time(101)) == 32) }
        if close { try writer.close() }
        var query = LogQuery()
        query.add(.device, "sensor-1")
        var reader = try QueryReader(folder: folder, query)
        while try reader.next() != nil {}
        _ = try Support.run(
            "mkdir \(folder)/profiles; echo copy > \(folder)/profiles/a; echo x > \(folder)/quarantine/a")
    }

    /// A second key: the id is the hash of name and key, so it is computed here.
    private static var newKeyText: String {
        let signer = NoteSigner(newFor: "example.test/small")
        return String(signer?.secretText.dropFirst("PRIVATE+KEY+example.test/small+".count) ?? "")
    }

    private func files(_ folder: String) throws -> [String] {
        let names = try Support.run("cd \(folder) && find . -type f | sort").output
        return String(decoding: names, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The folders and files that FORMAT.md names disposable.
    private static let disposable: Set = ["idx", "quarantine", "profiles", "reserve"]

    @Test(arguments: ["closed", "open", "pruned"])
    func `single changed bytes`(state: String) throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            try write(log, close: state != "open", prune: state == "pruned")
            let both = BothVerifiers(log)
            try both.expectSame("untouched", is: .sound)
            var random = Random(UInt64(state.utf8.count))
            let names = try files(log).filter { !$0.contains("LOCK") }
            let kinds = ["seg/", "tile/", "KEYS", "FORMAT", "checkpoint", "state/", "idx/", "reserve", "profiles/"]
            for kind in kinds + (state == "open" ? ["wal/"] : []) + (state == "pruned" ? ["PRUNED"] : []) {
                #expect(names.contains { $0.hasPrefix("./" + kind) }, "\(kind)")
            }
            for _ in 0..<Self.changes {
                let name = names[Int(random.below(UInt64(names.count)))]
                let url = URL(fileURLWithPath: log + "/" + name)
                let whole = try Data(contentsOf: url)
                var bytes = [UInt8](whole)
                let offset = Int(random.below(UInt64(bytes.count)))
                bytes[offset] ^= UInt8(random.below(255)) + 1
                try Data(bytes).write(to: url)
                let isDisposable = Self.disposable.contains(String(name.split(separator: "/")[1]))
                let verdict = try both.expectSame("\(state): \(name) byte \(offset) is \(bytes[offset])")
                #expect((verdict == .sound) == isDisposable, "\(state): \(name) byte \(offset) is \(bytes[offset])")
                try whole.write(to: url)
            }
        }
    }

    @Test func `single changed bytes of a checkpoint that was kept`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            try write(log, close: true)
            let note = try #require(
                SignedNote([UInt8](try Data(contentsOf: URL(fileURLWithPath: log + "/checkpoint")))))
            try FileManager.default.createDirectory(atPath: folder + "/anchor", withIntermediateDirectories: true)
            try AnchorFolder.write(note, to: folder + "/anchor")
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder + "/anchor").first)
            let url = URL(fileURLWithPath: folder + "/anchor/" + name)
            let whole = [UInt8](try Data(contentsOf: url))
            let both = BothVerifiers(log)
            try both.expectSame("as kept", since: url.path, is: .sound)
            var random = Random(4)
            for _ in 0..<Self.changes {
                var bytes = whole
                let offset = Int(random.below(UInt64(bytes.count)))
                bytes[offset] ^= UInt8(random.below(255)) + 1
                try Data(bytes).write(to: url)
                let verdict = try both.expectSame("byte \(offset) is \(bytes[offset])", since: url.path)
                #expect(verdict != .sound, "byte \(offset) is \(bytes[offset])")
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
            try BothVerifiers(log).expectSame(
                "kept checkpoint and key", since: folder + "/saved", trusted: [old], is: .sound)
            let attacks: [(String, VerifyReport.Verdict)] = [
                ("head -4 checkpoint > x; mv x checkpoint", .tampered), ("rm checkpoint", .incomplete),
                ("rm checkpoints.log", .incomplete), ("rm state/signed", .incomplete),
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
                try BothVerifiers(folder + "/copy").expectSame("\(attack)", is: expected)
                _ = try Support.run("rm -r \(folder)/copy")
            }
            try BothVerifiers(folder + "/nothing").expectSame("no folder", is: .unreadable)
            let foreign = try #require(NoteSigner(newFor: "example.test/small")).key
            try BothVerifiers(log).expectSame("a foreign key", trusted: [foreign], is: .tampered)
            // The same log, with another past.
            let forger = try LogWriter(folder: folder + "/forged", options: Support.small())
            try forger.append(Support.buffer(0..<150, salt: "forged"))
            try forger.close()
            let both = BothVerifiers(folder + "/forged")
            try both.expectSame("forged alone", is: .sound)
            try both.expectSame("forged, with a kept checkpoint", since: folder + "/saved", is: .tampered)
        }
    }

    @Test func `logs as crashes leave them, before any recovery`() throws {
        for seed in 0..<UInt64(max(12, Self.changes / 10)) {
            try Support.withFolder { folder in
                let system = SimulatedFileSystem()
                let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
                for start in 0..<Int(seed % 19 + 1) { try writer.append(Support.buffer((start * 6)..<(start * 6 + 6))) }
                try Support.copy(system.crash(seed: seed), to: folder)
                let verdict = try BothVerifiers(folder + "/log").expectSame("seed \(seed)")
                #expect(verdict == .sound || verdict == .incomplete, "seed \(seed)")
            }
        }
    }
}
