import Foundation
import MQTT
import Testing

/// The broker's configuration in Documentation/OPERATIONS.md, as it stands there; only places are others.
@Suite(
    "OPERATIONS.md: the broker",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .waits, .serialized,
    .timeLimit(.minutes(10)))
struct OperationsTests {
    /// The blocks of the page that begin with a comment naming `file`.
    private static func blocks(_ file: String) throws -> [String] {
        let page = try String(contentsOfFile: "\(Places.package)/Documentation/OPERATIONS.md", encoding: .utf8)
        let parts = page.components(separatedBy: "```")
        return parts.enumerated().compactMap { index, part in
            guard index % 2 == 1, let start = part.firstIndex(of: "\n") else { return nil }
            let block = part[part.index(after: start)...]
            return block.hasPrefix("# \(file)") ? String(block) : nil
        }
    }

    private static func site() throws -> MitigationSite {
        let site = try MitigationSite(devices: ["t-1", "t-2"], playbook: "mode: observe\nsteps: []")
        func placed(_ text: String) -> String {
            let places: [(String, String)] = [
                ("/usr/lib/picket/picket_plugin.so", PluginSite.plugin ?? ""),
                ("/run/picket/broker.sock", site.file("broker.sock")),
                ("/var/lib/mosquitto/picket.deny", site.file("deny")), ("/etc/mosquitto/acl", site.file("acl")),
                ("/etc/mosquitto/ca.crt", site.file("ca/ca.crt")), ("/etc/mosquitto/crl.pem", site.file("crl.pem")),
                ("/etc/mosquitto/server.", site.file("keys/127.0.0.1.")),
                ("/etc/picket/picket.", site.file("keys/picket.")),
                ("listener 8883", "listener \(site.broker.port) 127.0.0.1"),
                ("127.0.0.1:8883", "127.0.0.1:\(site.broker.port)"),
            ]
            return places.reduce(text) { $0.replacing($1.0, with: $1.1) }
        }
        let broker = try blocks("/etc/mosquitto/conf.d/picket.conf")
        let rules = try blocks("/etc/mosquitto/acl")
        #expect(broker.count == 2 && rules.count == 2)
        try site.folder.write("acl", rules.joined())
        // A listener ends what is said before it; what is for all of them comes first.
        let general = ["user \(NSUserName())", "log_type all", "persistence_location \(site.folder.path)/"]
        try site.folder.write(
            "mosquitto.conf", general.joined(separator: "\n") + "\n" + broker.reversed().map(placed).joined())
        let picket = try #require(try blocks("/etc/picket/picket.yaml").last).split(separator: "\n")
        let feeds = picket.drop { !$0.hasPrefix("feeds:") }.dropFirst().joined(separator: "\n")
        try site.folder.write(
            "picket.yaml",
            "data: data\nlisten: off\nfeeds:\n  - { name: broker, plugin: broker.sock }\n" + placed(feeds) + "\n")
        return site
    }

    private static func device(_ name: String, _ topics: [String], _ site: MitigationSite) async throws -> MQTTClient {
        let tls = MQTTTLS(
            authorities: site.file("ca/ca.crt"), certificate: site.file("keys/\(name).crt"),
            key: site.file("keys/\(name).key"))
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: site.broker.port, client: name, tls: tls)
        configuration.subscriptions = topics.map { Subscription($0) }
        let client = MQTTClient(configuration)
        try await client.connectPatiently()
        return client
    }

    @Test("A device reports and hears its answer; it can do neither in another's name")
    func reports() async throws {
        let site = try Self.site()
        try site.broker.startBroker()
        let program = try site.broker.startPicket()
        #expect(program.waits { program.wordsText.contains("connected to mqtts") }, "\(program.wordsText)")
        func topic(_ thing: String) -> String { "$aws/things/\(thing)/defender/metrics/json" }
        func report(_ id: Int, _ thing: String) -> MQTTMessage {
            let text = "{\"hed\":{\"rid\":\(id),\"v\":\"1.0\"},\"met\":{\"ns\":{\"bi\":1,\"bo\":2,\"pi\":3,\"po\":4}}}"
            return MQTTMessage(topic: topic(thing), payload: Array(text.utf8))
        }
        let first = try await Self.device("t-1", [topic("t-1") + "/+"], site)
        let second = try await Self.device("t-2", [topic("t-1") + "/+", topic("t-2") + "/+"], site)
        await #expect(throws: MQTTError.rejected(.notAuthorized)) { try await second.publish(report(1, "t-1")) }
        try await first.publish(report(2, "t-1"))
        let answer = try #require(try await first.messages(1).first)
        #expect(answer.topic == topic("t-1") + "/accepted")
        try await second.publish(report(3, "t-2"))
        let own = try #require(try await second.messages(1).first)
        #expect(own.topic == topic("t-2") + "/accepted", "not what was said to t-1")
        await first.close()
        await second.close()
        stop(program)
        let records = try site.broker.records()
        #expect(records.filter { $0["kind"] as? String == "report" }.map { $0["device"] as? String } == ["t-1", "t-2"])
        #expect(records.contains { $0["kind"] as? String == "denied" && $0["device"] as? String == "t-2" })
    }
}
