import Foundation
import Glibc

/// Somebody who begins to post a megabyte and sends only its first byte; goes away when it is released.
final class SlowSender {
    private let socket: Int32

    struct CannotConnect: Error {}

    init(port: Int, path: String, token: String) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let head =
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n"
            + "Content-Length: 1048576\r\n\r\n{"
        guard code == 0, send(socket, head, head.utf8.count, Int32(MSG_NOSIGNAL)) == head.utf8.count else {
            throw CannotConnect()
        }
    }

    deinit { close(socket) }
}
