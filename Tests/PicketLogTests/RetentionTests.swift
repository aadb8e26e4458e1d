import Foundation
import Testing

@testable import PicketLog

/// Segments that are deleted on purpose, and those that are not.
@Suite struct RetentionTests {
    /// A log of four segments and a bit, the oldest two of them older than record 70.
    private func write(_ folder: String, _ system: any LogFileSystem = RealFileSystem()) throws -> LogWriter {
        let writer = try LogWriter(folder: folder, options: Support.small(), fileSystem: system)
        for start in stride(from: 0, to: 130, by: 5) { try writer.append(Support.buffer(start..<(start + 5))) }
        return writer
    }

    @Test func `whole old segments go, the log says so, and everything else goes on`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            do {
                let writer = try write(log)
                #expect(try writer.prune(before: Support.time(31), time: Support.time(130)) == nil)
                #expect(try writer.prune(before: Support.time(70), time: Support.time(130)) == 64)
                #expect(try writer.prune(before: Support.time(70), time: Support.time(131)) == nil)
                try writer.append(Support.buffer(131..<140))
                try writer.close()
            }
            let again = try LogWriter(folder: log, options: Support.small())
            #expect(again.nextIndex == 140)
            #expect(try again.prune(before: Support.time(100), time: Support.time(140)) == 96)
            try again.append(Support.buffer(141..<150))
            try again.close()
            let report = LogVerifier(folder: log).run()
            #expect(report.verdict == .sound, "\(report.text)")
            #expect(report.pruned == 96 && report.records == 54 && report.text.contains("pruned"))
            // Readers begin where the log does.
            var reader = try LogReader(folder: log)
            #expect(try reader.next()?.firstIndex == 96)
            var query = try QueryReader(folder: log, LogQuery())
            #expect(try query.next()?.first?.index == 96)
            var prover = try RecordProver(folder: log)
            let (proof, line) = try prover.proof(of: 100)
            #expect(line == Support.line(100))
            #expect(proof.proves(line, keys: report.keys.map(\.key)))
            #expect(throws: LogError.self) { try prover.proof(of: 5) }
        }
    }

    @Test func `an unsigned log is left whole`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.unsigned, fileSystem: system)
        try writer.append(Support.buffer(0..<130))
        #expect(try writer.prune(before: .max, time: Support.time(130)) == nil)
        try writer.close()
        #expect(try Support.contents("/log", system) == Support.buffer(0..<130).bytes)
    }

    @Test func `both verifiers tell retention from theft`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let writer = try write(log)
            let early = [UInt8](try Data(contentsOf: URL(fileURLWithPath: log + "/checkpoint")))
            _ = try writer.prune(before: Support.time(70), time: Support.time(130))
            try writer.close()
            try Data(early).write(to: URL(fileURLWithPath: folder + "/saved"))
            let tool = BothVerifiers.tool
            let attacks: [(String, VerifyReport.Verdict)] = [
                ("true", .sound), ("rm PRUNED", .incomplete), ("sed -i 2d PRUNED", .incomplete),
                ("sed -i 's/^record 1/record 2/' PRUNED", .tampered),
                ("sed -i 's/^record 130/record 129/' PRUNED", .tampered),
                ("sed -i '2s/^./_/' PRUNED", .tampered), ("echo >> PRUNED", .tampered),
                ("sed -i '2h;2d;3G' PRUNED", .tampered), (": > PRUNED", .tampered),
                ("rm seg/x000/00000000000000000064.jsonl.gz", .incomplete),
                ("rm seg/x000/*064.jsonl.gz; sed -n 2p PRUNED >> PRUNED", .tampered),
                ("touch seg/x000/00000000000000000032.jsonl.gz", .sound),
            ]
            for (attack, expected) in attacks {
                _ = try Support.run("cp -r \(log) \(folder)/copy && cd \(folder)/copy && \(attack)")
                let ours = LogVerifier(folder: folder + "/copy").run()
                let theirs = try Support.run("python3 -B \(tool) \(folder)/copy 2>&1")
                #expect(ours.verdict == expected, "\(attack)\n\(ours.text)")
                #expect(
                    theirs.code == expected.rawValue, "\(attack)\n\(String(decoding: theirs.output, as: UTF8.self))")
                _ = try Support.run("rm -r \(folder)/copy")
            }
            // Somebody takes one more segment, with its true root: every head is still what was signed.
            let stolen = LogFolder(log).segmentFile(64, Support.small().shape)
            let end = try #require(try SegmentFile.end(of: stolen, 64, Support.small().shape, RealFileSystem()))
            var list = try PrunedList.read(LogFolder(log), RealFileSystem())
            list.roots.append(end.root)
            let copy = folder + "/theft"
            _ = try Support.run("cp -r \(log) \(copy) && rm \(copy)/seg/x000/*064.jsonl.gz")
            try Data(list.encoded()).write(to: URL(fileURLWithPath: copy + "/PRUNED"))
            #expect(LogVerifier(folder: copy).run().verdict == .tampered)
            #expect(try Support.run("python3 -B \(tool) \(copy)").code == 1)
            #expect(LogVerifier(folder: log, since: early).run().verdict == .sound)
            var reader = try LogReader(folder: log)
            #expect(try reader.next()?.firstIndex == 64)
        }
    }

    @Test func `a key whose introduction was deleted is believed as far as the first is`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let old = try #require(NoteSigner(Support.signerText)).key
            let new = try #require(NoteSigner(newFor: "example.test/small"))
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.append(Support.buffer(0..<40))
            try writer.addKey(new, time: Support.time(40))
            try writer.retireKey(old, time: Support.time(41))
            try writer.append(Support.buffer(42..<130))
            let both = BothVerifiers(log)
            try both.expectSame("before", trusted: [old], is: .sound)
            #expect(try writer.prune(before: Support.time(70), time: Support.time(130)) == 64)
            try writer.close()
            try both.expectSame("nobody's key", is: .sound)
            try both.expectSame("the old key only", trusted: [old], is: .incomplete)
            try both.expectSame("the new key", trusted: [new.key], is: .sound)
            try both.expectSame("both keys", trusted: [old, new.key], is: .sound)
            let claims = LogVerifier(folder: log).run().notProven
            #expect(claims.contains { $0.contains("how key \(new.key.idText) came in") }, "\(claims)")
        }
    }

    @Test func `crashes at every call lose nothing but what was to go`() throws {
        func work(_ system: SimulatedFileSystem) throws {
            let writer = try write("/log", system)
            _ = try writer.prune(before: Support.time(70), time: Support.time(130))
            try writer.close()
        }
        let start = SimulatedFileSystem()
        _ = try write("/log", start)
        let whole = SimulatedFileSystem()
        try work(whole)
        for call in (start.calls - 3)...whole.calls {
            let system = SimulatedFileSystem(faultAt: call, seed: UInt64(call))
            _ = try? work(system)
            let after = system.crash(seed: UInt64(call))
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: after)
            try writer.append(Support.buffer(Int(writer.nextIndex)..<(Int(writer.nextIndex) + 3)))
            try writer.close()
            let report = LogVerifier(folder: "/log", fileSystem: after).run()
            #expect(report.verdict == .sound, "call \(call)\n\(report.text)")
            #expect(report.pruned == 0 || report.pruned == 64)
            let end = Int(writer.nextIndex)
            #expect(report.records + report.pruned == UInt64(end))
        }
    }
}
