import Foundation
import MQTT
import PicketMitigation
import Testing

/// What a person reads when a broker and a certificate do not fit.
@Suite(
    "TLS that fails", .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .serialized,
    .waits)
struct TLSProblemTests {
    @Test func `each mistake is told from the others, and what to do stands beside it`() async throws {
        let site = try MitigationSite(
            devices: ["d"], playbook: "steps: [{ command: { topic: \"cmd/{device}/stop\" } }]")
        let other = CertificateAuthority(folder: site.file("other"))
        try other.create(name: "Somebody else", now: Date())
        let foreign = try other.issue(name: "d", now: Date())
        try site.folder.write("foreign.crt", foreign.certificate)
        try site.folder.write("foreign.key", foreign.key)
        let old = try site.authority.issue(name: "d", now: Date(timeIntervalSinceNow: -20 * 366 * 86_400))
        try site.folder.write("old.crt", old.certificate)
        try site.folder.write("old.key", old.key)
        // The broker is another host than the one that answers: clients ask for its name.
        let broker = try site.authority.issue(name: "broker.example", now: Date())
        try site.folder.write("keys/127.0.0.1.crt", broker.certificate)
        try site.folder.write("keys/127.0.0.1.key", broker.key)
        let picket = try site.start()
        defer { stop(picket) }

        func problem(
            _ url: String, ca: String = "ca/ca.crt", certificate: String? = "keys/d.crt", key: String? = "keys/d.key",
            name: String? = "broker.example"
        ) async throws -> String {
            var configuration = try MQTTConfiguration(
                url: url, client: "d",
                tls: MQTTTLS(
                    authorities: site.file(ca), certificate: certificate.map(site.file), key: key.map(site.file),
                    serverName: name))
            configuration.reconnect = nil
            var words = ""
            // A busy broker drops a connection now and then before it says a word: that is no answer.
            for _ in 0..<20 {
                let client = MQTTClient(configuration)
                words = "it was let in"
                do { try await client.connect() } catch { words = "\(error)" }
                await client.close()
                if !words.contains("the broker closed it") { break }
            }
            #expect(!words.contains("OPENSSL_internal") && !words.contains("NIOSSL"), "\(words)")
            return words
        }

        #expect(try await problem(site.url) == "it was let in")
        let wrongAuthority = try await problem(site.url, ca: "other/ca.crt")
        #expect(wrongAuthority.contains("nobody in the `ca` file has signed it"), "\(wrongAuthority)")
        let wrongName = try await problem(site.url, name: nil)
        #expect(wrongName.contains("the `url` must name it as the certificate does"), "\(wrongName)")
        let unknown = try await problem(site.url, certificate: "foreign.crt", key: "foreign.key")
        #expect(unknown.contains("does not know who signed our certificate"), "\(unknown)")
        let none = try await problem(site.url, certificate: nil, key: nil)
        #expect(none.contains("certificate of ours"), "\(none)")
        let expired = try await problem(site.url, certificate: "old.crt", key: "old.key")
        #expect(expired.contains("has expired"), "\(expired)")
        let mismatch = try await problem(site.url, key: "foreign.key")
        #expect(
            mismatch.contains("the key does not belong to the certificate") && mismatch.contains("foreign.key"),
            "\(mismatch)")
    }
}
