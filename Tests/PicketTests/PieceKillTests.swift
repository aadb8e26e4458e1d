import Foundation
import MQTT
import PicketEvents
import PicketFeeds
import Synchronization
import Testing

@testable import PicketService

/// Pieces of something longer are no records until all are there, and are acknowledged meanwhile.
@Suite("Pieces of an alert", .enabled(if: MessageSite.isPossible, MessageSite.reason), .waits)
struct PieceKillTests {
    /// A message of DevAlert with piece `chunk` of a trace.
    private static func piece(_ chunk: UInt16, of chunks: UInt16) -> MQTTMessage {
        func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        func field(_ text: String) -> [UInt8] {
            Array((Array(text.utf8) + [UInt8](repeating: 0, count: 16)).prefix(16))
        }
        var out: [UInt8] = [0xD1, 0xD2, 0xD3, 0xD4]
        for value: UInt16 in [0x0FF0, 1, 0x8371, 1, chunk, chunks] { out += bytes(value) }
        out += bytes(UInt32(5))
        for size: UInt16 in [16, 16, 16, 0] { out += bytes(size) }
        out += bytes(UInt32(4)) + field("s1") + field("t-7") + field("") + [1, 2, 3, 4]
        return MQTTMessage(
            topic: "DevAlert/t-7/s1/5/\(chunk)_da_payload1", payload: out + [0xD4, 0xD3, 0xD2, 0xD1])
    }

    @Test("What came before a kill is not forgotten with it: the trace is whole afterwards, or says what is missing")
    func killed() async throws {
        let site = try MessageSite(feed: "topics: [\"DevAlert/#\"], format: devalert")
        try site.startBroker()
        var program = try site.startPicket()
        let device = try await site.client("t-7")
        // More than a broker sends without an acknowledgement.
        let chunks: UInt16 = 40
        for chunk in 1...chunks {
            try await device.publish(Self.piece(chunk, of: chunks))
            guard chunk % 13 == 0 else { continue }
            // Some were acknowledged: that they came is in the log.
            try await until { try Self.positions(site) > 0 }
            program.signal(SIGKILL)
            _ = program.wait()
            program = try site.startPicket()
        }
        await device.close()
        try await until { try !site.records("alert").isEmpty }
        stop(program)
        let alerts = try site.records("alert")
        #expect(alerts.map { $0["alertType"] as? String } == ["trace"], "\(alerts)")
        #expect((alerts.first?["payload"] as? [String: Any])?["chunks"] as? Int == 40, "\(alerts)")
        #expect(try site.records("rejected").isEmpty)
    }

    @Test("A trace of which pieces stay away is told, also when nobody says anything more")
    func rests() async throws {
        let site = try MessageSite(feed: "topics: [\"DevAlert/#\"], format: devalert")
        try site.startBroker()
        let health = HealthSite()
        let pipeline = try await health.start(feeds: ["messages"])
        let follower = MQTTFeed(
            configuration: Configuration.Feed(
                name: "messages",
                source: .mqtt(BrokerSubscription(url: "mqtt://127.0.0.1:\(site.port)", topics: ["DevAlert/#"]))),
            subscription: BrokerSubscription(url: "mqtt://127.0.0.1:\(site.port)", topics: ["DevAlert/#"]),
            feed: FeedID(0), data: site.folder.path,
            decoder: MessageDecoder(format: .devAlert, feed: FeedID(0), options: FeedOptions()), lastRun: nil,
            remembered: nil, publishers: nil, now: { health.now }, looksEvery: .milliseconds(20))
        let isConnected = Mutex(false)
        let following = Task {
            try await follower.run(into: pipeline) { words in
                if words.contains("connected") { isConnected.withLock { $0 = true } }
            }
        }
        try await until { isConnected.withLock { $0 } }
        let device = try await site.client("t-7")
        for chunk: UInt16 in 1...3 { try await device.publish(Self.piece(chunk, of: 5)) }
        await device.close()
        try await until { try health.lines("feed").contains { $0.contains("\"position\"") } }
        #expect(try health.lines("alert").isEmpty)
        health.pass(600_000)
        try await until { try !health.lines("alert").isEmpty }
        following.cancel()
        try await following.value
        try await pipeline.close(version: "1")
        let told = try health.lines("alert")
        #expect(
            told.count == 1 && told[0].contains("trace-incomplete") && told[0].contains("\"missing\":2")
                && told[0].contains("\"device\":\"t-7\""), "\(told)")
    }

    private static func positions(_ site: MessageSite) throws -> Int {
        try site.records("feed").filter { $0["state"] as? String == "position" }.count
    }
}
