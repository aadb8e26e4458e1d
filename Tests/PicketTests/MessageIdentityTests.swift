import Foundation
import MQTT
import PicketEvents
import PicketFeeds
import Testing

@testable import PicketService

/// Whose word a report is: the broker's own record of the message says who published it.
@Suite(
    "The feed of a broker's messages: who spoke",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .waits, .serialized,
    .timeLimit(.minutes(10)))
struct MessageIdentityTests {
    /// A broker with mutual TLS and the plugin, and no ACL: everybody may publish everywhere.
    private static func site(_ feed: String = "") throws -> MitigationSite {
        let site = try MitigationSite(devices: ["Thing-1", "Thing-2"], playbook: "mode: observe\nsteps: []")
        try site.folder.write(
            "profile.yaml",
            """
            profile: site
            targets: [all]
            behaviors:
              - { name: too-many, metric: num-established-tcp-connections, alarm: more than 5 }

            """)
        try site.folder.write(
            "picket.yaml",
            """
            data: data
            profiles: [profile.yaml]
            listen: off
            feeds:
              - { name: reports, mqtt: "mqtts://127.0.0.1:\(site.broker.port)", topics: ["$aws/things/+/defender/metrics/+"],
                  ca: ca/ca.crt, certificate: keys/picket.crt, key: keys/picket.key\(feed) }
              - { name: broker, plugin: broker.sock }

            """)
        return site
    }

    private static func topic(_ thing: String) -> String { "$aws/things/\(thing)/defender/metrics/json" }

    private static func report(_ id: Int, connections: Int) -> MQTTMessage {
        let text = "{\"hed\":{\"rid\":\(id),\"v\":\"1.0\"},\"met\":{\"tc\":{\"ec\":{\"t\":\(connections)}}}}"
        return MQTTMessage(topic: "", payload: Array(text.utf8))
    }

