import Foundation
import Glibc
import MQTT
import NIOPosix
import Testing

@testable import PicketSimulation

/// One simulated device against a broker that is slow.
@Suite struct LiveDeviceTests {
    /// Listens on a free port, takes one client, and says welcome after `delay`; then reads until the client is gone.
    private func slowBroker(_ delay: Duration) throws -> Int {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        Thread {
            let client = accept(listener, nil, nil)
            Thread.sleep(forTimeInterval: Double(delay.components.seconds))
            // CONNACK of MQTT 5: accepted, without properties.
            let welcome: [UInt8] = [0x20, 3, 0, 0, 0]
            _ = send(client, welcome, welcome.count, Int32(MSG_NOSIGNAL))
            var bytes = [UInt8](repeating: 0, count: 1_024)
            while recv(client, &bytes, bytes.count, 0) > 0 {}
            close(client)
            close(listener)
        }.start()
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// At a priority whose threads are not those of the tests that calculate: behind them a device that waits 20 ms stood in
    /// line for minutes, and gave up.
    @Test func `the first readings wait for the first connection, however long that takes`() async throws {
        try await Task(priority: .high) { try await firstReadings() }.value
    }

    private func firstReadings() async throws {
        let tally = LiveTally()
        let port = try slowBroker(.seconds(2))
        let device = LiveDevice(
            key: "t-7", client: "t-7", configuration: MQTTConfiguration(host: "127.0.0.1", port: port, client: ""),
            obeys: true, tally: tally, group: MultiThreadedEventLoopGroup.singleton, patience: .milliseconds(20))
        let running = Task { await device.run() }
        device.take(.connect(serial: "", keepaliveSeconds: 60))
        for number in 0..<3 { device.take(.publish(topic: "t/\(number)", bytes: 10)) }
        let deadline = ContinuousClock.now + .seconds(180)
        while tally.counts.published + tally.counts.failed < 3, .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        device.finish()
        await running.value
        #expect(tally.counts.published == 3 && tally.counts.failed == 0, "\(tally.counts)")
    }
}
