import Foundation
import Glibc
import MQTT
import Synchronization
import Testing

/// Nothing that was acknowledged is missing, whenever Picket is killed.
@Suite("The feed of a broker's messages: kill -9", .enabled(if: MessageSite.isPossible, MessageSite.reason), .waits)
struct MessageKillTests {
    /// So often Picket is killed. `PICKET_MQTT_KILLS=30` for more.
    private static let kills = ProcessInfo.processInfo.environment["PICKET_MQTT_KILLS"].flatMap { Int($0) } ?? 4

    /// Eight writers publish as fast as the broker takes it, one message behind the other each.
    private func load(_ client: MQTTClient, _ shared: SharedCounter) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    while !shared.isOver.load(ordering: .relaxed) {
                        let next = shared.value.add(1, ordering: .relaxed).oldValue
                        let line = "{\"kind\":\"publish\",\"device\":\"t-7\",\"topic\":\"n/\(next)\"}"
                        try await client.publish(MQTTMessage(topic: "in/t-7", payload: Array(line.utf8)))
                        // A thousand a second are enough, and leave the machine to others.
                        try await Task.sleep(for: .milliseconds(8))
                    }
                }
            }
        }
    }

    @Test("Killed at random under load, nothing the broker took is missing afterwards", .timeLimit(.minutes(10)))
    func killed() async throws {
        let seed = ProcessInfo.processInfo.environment["PICKET_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...9_999)
        print("PICKET_SEED=\(seed)")
        var dice = Dice(state: seed)
        let site = try MessageSite(feed: "topics: [\"in/#\"], format: ndjson")
        try site.startBroker()
        var program = try site.startPicket()
        let writer = try await site.client("writer")
        let number = SharedCounter()
        let loading = Task { try await load(writer, number) }
        for _ in 0..<Self.kills {
            try await Task.sleep(for: .milliseconds(dice.below(700)))
            // However busy the machine is: each life has something to lose.
            let before = number.value.load(ordering: .relaxed)
            try await until { number.value.load(ordering: .relaxed) > before }
            program.signal(SIGKILL)
            _ = program.wait()
            program = try site.startPicket()
        }
        number.isOver.store(true, ordering: .relaxed)
        try await loading.value
        await writer.close()
        let published = Set((0..<number.value.load(ordering: .relaxed)).map { "n/\($0)" })
        try await until { try Self.topics(site).isSuperset(of: published) }
        stop(program)
        #expect(try Self.topics(site) == published)
        #expect(try site.records("rejected").isEmpty)
        #expect(try !site.gaps().contains("session-lost"))
        // Whoever reads the log later finds it whole.
        let verify = try ProductProgram.run(["log", "verify", "data/log"], in: site.folder)
        #expect(verify.end == .code(0) || verify.end == .code(2), "\(verify.words)")
    }

    private static func topics(_ site: MessageSite) throws -> Set<String> {
        Set(try site.records().compactMap { $0["topic"] as? String })
    }

    @Test("A broker that is killed and comes back: the outage is a gap, and the session's loss another")
    func brokerKilled() async throws {
        let site = try MessageSite(feed: "topics: [\"in/#\"]")
        try site.startBroker()
        let program = try site.startPicket()
        let broker = try #require(site.mosquitto)
        broker.signal(SIGKILL)
        _ = broker.wait()
        try await until { program.wordsText.contains("trying again") }
        try site.startBroker()
        // At least: a busy broker may drop the new connection once more.
        try await until { program.wordsText.components(separatedBy: "connected to mqtt").count >= 3 }
        let writer = try await site.client("writer")
        let line = "{\"kind\":\"publish\",\"device\":\"t-7\",\"topic\":\"after\"}"
        try await until {
            // Until Picket has subscribed again nobody listens.
            try await writer.publish(MQTTMessage(topic: "in/t-7", payload: Array(line.utf8)))
            return try site.records("publish").contains { $0["topic"] as? String == "after" }
        }
        await writer.close()
        stop(program)
        // Without persistence the broker has forgotten us.
        #expect(try site.gaps().contains("session-lost"))
        #expect(try site.records("gap").allSatisfy { $0["name"] as? String == "messages" })
    }
}

/// What the writers share.
final class SharedCounter: Sendable {
    let value = Atomic<Int>(0)
    let isOver = Atomic<Bool>(false)
}