    /// A device with its own certificate that hears the answers about a thing.
    private static func device(_ name: String, hears thing: String, _ site: MitigationSite) async throws -> MQTTClient {
        let tls = MQTTTLS(
            authorities: site.file("ca/ca.crt"), certificate: site.file("keys/\(name).crt"),
            key: site.file("keys/\(name).key"))
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: site.broker.port, client: name, tls: tls)
        configuration.subscriptions = [Subscription(topic(thing) + "/+")]
        let client = MQTTClient(configuration)
        try await client.connectPatiently()
        return client
    }

    private static func code(_ answer: MQTTMessage) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(answer.payload)) as? [String: Any]
        let details = object?["statusDetails"] as? [String: Any]
        return details?["ErrorCode"] as? String ?? object?["status"] as? String ?? ""
    }

    @Test("Thing-1 reports as Thing-2: rejected, and nothing is raised on Thing-2")
    func stranger() async throws {
        let site = try Self.site(", publishers: broker")
        try site.broker.startBroker()
        let program = try site.broker.startPicket()
        #expect(program.waits { program.wordsText.contains("connected to mqtts") }, "\(program.wordsText)")
        let first = try await Self.device("Thing-1", hears: "Thing-2", site)
        let second = try await Self.device("Thing-2", hears: "Thing-2", site)
        func publish(_ client: MQTTClient, _ message: MQTTMessage) async throws -> String {
            var message = message
            message.topic = Self.topic("Thing-2")
            try await client.publish(message)
            let answer = try #require(try await second.messages(1).first)
            await second.acknowledge([answer])
            return try Self.code(answer)
        }
        #expect(try await publish(second, Self.report(1, connections: 2)) == "ACCEPTED")
        for id in 2...4 {
            #expect(try await publish(first, Self.report(id, connections: 10)) == "IdentityMismatch")
        }
        #expect(try await publish(second, Self.report(2, connections: 3)) == "ACCEPTED")
        let records = try site.broker.records()
        #expect(!records.contains { $0["kind"] as? String == "violation" })
        let reports = records.filter { $0["kind"] as? String == "report" }
        #expect(reports.map { $0["device"] as? String } == ["Thing-2", "Thing-2"])
        #expect(reports.allSatisfy { $0["identity"] as? String == "certificate" })
        let rejected = records.filter { $0["kind"] as? String == "rejected" }
        #expect(rejected.map { $0["reason"] as? String } == [String](repeating: "identity-mismatch", count: 3))
        // Its own word about itself does count.
        #expect(try await publish(second, Self.report(9, connections: 10)) == "ACCEPTED")
        try await until { try site.broker.count("violation") == 1 }
        await first.close()
        await second.close()
        stop(program)
    }

    @Test("Nobody else's name: a server certificate for another host is refused, and nothing is said to it")
    func wrongServer() async throws {
        let site = try Self.site()
        // What listens has a sound certificate of the same authority, and it is Thing-2's.
        let lines = try String(contentsOfFile: site.file("mosquitto.conf"), encoding: .utf8)
        try site.folder.write("mosquitto.conf", lines.replacing("keys/127.0.0.1.", with: "keys/Thing-2."))
        try site.broker.startBroker()
        let program = try site.broker.startPicket()
        // A busy broker may close a connection or two before it shows its certificate.
        #expect(
            program.waits { program.wordsText.contains("the broker's certificate is not for the host") },
            "\(program.wordsText)")
        #expect(!program.wordsText.contains("connected to mqtts"))
        stop(program)
        #expect(try !site.broker.records().contains { $0["kind"] as? String == "connect" })
    }

    // MARK: Records and messages

    /// What the broker records of publishes on one topic.
    private static func batch(_ publishers: [String], bytes: Int64 = 10, time: Int64 = 1_000) -> EventBatch {
        var batch = EventBatch()
        for publisher in publishers {
            let device = batch.appendText(publisher.utf8)
            let topic = batch.appendText("r/Thing-2".utf8)
            batch.append(
                EventBatch.Head(kind: .publish, identity: .certificate, flags: .hasBytes, feed: FeedID(0)), time: time,
                bytes: bytes, device: device, client: device, topic: topic)
        }
        batch.sealTimes()
        return batch
    }

    private static func message(_ bytes: Int = 10, topic: String = "r/Thing-2") -> FeedMessage {
        FeedMessage(topic: topic, payload: [UInt8](repeating: 0x20, count: bytes))
    }

    private static func fill(_ records: PublisherRecords, _ messages: [FeedMessage]) async throws -> [String?] {
        var messages = messages
        try await records.fill(&messages)
        return messages.map { message in message.publisher.map { $0.device ?? "several" } }
    }

    @Test("Messages that may have overtaken each other are nobody's, until all of them have come")
    func contested() async throws {
        let records = PublisherRecords(topics: ["r/+"])
        func observe(_ batch: EventBatch) { records.observe(batch, rows: 0..<batch.count) }
        observe(Self.batch(["Thing-2", "Thing-1"]))
        observe(Self.batch(["Thing-2"], bytes: 11))
        let found = try await Self.fill(records, [Self.message(), Self.message(11), Self.message()])
        #expect(found == ["several", "Thing-2", "several"])
        observe(Self.batch(["Thing-2", "Thing-2"]))
        #expect(try await Self.fill(records, [Self.message(), Self.message()]) == ["Thing-2", "Thing-2"])
    }

    @Test("A record that comes after its message was taken is not another message's")
    func lateRecord() async throws {
        let records = PublisherRecords(topics: ["r/#"])
        func observe(_ batch: EventBatch) { records.observe(batch, rows: 0..<batch.count) }
        #expect(try await Self.fill(records, [Self.message()]) == [nil])
        observe(Self.batch(["Thing-2"]))
        observe(Self.batch(["Thing-1"]))
        #expect(try await Self.fill(records, [Self.message()]) == ["Thing-1"])
        // Nor is one that is a minute older than the next.
        observe(Self.batch(["Thing-2"], time: 2_000))
        observe(Self.batch(["Thing-1"], time: 70_000))
        #expect(try await Self.fill(records, [Self.message()]) == ["Thing-1"])
    }

    @Test(
        "Topics are matched as a broker does",
        arguments: [
            ("r/+", true), ("r/#", true), ("#", true), ("+/Thing-2", true), ("r/Thing-2", true), ("r/Thing-2/#", true),
            ("$share/g/r/+", true), ("r", false), ("r/Thing-1", false), ("r/+/+", false), ("r/Thing-22", false),
            ("+", false), ("r/Thing-", false),
        ])
    func topics(filter: String, isMatch: Bool) async throws {
        let records = PublisherRecords(topics: [filter])
        let batch = Self.batch(["Thing-2"])
        records.observe(batch, rows: 0..<1)
        // For what was retained there is no record, and nobody waits.
        var message = Self.message()
        message.retain = true
        #expect(try await Self.fill(records, [message]) == [isMatch ? "Thing-2" : nil])
    }
}
