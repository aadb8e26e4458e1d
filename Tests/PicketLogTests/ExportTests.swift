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
            let commands = """
                cd \(target); (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'
                cut -d' ' -f1 KEYS | head -1 | cut -d+ -f3- | base64 -d | tail -c 32) > key.der
                head -3 checkpoint > text
                tail -1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > sig
                openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile sig
                """
            #expect(try Support.run(commands).code == 0)
            let leaf = try Support.run(
                "cd \(target); (printf '\\000'; sed -n 1p records.ndjson | tr -d '\\n') | sha256sum")
            let expected = TreeHash.leaf(Support.line(10)).description
            #expect(String(decoding: leaf.output, as: UTF8.self).hasPrefix(expected))
            #expect(throws: LogError.self) { try LogExport(folder: folder + "/log").write(query, to: target) }
        }
    }
}
