import Foundation
import Testing

@testable import MQTT

/// The client against nats-server, which speaks 3.1.1 only and numbers its packets otherwise than Mosquitto.
@Suite(
    "The client and nats-server", .serialized,
    .enabled(if: NATSServer.path != nil, "needs nats-server; script/setup installs it"), .timeLimit(.minutes(10)))
struct NATSTests {
    private func client(_ server: NATSServer, _ name: String, keepsSession: Bool = false) -> MQTTClient {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: server.port, client: name)
        configuration.cleanStart = !keepsSession
        configuration.sessionExpirySeconds = keepsSession ? 3_600 : 0
        return MQTTClient(configuration)
    }

    /// - Parameter areNew: leaves out what the server sends again because nobody acknowledged it in its 30 s, which pass on
    ///   a busy machine.
    private func messages(_ client: MQTTClient, _ count: Int, areNew: Bool = false) async -> [MQTTMessage] {
        var found: [MQTTMessage] = []
        while found.count < count {
            let arrivals = await client.receive()
            if arrivals.isEmpty { break }
            for case .message(let message) in arrivals where !areNew || !message.isDuplicate { found.append(message) }
        }
        return found
    }

    @Test func `MQTT 5 is refused, and 3.1.1 spoken at once; QoS 0 and 1 arrive in order`() async throws {
        let server = try NATSServer()
        defer { server.stop() }
        let reader = client(server, "reader")
        try await reader.connectPatiently()
        #expect(await reader.spokenVersion == .v311)
        let granted = try await reader.subscribe([
            Subscription("t/#", qos: .atLeastOnce), Subscription("u", qos: .atMostOnce),
        ])
        #expect(granted == [.grantedQoS1, .success])
        let writer = client(server, "writer")
        try await writer.connectPatiently()
        for number in 0..<100 {
            try await writer.publish(MQTTMessage(topic: "t/\(number % 3)", payload: [UInt8(number)]))
        }
        for number in 100..<110 {
            try await writer.publish(MQTTMessage(topic: "u", payload: [UInt8(number)], qos: .atMostOnce))
        }
        let found = await messages(reader, 110, areNew: true)
        #expect(found.filter { $0.topic != "u" }.map(\.payload) == (0..<100).map { [UInt8($0)] })
        #expect(found.filter { $0.topic == "u" }.map(\.payload) == (100..<110).map { [UInt8($0)] })
        await reader.acknowledge(found)
        await writer.close()
        await reader.close()
    }

    @Test func `what was not acknowledged comes again to the same session`() async throws {
        let server = try NATSServer()
        defer { server.stop() }
        let first = client(server, "reader", keepsSession: true)
        try await first.connectPatiently()
        _ = try await first.subscribe([Subscription("t")])
        let writer = client(server, "writer")
        try await writer.connectPatiently()
        for number in 0..<10 { try await writer.publish(MQTTMessage(topic: "t", payload: [UInt8(number)])) }
        let found = await messages(first, 10)
        await first.acknowledge(found.prefix(6))
        try await first.publish(MQTTMessage(topic: "other", payload: []))
        await first.close(abruptly: true)
        let second = client(server, "reader", keepsSession: true)
        try await second.connectPatiently()
        let again = await messages(second, 4)
        #expect(Set(again.map(\.payload)) == Set((6..<10).map { [UInt8($0)] }))
        await second.close()
        await writer.close()
    }

    @Test func `a server that is killed and comes back is found again, and the subscription with it`() async throws {
        let server = try NATSServer()
        defer { server.stop() }
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: server.port, client: "reader")
        configuration.subscriptions = [Subscription("t")]
        configuration.reconnect = Backoff(first: .milliseconds(50), longest: .milliseconds(500))
        let reader = MQTTClient(configuration)
        try await reader.connectPatiently()
        server.kill()
        try server.start()
        let writer = client(server, "writer")
        try await writer.connectPatiently()
        // Until the reader is back nobody listens.
        let publishing = Task {
            while !Task.isCancelled {
                try await writer.publish(MQTTMessage(topic: "t", payload: [1]))
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        let found = await messages(reader, 1)
        publishing.cancel()
        #expect(found.first?.payload == [1])
        await reader.close()
        await writer.close()
    }
}

/// A nats-server of our own on free ports of loopback; ended by its process id.
final class NATSServer {
    static let path = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let port = Int.random(in: 20_000..<30_000)
    private let inner = Int.random(in: 30_000..<32_000)
    private var process = Process()
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("picket-nats-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let text = """
            server_name: test
            listen: "127.0.0.1:\(inner)"
            jetstream { store_dir: "\(folder.path)/store" }
            mqtt { listen: "127.0.0.1:\(port)" }

            """
        try text.write(to: folder.appendingPathComponent("nats.conf"), atomically: true, encoding: .utf8)
        try start()
    }

    /// Starts it; returns when it answers.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: NATSServer.path ?? "")
        process.arguments = ["-c", folder.appendingPathComponent("nats.conf").path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<1_200 where process.isRunning {
            if Mosquitto.isListening(port) { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        stop()
        throw CocoaError(.fileReadUnknown)
    }

    func kill() {
        // As in Mosquitto: a child of a test thread inherits that thread's blocked signals.
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        while process.isRunning { Thread.sleep(forTimeInterval: 0.01) }
    }

    func stop() {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }
}
