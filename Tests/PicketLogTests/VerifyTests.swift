import PicketEvents
import Testing

@testable import PicketLog

/// What the verifier says of sound logs, and of logs to which something was done.
@Suite struct VerifyTests {
    /// A signed log of three segments and a half with short blocks, closed, or with a tail still in the write-ahead file.
    private func log(close: Bool) throws -> SimulatedFileSystem {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        for start in stride(from: 0, to: 110, by: 5) {
            try writer.append(Support.buffer(start..<(start + 5)))
            if start == 40 { writer.sealOpenBlock() }
            if start == 60 { try writer.signNow() }
        }
        if close { try writer.close() }
        return system.kill()
    }

    private func verify(_ system: SimulatedFileSystem, since: [UInt8]? = nil, trusted: [NoteKey] = []) -> VerifyReport {
        LogVerifier(folder: "/log", trusted: trusted, since: since, fileSystem: system).run()
    }

    private func replace(_ path: String, _ bytes: [UInt8], _ system: SimulatedFileSystem) throws {
        let file = try system.open(path, .replace(secret: false))
        try file.write(bytes, at: 0)
        try file.sync()
    }

    @Test func `gaps are told in the words of their records, sealed or not, by both verifiers`() throws {
        try Support.withFolder { folder in
            let writer = try LogWriter(folder: folder + "/log", options: Support.small())
            var gap = GapRecord(
                received: Support.time(0), name: "broker", from: Support.time(0), to: Support.time(9),
                cause: "disk-full",
                lost: 18_204)
            for index in 0..<20 {
                var buffer = RecordBuffer()
                gap.cause = index == 3 ? "disk-full" : "a \u{1B}[31m \"quote\""
                buffer.append(
                    line: index == 3 || index == 18 ? gap.line() : Support.line(index), time: Support.time(index))
                try writer.append(buffer)
            }
            let report = LogVerifier(folder: folder + "/log").run()
            #expect(report.verdict == .sound && report.gaps == 2, "\(report.text)")
            let span = "2026-11-18T11:06:40.000Z to 2026-11-18T11:06:40.063Z, feed broker: "
            let rows = [
                "gaps            2 declared", "                \(span)disk-full, 18204 lost",
                "                \(span)a \\u001b[31m \\\"quote\\\", 18204 lost",
            ]
            #expect(report.text.contains(rows.joined(separator: "\n")), "\(report.text)")
            let theirs = try Support.run("python3 -B \(BothVerifiers.tool) \(folder)/log").output
            #expect(String(decoding: theirs, as: UTF8.self).contains(rows[0...1].joined(separator: "\n")))
            #expect(!theirs.contains(0x1B))
            #expect(report.text.contains("signed by \(try #require(NoteSigner(Support.signerText)).key.idText); "))
        }
    }

