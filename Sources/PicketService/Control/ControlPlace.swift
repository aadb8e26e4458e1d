import Glibc
import PicketFeeds

/// Where the control socket of a data folder lies. A socket's path has at most 107 bytes (unix(7)), a folder's may have
/// more: the folder is opened, and the socket named through it.
struct ControlPlace {
    static let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private let folder: String

    init(_ folder: String) { self.folder = folder }

    /// - Throws: ``FeedError`` when there is no such folder, or what `body` throws.
    func withAddress<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws -> T) throws -> T {
        let directory = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC)
        guard directory >= 0 else {
            throw FeedError(place: folder, problem: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "/proc/self/fd/\(directory)/\(ControlSocket.name)"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try withUnsafePointer(to: address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// One line each way over a connected socket, with an end to patience.
struct LineChannel: Sendable {
    let descriptor: Int32

    init(descriptor: Int32, patienceSeconds: Int = ControlSocket.patienceSeconds) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// The next line without its line feed; nil when none came in time, or one that is too long.
    mutating func readLine() -> [UInt8]? {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while line.count < ControlSocket.lineBytes {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            if let end = buffer[..<count].firstIndex(of: 0x0A) { return line + buffer[..<end] }
            line += buffer[..<count]
        }
        return nil
    }

    /// Writes a line and its line feed; false when the other side is gone.
    func writeLine(_ line: [UInt8]) -> Bool {
        let bytes = line + [0x0A]
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
