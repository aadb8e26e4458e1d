import Foundation
import PicketMitigation
import Testing

struct AuthorityTests {
    private let now = Date()

    private func authority(_ folder: MitigationFolder) throws -> CertificateAuthority {
        let authority = CertificateAuthority(folder: folder.file("ca"))
        try authority.create(name: "Test fleet", now: now)
        return authority
    }

    private func issue(_ name: String, _ authority: CertificateAuthority, _ folder: MitigationFolder) throws -> String {
        let issued = try authority.issue(name: name, now: now)
        try folder.write("\(name).crt", issued.certificate)
        try folder.write("\(name).key", issued.key)
        return issued.serial
    }

    private func check(_ name: String, _ authority: CertificateAuthority, _ folder: MitigationFolder) throws -> String {
        try system(
            "openssl", "verify", "-crl_check", "-CAfile", authority.certificateFile, "-CRLfile", authority.listFile,
            folder.file("\(name).crt")
        ).text
    }

    @Test func `openssl accepts the list, and refuses the revoked certificate and no other`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        let bad = try issue("bad-1", authority, folder)
        _ = try issue("good-1", authority, folder)
        #expect(try check("bad-1", authority, folder).contains("OK"))
        try authority.revoke(serial: bad.lowercased(), reason: .keyCompromise, now: now)
        #expect(try check("bad-1", authority, folder).contains("revoked"))
        #expect(try check("good-1", authority, folder).contains("OK"))
        let shown = try system(
            "openssl", "crl", "-in", authority.listFile, "-CAfile", authority.certificateFile, "-noout", "-text")
        #expect(shown.code == 0)
        for part in ["verify OK", "Version 2", "Key Compromise", "Authority Key Identifier", "CRL Number", bad] {
            #expect(shown.text.contains(part), "\(part) is missing in \(shown.text)")
        }
    }

    @Test func `every list has a larger number, and revoking twice changes nothing of the entry`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        let serial = try issue("bad-1", authority, folder)
        let first = try authority.revoke(serial: serial, reason: .keyCompromise, now: now)
        let second = try authority.revoke(serial: serial, reason: .superseded, now: now + 60)
        #expect(first == second)
        #expect(try authority.register().listNumber == 3)
    }

    @Test func `a serial that was never issued here is revoked as well`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        try authority.revoke(serial: "0x80:01:ff", reason: .unspecified, now: now)
        let text = try system("openssl", "crl", "-in", authority.listFile, "-noout", "-text").text
        #expect(text.contains("8001FF"))
    }

    @Test(arguments: ["", "zz", "-1", String(repeating: "A", count: 43)])
    func `what is no serial number is refused`(text: String) throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        #expect(throws: AuthorityError.self) { try authority.revoke(serial: text, reason: .unspecified, now: now) }
        #expect(try authority.register().entries.isEmpty)
    }

    @Test(arguments: ["a/b", "#", "x+", "-rf", "line\nfeed", ""])
    func `a dangerous name gets no certificate`(name: String) throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        #expect(throws: AuthorityError.self) { try authority.issue(name: name, now: now) }
    }

    @Test func `keys are for their owner alone, and a shared one is refused`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        let mode = try FileManager.default.attributesOfItem(atPath: authority.keyFile)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: authority.keyFile)
        let error = #expect(throws: AuthorityError.self) { try authority.issue(name: "t-1", now: now) }
        #expect(error?.remedy.contains("chmod 600") == true)
    }

    @Test func `an authority is never replaced`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        let before = try String(contentsOfFile: authority.keyFile, encoding: .utf8)
        #expect(throws: AuthorityError.self) { try authority.create(name: "again", now: now) }
        #expect(try String(contentsOfFile: authority.keyFile, encoding: .utf8) == before)
    }

    @Test(arguments: [
        ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"],
        ["ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"], ["rsa:2048"], ["rsa:4096"],
    ])
    func `an authority that openssl made is brought in, and a pair that does not fit is not`(kind: [String]) throws {
        let folder = try MitigationFolder()
        let made = try system(
            ["openssl", "req", "-x509", "-newkey"] + kind + [
                "-nodes", "-keyout", folder.file("old.key"), "-out", folder.file("old.crt"), "-days", "30", "-subj",
                "/CN=Old fleet",
            ])
        try #require(made.code == 0, "\(made.text)")
        let authority = CertificateAuthority(folder: folder.file("adopted"))
        try authority.adopt(certificate: folder.file("old.crt"), key: folder.file("old.key"), list: nil, now: now)
        let serial = try issue("t-1", authority, folder)
        try authority.revoke(serial: serial, reason: .cessationOfOperation, now: now)
        #expect(try check("t-1", authority, folder).contains("revoked"))
        _ = try issue("t-2", authority, folder)
        #expect(try check("t-2", authority, folder).contains("OK"))
        let list = try system(
            "openssl", "crl", "-in", authority.listFile, "-CAfile", authority.certificateFile, "-noout")
        #expect(list.text.contains("verify OK"))
        let other = try self.authority(folder)
        #expect(throws: AuthorityError.self) {
            try CertificateAuthority(folder: folder.file("x")).adopt(
                certificate: folder.file("old.crt"), key: other.keyFile, list: nil, now: now)
        }
    }

    @Test func `a key with its curve before it is read, and who may sign no lists is refused`() throws {
        let folder = try MitigationFolder()
        // Parameters, then the key: what openssl writes unless it is told not to.
        let made = try system("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", folder.file("old.key"))
        try #require(made.code == 0, "\(made.text)")
        for (name, usage) in [("whole", "keyCertSign,cRLSign"), ("half", "keyCertSign")] {
            let signed = try system(
                "openssl", "req", "-x509", "-key", folder.file("old.key"), "-out", folder.file("\(name).crt"), "-days",
                "30",
                "-subj", "/CN=Old fleet", "-addext", "keyUsage=critical,\(usage)")
            try #require(signed.code == 0, "\(signed.text)")
        }
        try CertificateAuthority(folder: folder.file("a")).adopt(
            certificate: folder.file("whole.crt"), key: folder.file("old.key"), list: nil, now: now)
        let error = #expect(throws: AuthorityError.self) {
            try CertificateAuthority(folder: folder.file("b")).adopt(
                certificate: folder.file("half.crt"), key: folder.file("old.key"), list: nil, now: now)
        }
        #expect(error?.problem.contains("revocation lists") == true)
    }

    @Test func `a list is due when half of its week is over`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        #expect(!authority.listIsDue(now: Date()))
        #expect(authority.listIsDue(now: Date() + 4 * 86_400))
    }

    @Test func `every list revokes a canary that no list before it did`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        func canary(_ list: String) throws -> String {
            try system(
                "openssl", "verify", "-crl_check", "-CAfile", authority.certificateFile, "-CRLfile", list,
                authority.canaryCertificateFile
            ).text
        }
        let old = try folder.write("old.pem", try authority.list())
        #expect(try canary(old).contains("revoked"))
        try authority.renewList(now: now)
        #expect(try canary(old).contains("OK"))
        #expect(try canary(authority.listFile).contains("revoked"))
        let mode = try FileManager.default.attributesOfItem(atPath: authority.canaryKeyFile)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try authority.register().entries.isEmpty, "canaries are no devices")
    }

    @Test func `a list says when it expires; what is no list says nothing`() throws {
        let folder = try MitigationFolder()
        let authority = try authority(folder)
        let list = try #require(InstalledList(pem: try authority.list()))
        // Valid at once also where the clock is five minutes behind.
        #expect(abs(list.thisUpdate.timeIntervalSince(now) + 300) < 2)
        #expect(abs((list.nextUpdate ?? now).timeIntervalSince(now) - 7 * 86_400) < 2)
        #expect(InstalledList(pem: "-----BEGIN X509 CRL-----\nnonsense\n-----END X509 CRL-----\n") == nil)
        #expect(InstalledList(pem: try String(contentsOfFile: authority.certificateFile, encoding: .utf8)) == nil)
    }
}