    @Test func `what no checkpoint covers yet has an age`() throws {
        let system = SimulatedFileSystem()
        var options = Support.small()
        options.signAfter = .seconds(3_600)
        let writer = try LogWriter(folder: "/log", options: options, fileSystem: system)
        try writer.append(Support.buffer(0..<3))
        try writer.signNow()
        try writer.append(Support.buffer(3..<6))
        let report = verify(system.kill())
        #expect(report.verdict == .sound && report.unsignedSince == Support.time(3), "\(report.text)")
        #expect(
            report.text.contains("3 records after the newest checkpoint: NOT YET SIGNED (the oldest of 2026-11-18T"))
    }

    @Test(arguments: [true, false])
    func `a sound log`(close: Bool) throws {
        let system = try log(close: close)
        let before = system.snapshot()
        let report = verify(system)
        #expect(report.verdict == .sound, "\(report.text)")
        #expect(report.records == 110 && report.newest?.size == 110 && report.checkpoints >= 2)
        #expect(system.snapshot() == before)
        let key = try #require(NoteSigner(Support.signerText)).key
        #expect(verify(system, since: before["/log/checkpoint"], trusted: [key]).verdict == .sound)
        #expect(verify(system, trusted: [key]).notProven.count == 2)
    }

    /// Files whose content decides nothing, as FORMAT.md says.
    private func isDisposable(_ path: String) -> Bool { path.hasSuffix("/LOCK") || path.contains("/quarantine/") }

    @Test(arguments: [true, false])
    func `every changed byte is found`(close: Bool) throws {
        let system = try log(close: close)
        var random = Random(3)
        for (path, bytes) in system.snapshot().sorted(by: { $0.key < $1.key }) where !isDisposable(path) {
            for offset in stride(from: 0, to: bytes.count, by: bytes.count > 600 ? 3 : 1) {
                let copy = system.kill()
                var changed = bytes
                changed[offset] ^= UInt8(1 << random.below(8))
                try replace(path, changed, copy)
                let report = verify(copy)
                #expect(report.verdict != .sound, "\(path) byte \(offset)")
            }
        }
    }

    @Test func `the attacks of the design`() throws {
        let system = try log(close: true)
        let files = system.snapshot()
        let saved = files["/log/checkpoint"]
        func after(_ change: (SimulatedFileSystem) throws -> Void, since: [UInt8]? = nil) throws -> VerifyReport.Verdict
        {
            let copy = system.kill()
            try change(copy)
            return verify(copy, since: since).verdict
        }
        // Signatures stripped: absence is never sound.
        #expect(try after { try $0.remove("/log/checkpoint") } == .incomplete)
        #expect(
            try after {
                for path in ["/log/checkpoint", "/log/checkpoints.log", "/log/state/signed"] { try $0.remove(path) }
            } == .incomplete)
        #expect(try after { try $0.remove("/log/seg/x000/00000000000000000032.jsonl.gz") } == .incomplete)
        #expect(try after { try $0.remove("/log/FORMAT") } == .unreadable)
        #expect(try after { try $0.remove("/log/KEYS") } != .sound)
        // The end cut off.
        #expect(try after { try $0.remove("/log/seg/x000/00000000000000000096.jsonl.gz") } == .tampered)
        // Another log in its place, whole and signed with the same key, but with another history.
        let other = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: other)
        try writer.append(Support.buffer(0..<150, salt: "forged"))
        try writer.close()
        #expect(verify(other).verdict == .sound)
        #expect(verify(other, since: saved).verdict == .tampered)
        // Rolled back to an older copy of itself.
        let early = SimulatedFileSystem()
        let first = try LogWriter(folder: "/log", options: Support.small(), fileSystem: early)
        try first.append(Support.buffer(0..<20))
        try first.close()
        #expect(verify(early, since: saved).verdict == .tampered)
        // Somebody else's key.
        let foreign = try #require(NoteSigner(newFor: "example.test/small")).key
        #expect(verify(system.kill(), trusted: [foreign]).verdict == .tampered)
        // Segments exchanged, and two blocks of one.
        #expect(
            try after {
                try self.replace(
                    "/log/seg/x000/00000000000000000000.jsonl.gz",
                    files["/log/seg/x000/00000000000000000032.jsonl.gz"]!, $0)
            } == .tampered)
        // Nothing at all.
        #expect(verify(SimulatedFileSystem()).verdict == .unreadable)
    }

    @Test func `a writer refuses a log that is not what was signed`() throws {
        let system = try log(close: true)
        let other = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: other)
        try writer.append(Support.buffer(0..<150, salt: "forged"))
        try writer.close()
        let forged = other.kill()
        try replace("/log/state/signed", system.snapshot()["/log/state/signed"]!, forged)
        #expect(throws: LogError.self) { try LogWriter(folder: "/log", options: Support.small(), fileSystem: forged) }
        let shorter = system.kill()
        try shorter.remove("/log/seg/x000/00000000000000000096.jsonl.gz")
        #expect(throws: LogError.self) { try LogWriter(folder: "/log", options: Support.small(), fileSystem: shorter) }
        var unsigned = Support.small()
        unsigned.signers = []
        #expect(throws: LogError.self) { try LogWriter(folder: "/log", options: unsigned, fileSystem: system.kill()) }
    }

    @Test func `keys are rotated with an overlap`() throws {
        let system = SimulatedFileSystem()
        let old = try #require(NoteSigner(Support.signerText))
        let new = try #require(NoteSigner(newFor: "example.test/small"))
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        try writer.append(Support.buffer(0..<50))
        try writer.addKey(new, time: Support.time(50))
        #expect(verify(system.kill()).verdict == .sound)
        try writer.append(Support.buffer(51..<80))
        try writer.retireKey(old.key, time: Support.time(80))
        try writer.append(Support.buffer(81..<100))
        try writer.close()
        let report = verify(system.kill(), trusted: [old.key])
        #expect(report.verdict == .sound, "\(report.text)")
        #expect(report.keys.map(\.from) == [0, 51] && report.keys.map(\.to) == [81, nil])
        var options = Support.small()
        #expect(throws: LogError.self) { try LogWriter(folder: "/log", options: options, fileSystem: system.kill()) }
        options.signers = [new]
        let again = system.kill()
        let next = try LogWriter(folder: "/log", options: options, fileSystem: again)
        try next.append(Support.buffer(100..<120))
        try next.close()
        #expect(verify(again.kill()).verdict == .sound)
        // With the new key alone nobody can say that the past was another: the old key's last checkpoint is missing.
        let forged = SimulatedFileSystem()
        let forger = try LogWriter(folder: "/log", options: options, fileSystem: forged)
        try forger.append(Support.buffer(0..<120, salt: "forged"))
        try forger.close()
        let copy = forged.kill()
        try replace("/log/KEYS", again.snapshot()["/log/KEYS"]!, copy)
        #expect(verify(copy).verdict == .tampered)
        #expect(verify(forged.kill(), trusted: [old.key]).verdict == .tampered)
    }
}
