import Foundation
import Testing

@testable import PicketLog

/// Proofs and exports, checked without the log.
@Suite struct ExportTests {
    @Test func `a proof stands by itself`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        try writer.append(Support.buffer(0..<75))
        let key = try #require(NoteSigner(Support.signerText)).key
        var prover = try RecordProver(folder: "/log", fileSystem: system)
        for index in 0..<75 as Range<UInt64> {
            let (proof, line) = try prover.proof(of: index)
            #expect(line == Support.line(Int(index)))
            let read = try #require(RecordProof(proof.bytes))
            #expect(read == proof && read.proves(line, keys: [key]))
            #expect(!read.proves(line + [0x20], keys: [key]) && !read.proves(line, keys: []))
            let foreign = try #require(NoteSigner(newFor: "example.test/small")).key
            #expect(!read.proves(line, keys: [foreign]))
            guard index == 40 else { continue }
            for offset in proof.bytes.indices {
                var changed = proof.bytes
                changed[offset] ^= 1
                #expect(RecordProof(changed)?.proves(line, keys: [key]) != true, "byte \(offset)")
            }
        }
        #expect(throws: LogError.self) { try prover.proof(of: 75) }
    }

    /// The commands that the README of an export names, run as they stand there; the exit code of the last, which asks openssl.
    private func runReadMe(_ target: String) throws -> (code: Int32, output: String) {
        let text = try String(contentsOfFile: target + "/README", encoding: .utf8)
        let commands = text.split(separator: "\n").filter { $0.hasPrefix("     ") }.joined(separator: "\n")
        let (code, output) = try Support.run("cd \(target); \(commands)")
        return (code, String(decoding: output, as: UTF8.self))
    }

    @Test func `an export is checked with the commands its README names`() throws {
        try Support.withFolder { folder in
            let writer = try LogWriter(folder: folder + "/log", options: Support.small())
            try writer.append(Support.buffer(0..<200))
            try writer.close()
            var query = LogQuery()
            query.from = Support.time(10)
            query.to = Support.time(60)
            let target = folder + "/evidence"
            let summary = try LogExport(folder: folder + "/log").write(query, to: target)
            #expect(summary.records == 50 && summary.unsigned == 0)
            let records = try Data(contentsOf: URL(fileURLWithPath: target + "/records.ndjson"))
            #expect([UInt8](records) == Support.buffer(10..<60).bytes)
            #expect(try Support.run("ls \(target)/proofs | wc -l").output.starts(with: Array("50".utf8)))
            let checked = try runReadMe(target)
            #expect(checked.code == 0, "\(checked.output)")
            #expect(checked.output.hasPrefix(TreeHash.leaf(Support.line(10)).description))
            #expect(throws: LogError.self) { try LogExport(folder: folder + "/log").write(query, to: target) }
            #expect(try Support.run("cd \(target) && sed -i '1s/small/large/' checkpoint").code == 0)
            #expect(try runReadMe(target).code != 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["evidence", "log"])
        }
    }

    @Test func `README, key and checkpoint of an export belong together, whatever keys the log has had`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let old = try #require(NoteSigner(Support.signerText))
            let new = try #require(NoteSigner(newFor: "example.test/small"))
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.append(Support.buffer(0..<40))
            func export(_ name: String, signed signers: [NoteKey], _ others: [NoteKey]) throws {
                let target = folder + "/" + name
                _ = try LogExport(folder: log).write(LogQuery(), to: target)
                let checked = try runReadMe(target)
                #expect(checked.code == 0, "\(name): \(checked.output)")
                let vkeys = try String(contentsOfFile: target + "/vkey", encoding: .utf8)
                #expect(vkeys == signers.map { "\($0)\n" }.joined())
                let readMe = try String(contentsOfFile: target + "/README", encoding: .utf8)
                for key in signers { #expect(readMe.contains("\(key), which signs the sizes from ")) }
                for key in others { #expect(readMe.contains("\(key), which signs the sizes from ")) }
                #expect(readMe.contains("has other keys") == !others.isEmpty)
            }
            try export("before", signed: [old.key], [])
            try writer.addKey(new, time: Support.time(40))
            try export("beside", signed: [old.key, new.key], [])
            try writer.append(Support.buffer(41..<50))
            try writer.retireKey(old.key, time: Support.time(50))
            try writer.append(Support.buffer(51..<60))
            try writer.close()
            try export("after", signed: [new.key], [old.key])
            // Whoever was given the old key only is led to the new one.
            let name = folder + "/after/introductions/" + LogFolder.digits(40)
            let proof = try RecordProof([UInt8](Data(contentsOf: URL(fileURLWithPath: name + ".tlog-proof"))))
            let line = try [UInt8](Data(contentsOf: URL(fileURLWithPath: name + ".ndjson"))).dropLast()
            #expect(proof?.proves(Array(line), keys: [old.key]) == true)
            #expect(String(decoding: line, as: UTF8.self).contains("\"vkey\":\"\(new.key)\""))
        }
    }

    @Test func `no proof and no export of a log whose checkpoint its keys did not sign`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.append(Support.buffer(0..<40))
            try writer.close()
            let foreign = try #require(NoteSigner(newFor: "example.test/small"))
            let checkpoint = try RecordProver(folder: log).note.text
            let forged = try #require(Checkpoint(text: checkpoint)?.signed(by: [foreign]))
            try Data(forged.bytes).write(to: URL(fileURLWithPath: folder + "/forged"))
            let attacks = [
                "rm KEYS", ": > KEYS", "cp ../forged checkpoint", "tail -1 ../forged >> checkpoint",
                "sed -i '5s/ \\(.....\\)[A-Za-m]/ \\1z/2; 5s/.=$/A=/' checkpoint", "sed -i '$d' checkpoint",
                "sed -i 's/ 0 -/ 0 39/' KEYS", "sed -i 's/^origin.*/origin example.test\\/other/' FORMAT",
                "rm checkpoint",
            ]
            for attack in attacks {
                let copy = folder + "/copy"
                _ = try Support.run("cp -r \(log) \(copy) && cd \(copy) && \(attack)")
                #expect(throws: LogError.self, "\(attack)") { try RecordProver(folder: copy) }
                #expect(throws: LogError.self, "\(attack)") {
                    try LogExport(folder: copy).write(LogQuery(), to: folder + "/evidence")
                }
                #expect(!FileManager.default.fileExists(atPath: folder + "/evidence"))
                _ = try Support.run("rm -r \(copy)")
            }
            // The same of an earlier checkpoint, which a report proves with.
            _ = try RecordProver(folder: log, covering: 3)
            _ = try Support.run("(cat \(folder)/forged; echo) > \(log)/checkpoints.log")
            #expect(throws: LogError.self) { try RecordProver(folder: log, covering: 3) }
        }
    }

    @Test func `an export that has its name keeps every proof when the machine goes off`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        try writer.append(Support.buffer(0..<40))
        try writer.close()
        _ = try LogExport(folder: "/log", fileSystem: system).write(LogQuery(), to: "/evidence")
        let whole = system.snapshot().filter { $0.key.hasPrefix("/evidence/") }
        #expect(whole.count > 40)
        for seed in 0..<4 as Range<UInt64> {
            #expect(system.crash(seed: seed).snapshot().filter { $0.key.hasPrefix("/evidence/") } == whole)
        }
    }

    @Test(arguments: [SimulatedFileSystem.Fault.full, .inputOutput])
    func `an export that fails leaves nothing behind`(fault: SimulatedFileSystem.Fault) throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        try writer.append(Support.buffer(0..<40))
        try writer.addKey(try #require(NoteSigner(newFor: "example.test/small")), time: Support.time(40))
        try writer.close()
        var query = LogQuery()
        query.fromIndex = 20
        let before = system.calls
        _ = try LogExport(folder: "/log", fileSystem: system.kill()).write(query, to: "/evidence")
        let whole = system.kill()
        _ = try LogExport(folder: "/log", fileSystem: whole).write(query, to: "/evidence")
        for call in 1...(whole.calls - before) {
            let system = system.kill()
            system.arm(fault, in: call)
            guard (try? LogExport(folder: "/log", fileSystem: system).write(query, to: "/evidence")) == nil else {
                continue
            }
            let left = try system.names(in: "/").filter { $0 != "log" }
            // The very last call makes a name durable that is given already.
            #expect(left.isEmpty || left == ["evidence"] && call == whole.calls - before, "call \(call): \(left)")
        }
    }
}
