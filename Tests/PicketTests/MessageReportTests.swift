import Foundation
import MQTT
import Testing

/// Reports of devices through a real broker, and the answers to them.
@Suite("The feed of a broker's messages: reports", .enabled(if: MessageSite.isPossible, MessageSite.reason), .waits)
struct MessageReportTests {
    private static let topic = "$aws/things/t-7/defender/metrics/json"

    private static func report(_ id: Int) -> [UInt8] {
        Array("{\"hed\":{\"rid\":\(id),\"v\":\"1.0\"},\"met\":{\"ns\":{\"bi\":1,\"bo\":2,\"pi\":3,\"po\":4}}}".utf8)
    }

    private static func status(_ message: MQTTMessage) throws -> (status: String, code: String?) {
        let object = try JSONSerialization.jsonObject(with: Data(message.payload)) as? [String: Any]
        let details = object?["statusDetails"] as? [String: Any]
        return (object?["status"] as? String ?? "", details?["ErrorCode"] as? String)
    }

    @Test("Each report is answered when it is in the log: accepted, repeated, broken", .timeLimit(.minutes(10)))
    func answers() async throws {
        let site = try MessageSite(feed: "topics: [\"$aws/things/+/defender/metrics/+\"]")
        try site.startBroker()
        let program = try site.startPicket()
        let device = try await site.client("t-7", subscriptions: [Subscription(Self.topic + "/+")])
        let expected: [(payload: [UInt8], topic: String, code: String?, kind: String)] = [
            (Self.report(1_700_000_001), "accepted", nil, "report"),
            (Self.report(1_700_000_001), "rejected", "ReplayedReport", "rejected"),
            (Array("nonsense".utf8), "rejected", "InvalidPayload", "rejected"),
            (Self.report(1_700_000_002), "accepted", nil, "report"),
        ]
        for (index, expected) in expected.enumerated() {
            // Picket listens to both, whatever the device has chosen.
            let qos = index % 2 == 0 ? MQTT.QualityOfService.atLeastOnce : .atMostOnce
            try await device.publish(MQTTMessage(topic: Self.topic, payload: expected.payload, qos: qos))
            let answer = try #require(try await device.messages(1).first)
            // Durable before it was answered.
            let records = try site.records().filter { ["report", "rejected"].contains($0["kind"] as? String ?? "") }
            #expect(records.count == index + 1)
            #expect(records.last?["kind"] as? String == expected.kind)
            #expect(answer.topic == "\(Self.topic)/\(expected.topic)")
            let (status, code) = try Self.status(answer)
            #expect(status == expected.topic.uppercased())
            #expect(code == expected.code)
            await device.acknowledge([answer])
        }
        await device.close()
        stop(program)
        // Not even with `#` are our own answers events.
        #expect(try site.records("rejected").count == 2)
        #expect(try site.gaps().isEmpty)
    }

    @Test("What waited while Picket was away comes afterwards, with the gap before it", .timeLimit(.minutes(10)))
    func away() async throws {
        let site = try MessageSite(feed: "topics: [\"$aws/things/+/defender/metrics/+\"]")
        try site.startBroker()
        stop(try site.startPicket())
        let device = try await site.client("t-7")
        for id in 1...30 {
            try await device.publish(MQTTMessage(topic: Self.topic, payload: Self.report(1_700_000_000 + id)))
        }
        await device.close()
        let program = try site.startPicket()
        try await until { try site.records("report").count == 30 }
        stop(program)
        let kinds = try site.records().compactMap { $0["kind"] as? String }.filter { ["gap", "report"].contains($0) }
        #expect(kinds == ["gap"] + [String](repeating: "report", count: 30))
        #expect(try site.gaps() == ["picket-away"])
        let ids = try site.records("report").compactMap { $0["reportId"] as? String }
        #expect(ids == (1...30).map { "\(1_700_000_000 + $0)" })
    }

    @Test("A broker's log says who published, too", .timeLimit(.minutes(10)))
    func publishersOfLog() async throws {
        let site = try MessageSite(
            feed: "topics: [\"$aws/things/+/defender/metrics/+\"], publishers: log",
            broker: ["allow_anonymous true", "log_dest stderr", "log_dest file mosquitto.log"],
            more: "  - { name: log, file: mosquitto.log, format: mosquitto, identity: client-id }")
        try site.startBroker()
        let program = try site.startPicket()
        let own = try await site.client("t-7", subscriptions: [Subscription(Self.topic + "/+")])
        let foreign = try await site.client("t-8")
        let steps: [(MQTTClient, Int, String?)] = [(own, 1, nil), (foreign, 2, "IdentityMismatch"), (own, 3, nil)]
        for (client, id, code) in steps {
            try await client.publish(MQTTMessage(topic: Self.topic, payload: Self.report(1_700_000_000 + id)))
            let answer = try #require(try await own.messages(1).first)
            await own.acknowledge([answer])
            #expect(try Self.status(answer).code == code)
        }
        await own.close()
        await foreign.close()
        stop(program)
        #expect(try site.records("report").count == 2)
        #expect(try site.records("rejected").map { $0["reason"] as? String } == ["identity-mismatch"])
    }

