import Foundation
import Testing

/// `picket ca`, as a person uses it, and openssl as the judge.
@Suite(.waits)
struct CertificateCommandTests {
    private let folder: ProductFolder

    init() throws { folder = try ProductFolder() }

    private func picket(_ words: String...) throws -> (end: ProductProgram.End, text: String, words: String) {
        let run = try ProductProgram.run(["ca"] + words, in: folder)
        return (run.end, String(decoding: run.output, as: UTF8.self), run.words)
    }

    private func openssl(_ words: String...) throws -> String {
        let run = try ProductProgram.run(words, executable: "/usr/bin/openssl", in: folder)
        return String(decoding: run.output, as: UTF8.self) + run.words
    }

    private func verify(_ name: String) throws -> String {
        try openssl("verify", "-crl_check", "-CAfile", "ca/ca.crt", "-CRLfile", "ca/crl.pem", "keys/\(name).crt")
    }

    @Test func `an authority from its beginning to a revocation`() throws {
        #expect(try picket("init", "--folder", "ca", "--name", "North fleet").end == .code(0))
        #expect(try openssl("x509", "-in", "ca/ca.crt", "-noout", "-subject").contains("North fleet"))
        let issued = try picket("issue", "t-7", "--folder", "ca", "--to", "keys", "--days", "30")
        #expect(issued.end == .code(0))
        let serial = issued.text.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try openssl("x509", "-in", "keys/t-7.crt", "-noout", "-serial") == "serial=\(serial)\n")
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("keys/t-7.key"))[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try verify("t-7").contains("OK"))
        #expect(try picket("issue", "t-8", "--folder", "ca", "--to", "keys").end == .code(0))
        #expect(
            try picket("revoke", serial.lowercased(), "--reason", "keyCompromise", "--folder", "ca").end == .code(0))
        #expect(try verify("t-7").contains("revoked"))
        #expect(try verify("t-8").contains("OK"))
        let lines = try picket("list", "--folder", "ca", "--output", "json").text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""name":"t-7""#) && lines[0].contains(#""reason":"keyCompromise""#))
        #expect(!lines[1].contains("revoked"))
        let words = try picket("list", "--folder", "ca", "--output", "text").text
        #expect(words.contains("\(serial)  t-7  revoked") && words.contains("t-8  valid until"))
        let list = try picket("crl", "--folder", "ca").text
        #expect(list == (try String(contentsOfFile: folder.file("ca/crl.pem"), encoding: .utf8)))
        try folder.write("printed.pem", list)
        #expect(try openssl("crl", "-in", "printed.pem", "-CAfile", "ca/ca.crt", "-noout").contains("verify OK"))
    }

    @Test func `an authority that is brought in keeps whom it revoked, and needs a word about its list`() throws {
        #expect(try picket("init", "--folder", "old").end == .code(0))
        let first = try picket("issue", "t-1", "--folder", "old", "--to", "keys").text.trimmingCharacters(
            in: .whitespacesAndNewlines)
        #expect(try picket("revoke", first, "--folder", "old").end == .code(0))
        let pair = ["--certificate", "old/ca.crt", "--key", "old/ca.key"]
        let silent = try ProductProgram.run(["ca", "init", "--folder", "ca"] + pair, in: folder)
        #expect(silent.end == .code(64) && silent.words.contains("--no-crl"), "\(silent.words)")
        let run = try ProductProgram.run(["ca", "init", "--folder", "ca", "--crl", "old/crl.pem"] + pair, in: folder)
        #expect(run.end == .code(0), "\(run.words)")
        #expect(try verify("t-1").contains("revoked"))
        let again = try picket("init", "--folder", "ca")
        #expect(again.end == .code(3) && again.words.contains("never replaced"), "\(again.words)")
        // Whoever goes on with the old one revokes another; merged, both count.
        let second = try picket("issue", "t-2", "--folder", "old", "--to", "keys").text.trimmingCharacters(
            in: .whitespacesAndNewlines)
        #expect(try picket("revoke", second, "--folder", "old").end == .code(0))
        #expect(try verify("t-2").contains("OK"))
        let merged = try picket("crl", "--folder", "ca", "--merge", "old/crl.pem")
        #expect(
            merged.end == .code(0) && merged.words.contains("revoked certificates were taken over"), "\(merged.words)")
        #expect(try verify("t-2").contains("revoked"))
    }

    @Test(arguments: [
        (["issue", "t-1", "--folder", "nowhere"], Int32(3), "picket ca init"),
        (["issue", "a/b", "--folder", "ca"], 3, "cannot be the name"),
        (["issue", "t-1", "--folder", "ca", "--days", "0"], 64, "from 1 to 3650"),
        (["revoke", "zz", "--folder", "ca"], 3, "no serial number"),
        (["revoke", "4A", "--reason", "boredom", "--folder", "ca"], 64, "keyCompromise"),
        (["crl", "--folder", "ca", "--merge", "nothing.pem"], 3, "cannot be read"),
        (["init", "--folder", "x", "--certificate", "ca/ca.crt", "--no-crl"], 64, "both"),
        (
            ["init", "--folder", "x", "--certificate", "ca/ca.crt", "--key", "ca/ca.crt", "--no-crl"], 3,
            "RSA, EC P-256"
        ),
    ])
    func `what is wrong is said, with what to do`(words: [String], code: Int32, part: String) throws {
        #expect(try picket("init", "--folder", "ca").end == .code(0))
        let run = try ProductProgram.run(["ca"] + words, in: folder)
        #expect(run.end == .code(code), "\(run.words)")
        #expect(run.words.contains(part), "\(run.words)")
    }
}
