import Foundation
import Testing

@testable import PicketLog

/// Keys, notes and checkpoints against vectors: C2SP's, Go's, and those of the research of this project.
@Suite struct NoteTests {
    static let seed = "PRIVATE+KEY+example.test/audit/node1+b6771af9+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    static let vkey = "example.test/audit/node1+b6771af9+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    static let note = """
        example.test/audit/node1
        8
        XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

        — example.test/audit/node1 tnca+V8xnWkTyT/YJM1RGcdV4dgmzsx/RpCIYC4FDPMhIlZtwppIJd8Ey5lYcmE2UY6iVQdC5FHRVMfUMd34iF/kggI=

        """

    @Test func `a checkpoint of eight records`() throws {
        let signer = try #require(NoteSigner(Self.seed))
        #expect(signer.key.description == Self.vkey && signer.secretText == Self.seed)
        let root = TreeHash.head(of: TreeTests.leaves.map { TreeHash.leaf($0) })
        let checkpoint = Checkpoint(origin: signer.key.name, size: 8, root: root)
        let note = try #require(SignedNote(Array(Self.note.utf8)))
        #expect(note.text == checkpoint.text && Checkpoint(text: note.text) == checkpoint)
        let key = try #require(NoteKey(Self.vkey))
        #expect(note.signers(among: [key]) == [key] && note.bytes == Array(Self.note.utf8))
        // The library's signatures are randomised; they verify all the same.
        let own = try #require(checkpoint.signed(by: [signer]))
        #expect(SignedNote(own.bytes)?.signers(among: [key]) == [key])
    }

    @Test func `other people's keys`() throws {
        // c2sp.org/signed-note, and golang.org/x/mod/sumdb/note.
        let example = try #require(NoteKey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"))
        #expect(example.name == "example.com/foo" && example.idText == "530d903a")
        #expect(NoteKey("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k") == nil)
        #expect(NoteKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW") != nil)
        for bad in ["", "a", "a+b", "a+00000000+", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"] {
            #expect(NoteKey(bad) == nil)
        }
    }

    @Test func `notes that are not`() throws {
        let key = try #require(NoteKey(Self.vkey))
        let bytes = Array(Self.note.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            let note = SignedNote(changed)
            // Whatever still is a note is not this key's any more, or nothing a checkpoint reader takes for one.
            #expect(note == nil || note?.signers(among: [key]) != [key] || note == SignedNote(bytes))
        }
        for text in ["", "\n", "a\n", "a\n\n", "a\n\n- a AAAAAAA=\n", "a\n\n— a AAAA\n", "a\r\n\n— a AAAAAAA=\n"] {
            #expect(SignedNote(Array(text.utf8)) == nil, "\(text)")
        }
        #expect(Checkpoint(text: "a\n08\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n") == nil)
        #expect(Checkpoint(text: "a\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\nmore\n") == nil)
        #expect(Checkpoint(text: "a\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n") == nil)
    }

    @Test func `openssl accepts our signatures`() throws {
        try Support.withFolder { folder in
            let signer = try #require(NoteSigner(newFor: "example.test/openssl"))
            let note = try #require(Checkpoint(origin: signer.key.name, size: 0, root: .empty).signed(by: [signer]))
            // SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed head and the key.
            let head: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
            try Data(head + signer.key.publicKey).write(to: URL(fileURLWithPath: folder + "/key.der"))
            try Data(note.text.utf8).write(to: URL(fileURLWithPath: folder + "/text"))
            try Data(note.signatures[0].bytes).write(to: URL(fileURLWithPath: folder + "/sig"))
            let command =
                "cd \(folder) && openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile sig"
            #expect(try Support.run(command).code == 0)
            try Data("example".utf8).write(to: URL(fileURLWithPath: folder + "/text"))
            #expect(try Support.run(command + " 2>&1").code != 0)
        }
    }

    @Test func `base64 has one text for every value`() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        for bad in ["A", "AA", "AAA", "AB==", "AAB=", "A===", "AA=A", "====", "AA==AAAA", "A\u{E9}A="] {
            #expect(Base64.decode(bad) == nil, "\(bad)")
        }
    }
}