    @Test("Gauges under $SYS and the broker's log by messages", .timeLimit(.minutes(10)))
    func status() async throws {
        let site = try MessageSite(
            feed: "topics: [\"$SYS/broker/clients/#\"]",
            broker: ["allow_anonymous true", "log_dest stderr", "log_dest topic", "sys_interval 1"])
        try site.configure(
            "topics: [\"$SYS/broker/clients/#\"]",
            more: "  - { name: log, mqtt: \"mqtt://127.0.0.1:\(site.port)\", topics: [\"$SYS/broker/log/+\"] }")
        try site.startBroker()
        let program = try site.startPicket()
        #expect(program.waits { program.wordsText.components(separatedBy: "connected to mqtt").count == 3 })
        let device = try await site.client("t-7")
        try await until { try site.records("connect").contains { $0["device"] as? String == "t-7" } }
        try await until { try site.records("broker").contains { $0["name"] as? String == "broker/clients/connected" } }
        await device.close()
        stop(program)
        #expect(try site.records("rejected").isEmpty)
        #expect(try site.records("connect").allSatisfy { $0["feed"] as? String == "log" })
    }

    @Test("A topic that the configuration does not name any more is left", .timeLimit(.minutes(10)))
    func topicsChange() async throws {
        let site = try MessageSite(feed: "topics: [a, b]")
        try site.startBroker()
        stop(try site.startPicket())
        try site.configure("topics: [b, c]")
        let program = try site.startPicket()
        let writer = try await site.client("writer")
        let broker = try #require(site.mosquitto)
        try await until { broker.wordsText.contains("Sending UNSUBACK") }
        for name in ["b", "c"] {
            let line = "{\"kind\":\"publish\",\"device\":\"t-7\",\"topic\":\"\(name)\"}"
            try await writer.publish(MQTTMessage(topic: name, payload: Array(line.utf8)))
        }
        try await writer.publish(MQTTMessage(topic: "a", payload: Array("{}".utf8)))
        try await writer.publish(
            MQTTMessage(topic: "c", payload: Array("{\"kind\":\"publish\",\"device\":\"t-7\",\"topic\":\"end\"}".utf8)))
        try await until { try site.records("publish").contains { $0["topic"] as? String == "end" } }
        await writer.close()
        stop(program)
        #expect(try site.records("publish").map { $0["topic"] as? String } == ["b", "c", "end"])
        #expect(try site.records("rejected").isEmpty, "`{}` on a topic that was left would be rejected")
    }

    @Test("A password from a file; a broker that refuses it is said, and asked again", .timeLimit(.minutes(10)))
    func password() async throws {
        let site = try MessageSite(
            feed: "topics: [in], user: picket, password: { file: password.txt }",
            broker: ["allow_anonymous false", "password_file passwords"])
        try site.folder.write("passwords", "")
        let made = try ProductProgram.run(
            ["-b", "passwords", "picket", "correct"], executable: "/usr/bin/mosquitto_passwd", in: site.folder)
        #expect(made.end == .code(0))
        try site.folder.write("password.txt", "wrong\n")
        try site.startBroker()
        let refused = try ProductProgram(["run", "--config", "picket.yaml"], in: site.folder)
        #expect(refused.waits { refused.wordsText.contains("refuses the connection") })
        stop(refused)
        try site.folder.write("password.txt", "correct\n")
        stop(try site.startPicket())
        // Nowhere but in its file.
        for path in site.folder.files(below: "data") {
            let bytes = FileManager.default.contents(atPath: path) ?? Data()
            #expect(bytes.range(of: Data("correct".utf8)) == nil, "\(path)")
        }
    }

    @Test("The configuration is checked, and printed as it was read")
    func configuration() async throws {
        let site = try MessageSite(feed: "topics: [\"a/#\"], client: watcher")
        let check = try ProductProgram.run(["run", "--config", "picket.yaml", "--check"], in: site.folder)
        #expect(check.end == .code(0), "\(check.words)")
        let printed = String(decoding: check.output, as: UTF8.self)
        #expect(printed.contains("topics: [\"a/#\"], client: \"watcher\""), "\(printed)")
        try site.folder.write("again.yaml", printed)
        let again = try ProductProgram.run(["run", "--config", "again.yaml", "--check"], in: site.folder)
        #expect(again.output == check.output)
        for (keys, words) in [
            ("format: sys", "`topics`"), ("topics: [\"a/#/b\"]", "no topic filter"), ("topics: []", "names no topic"),
            ("topics: [a], key: k", "belong together"), ("topics: [a], password: { file: p }", "needs `user`"),
            ("topics: [a], client: \"\"", "a client id has"), ("topics: [a], token: x", "no key `token`"),
        ] {
            try site.configure(keys)
            let run = try ProductProgram.run(["run", "--config", "picket.yaml", "--check"], in: site.folder)
            #expect(run.end == .code(2), "\(keys)")
            #expect(run.words.contains(words), "\(keys): \(run.words)")
        }
    }
}
