import Foundation
import PicketMitigation
import Testing

/// An authority that openssl ran before, with certificates that it revoked.
struct FormerListTests {
    private let now = Date()

    /// An authority with one revoked certificate, serial 1000, and a list with the number 65 (0x41).
    private func former(_ folder: MitigationFolder) throws {
        try folder.write(
            "ca.cnf",
            """
            [ca]
            default_ca = own
            [own]
            database = \(folder.file("index.txt"))
            serial = \(folder.file("serial"))
            crlnumber = \(folder.file("crlnumber"))
            new_certs_dir = \(folder.path)
            certificate = \(folder.file("old.crt"))
            private_key = \(folder.file("old.key"))
            default_md = sha256
            default_days = 30
            default_crl_days = 30
            policy = any
            [any]
            commonName = supplied

            """)
        for (name, text) in [("index.txt", ""), ("serial", "1000\n"), ("crlnumber", "41\n")] {
            try folder.write(name, text)
        }
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            folder.file("old.key"), "-out", folder.file("old.crt"), "-days", "60", "-subj", "/CN=Old fleet")
        try openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            folder.file("t-1.key"), "-out", folder.file("t-1.csr"), "-subj", "/CN=t-1")
        let configuration = folder.file("ca.cnf")
        try openssl(
            "ca", "-batch", "-config", configuration, "-in", folder.file("t-1.csr"), "-out", folder.file("t-1.crt"))
        try openssl(
            "ca", "-config", configuration, "-revoke", folder.file("t-1.crt"), "-crl_reason", "keyCompromise")
        try openssl("ca", "-config", configuration, "-gencrl", "-out", folder.file("old.pem"))
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }

    private func adopted(_ folder: MitigationFolder, list: String?) throws -> CertificateAuthority {
        let authority = CertificateAuthority(folder: folder.file("adopted"))
        try authority.adopt(
            certificate: folder.file("old.crt"), key: folder.file("old.key"), list: list.map(folder.file), now: now)
        return authority
    }

    private func check(_ authority: CertificateAuthority, _ folder: MitigationFolder) throws -> String {
        try system(
            "openssl", "verify", "-crl_check", "-CAfile", authority.certificateFile, "-CRLfile", authority.listFile,
            folder.file("t-1.crt")
        ).text
    }

    @Test func `whom the authority revoked before stays revoked, and the numbers of its lists go on`() throws {
        let folder = try MitigationFolder()
        try former(folder)
        let authority = try adopted(folder, list: "old.pem")
        #expect(try check(authority, folder).contains("revoked"))
        let register = try authority.register()
        #expect(register.listNumber == 66)
        #expect(register.entries.map(\.serial) == ["1000"])
        #expect(register.entries.map(\.reason) == [.keyCompromise])
        let revocation = BrokerRevocation(listFile: folder.file("old.pem"), processFile: nil)
        #expect(try authority.install(in: revocation).isNew)
    }

    @Test func `a list in place that says more is not replaced, until it was taken over`() throws {
        let folder = try MitigationFolder()
        try former(folder)
        let authority = try adopted(folder, list: nil)
        #expect(try check(authority, folder).contains("OK"), "that is what was asked for")
        let before = try String(contentsOfFile: folder.file("old.pem"), encoding: .utf8)
        let revocation = BrokerRevocation(listFile: folder.file("old.pem"), processFile: nil)
        let error = #expect(throws: AuthorityError.self) { try authority.install(in: revocation) }
        #expect(error?.description.contains("1000 for one") == true)
        #expect(error?.remedy.contains("picket ca crl --merge") == true)
        try authority.revoke(serial: "1000", reason: .unspecified, now: now)
        let number = #expect(throws: AuthorityError.self) { try authority.install(in: revocation) }
        #expect(number?.problem.contains("the number 65") == true)
        #expect(revocation.installed() == before)
        #expect(try authority.takeOver(list: folder.file("old.pem"), now: now) == 0)
        try authority.install(in: revocation)
        #expect(try authority.register().listNumber == 66)
        #expect(try revocation.installed() == authority.list())
    }

    @Test func `a list of somebody else is not taken over, and neither is what is none`() throws {
        let folder = try MitigationFolder()
        try former(folder)
        let other = CertificateAuthority(folder: folder.file("other"))
        try other.create(name: "Old fleet", now: now)
        let foreign = #expect(throws: AuthorityError.self) { try adopted(folder, list: "other/crl.pem") }
        #expect(foreign?.problem.contains("has not signed") == true)
        #expect(throws: AuthorityError.self) { try adopted(folder, list: "old.crt") }
        #expect(!FileManager.default.fileExists(atPath: folder.file("adopted/ca.key")))
    }

    @Test func `a list of ours that is weeks old is replaced, also when its canary has expired`() throws {
        let folder = try MitigationFolder()
        let authority = CertificateAuthority(folder: folder.file("ca"))
        try authority.create(name: "Fleet", now: now - 60 * 86_400)
        let path = try folder.write("crl.pem", try authority.list())
        try authority.renewList(now: now)
        #expect(try authority.install(in: BrokerRevocation(listFile: path, processFile: nil)).isNew)
    }
}
