import Foundation
import Glibc
import Testing

@testable import MQTT

/// A broker that dies while somebody connects.
@Suite struct ResetTests {
    /// Takes connections and resets each at once, as the kernel does for a process that was killed.
    private final class Resetter: Sendable {
        let port: Int
        private let listener: Int32

        init() throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
                }
            }
            try #require(isBound)
            self.listener = listener
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        func serve() {
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                close(peer)
            }
        }

        func stop() { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    @Test(.timeLimit(.minutes(10))) func `whoever is thrown out while he connects is told, and waits for nobody`()
        async throws
    {
        let resetter = try Resetter()
        let serving = Thread { resetter.serve() }
        serving.start()
        for _ in 0..<2_000 {
            let client = MQTTClient(
                try MQTTConfiguration(url: "mqtt://127.0.0.1:\(resetter.port)", client: "thrown-out"))
            await #expect(throws: MQTTError.self) { try await client.connect() }
            await client.close()
        }
        resetter.stop()
    }
}
