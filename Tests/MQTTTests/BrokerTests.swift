import Foundation
import Testing

@testable import MQTT

/// The client against a real Mosquitto on loopback.
@Suite(.serialized, .enabled(if: Mosquitto.path != nil, "needs mosquitto; script/setup installs it"))
struct BrokerTests {
    private func client(
        _ broker: Mosquitto, _ name: String, _ version: MQTTVersion, keepsSession: Bool = false
    ) -> MQTTClient {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: broker.port, client: name)
        configuration.version = version
        configuration.cleanStart = !keepsSession
        configuration.sessionExpirySeconds = keepsSession ? 3_600 : 0
        return MQTTClient(configuration)
    }

    private func messages(_ client: MQTTClient, _ count: Int) async -> [MQTTMessage] {
        var found: [MQTTMessage] = []
        while found.count < count {
            let arrivals = await client.receive()
            if arrivals.isEmpty { break }
            for case .message(let message) in arrivals { found.append(message) }
        }
        return found
    }

    /// Fifteen: of more than twenty without an acknowledgement Mosquitto holds the rest back (`max_inflight_messages`).
    @Test(.timeLimit(.minutes(10)), arguments: MQTTVersion.allCases, MQTT.QualityOfService.allCases)
    func `what one publishes another receives, in order`(version: MQTTVersion, qos: MQTT.QualityOfService) async throws
    {
        let broker = try Mosquitto()
        defer { broker.stop() }
        let reader = client(broker, "reader", version)
        try await reader.connectPatiently()
        _ = try await reader.subscribe([Subscription("t/#", qos: qos)])
        let writer = client(broker, "writer", version)
        try await writer.connectPatiently()
        for number in 0..<15 {
            try await writer.publish(MQTTMessage(topic: "t/\(number % 3)", payload: [UInt8(number)], qos: qos))
        }
        let found = await messages(reader, 15)
        #expect(found.map { $0.payload } == (0..<15).map { [UInt8($0)] })
        await reader.acknowledge(found)
        await writer.close()
        await reader.close()
    }

    @Test(.timeLimit(.minutes(10)), arguments: MQTTVersion.allCases)
    func `what was not acknowledged comes again, and what was does not`(version: MQTTVersion) async throws {
        let broker = try Mosquitto()
        defer { broker.stop() }
        let first = client(broker, "reader", version, keepsSession: true)
        try await first.connectPatiently()
        _ = try await first.subscribe([Subscription("t", qos: .atLeastOnce)])
        let writer = client(broker, "writer", version)
        try await writer.connectPatiently()
        for number in 0..<10 { try await writer.publish(MQTTMessage(topic: "t", payload: [UInt8(number)])) }
        let found = await messages(first, 10)
        #expect(found.count == 10)
        await first.acknowledge(found.prefix(6))
        // The broker answers in order: when it has this one it has the acknowledgements before it.
        try await first.publish(MQTTMessage(topic: "other", payload: []))
        // As a process that dies: nothing more is said to the broker.
        await first.close(abruptly: true)
        let second = client(broker, "reader", version, keepsSession: true)
        try await second.connectPatiently()
        let again = await messages(second, 4)
        #expect(again.map { $0.payload } == (6..<10).map { [UInt8($0)] })
        #expect(again.filter(\.isDuplicate).count == 4)
        await second.close()
        await writer.close()
    }

    @Test(.timeLimit(.minutes(10))) func `nobody there is an error that says so, at once`() async throws {
        let broker = try Mosquitto()
        broker.stop()
        let lost = client(broker, "lost", .v5)
        await #expect(throws: MQTTError.self) { try await lost.connect() }
        await lost.close()
    }
}

extension MQTTClient {
    /// Connects to a broker that is there. A busy one drops a connection now and then before it says a word.
    func connectPatiently() async throws {
        for _ in 0..<20 {
            do {
                return try await connect()
            } catch MQTTError.connectionLost {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try await connect()
    }
}

/// A broker of our own on a free port of loopback; ended by its process id.
final class Mosquitto {
    static let path = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let port: Int
    private let process = Process()
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("picket-mqtt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = Int.random(in: 20_000..<50_000)
        let file = folder.appendingPathComponent("mosquitto.conf")
        let text = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n"
        try text.write(to: file, atomically: true, encoding: .utf8)
        process.executableURL = URL(fileURLWithPath: Mosquitto.path ?? "")
        process.arguments = ["-c", file.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        guard Mosquitto.answers(port, process) else {
            stop()
            throw CocoaError(.fileReadUnknown)
        }
    }

    private static func answers(_ port: Int, _ process: Process) -> Bool {
        for _ in 0..<200 where process.isRunning {
            if isListening(port) { return true }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return false
    }

    static func isListening(_ port: Int) -> Bool {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    func stop() {
        // Not SIGTERM: a child of a test thread inherits that thread's blocked signals. And no `waitUntilExit`, which needs a
        // run loop that a thread of the tests does not have.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }
}
