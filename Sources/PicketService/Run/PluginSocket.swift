import Dispatch
import Foundation
import Glibc
import PicketFeeds

/// A Unix socket at which a broker's plugin connects, on a thread of its own: listens, looks who comes, and reads whole
/// frames, at most as fast as they are taken.
final class PluginSocket: Sendable {
    enum Event: Sendable {
        /// Somebody who may came; frames of an earlier connection are over.
        case connected(Int32)
        case frames([UInt8])
        /// The socket is closed when this was taken.
        case disconnected(Int32, problem: String?)
        case refused(String)
    }

    private let path: String
    private let listener: Int32
    /// A pipe: what is written to its second end ends the thread.
    private let wake: [Int32]
    private let allowed: Set<uid_t>
    private let room = DispatchSemaphore(value: PluginSocket.ahead)

    /// Blocks that are read ahead of what is durable: one is decoded while the next is read.
    private static let ahead = 2

    /// - Throws: ``FeedError`` when nobody can listen there.
    init(path: String, user: String?) throws {
        self.path = path
        var allowed: Set<uid_t> = [0, geteuid()]
        if let user {
            guard let entry = getpwnam(user) else {
                throw FeedError(place: path, problem: "there is no user `\(user)`; `user` names who the broker runs as")
            }
            allowed.insert(entry.pointee.pw_uid)
        }
        self.allowed = allowed
        listener = try PluginSocket.listen(path)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw FeedError(place: path, problem: "no file descriptor is free") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wake = ends
        guard let user, let entry = getpwnam(user), entry.pointee.pw_uid != geteuid() else { return }
        guard chown(path, entry.pointee.pw_uid, gid_t.max) == 0 else {
            // It is whole, so that its end closes what it has opened.
            throw FeedError(
                place: path,
                problem:
                    "cannot be given to `\(user)`: run Picket as root or as \(user), so that the broker may connect")
        }
    }

    deinit {
        close(listener)
        for end in wake { close(end) }
    }

    private static func listen(_ path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(SocketFeed.longestPath)) }
        func with<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let probe = socket(AF_UNIX, type, 0)
        let isTaken = with { connect(probe, $0, $1) } == 0
        close(probe)
        guard !isTaken else { throw FeedError(place: path, problem: "another process listens there already") }
        // Foundation's words and not `lstat`: which module the compiler takes C's `stat` from depends on what else is imported.
        if let status = try? FileManager.default.attributesOfItem(atPath: path) {
            // What a run before left behind; anything else is not ours to delete.
            guard status[.type] as? FileAttributeType == .typeSocket else {
                throw FeedError(place: path, problem: "is no socket; move it away or name another path")
            }
            unlink(path)
        }
        let number = socket(AF_UNIX, type, 0)
        // Nobody else for a moment either: the mode is that of the socket from its first moment.
        let mask = umask(0o177)
        let code = with { bind(number, $0, $1) }
        let problem = errno
        umask(mask)
        guard code == 0, Glibc.listen(number, 4) == 0 else {
            close(number)
            throw FeedError(place: path, problem: "cannot listen there: \(String(cString: strerror(problem)))")
        }
        return number
    }

    /// What happens at the socket, until ``stop()``.
    func events() -> AsyncStream<Event> {
        let (stream, output) = AsyncStream<Event>.makeStream()
        Thread { self.serve(output) }.start()
        return stream
    }

    /// The block that came last was taken.
    func taken() { room.signal() }

    /// Ends the thread; a connection is closed.
    func stop() {
        var byte: UInt8 = 0
        _ = write(wake[1], &byte, 1)
        for _ in 0..<PluginSocket.ahead { room.signal() }
    }

    private func serve(_ output: AsyncStream<Event>.Continuation) {
        var connection: Int32?
        var carry: [UInt8] = []
        func end(_ problem: String?) {
            guard let socket = connection else { return }
            // When the feed listens no more, nobody else closes it.
            if case .terminated = output.yield(.disconnected(socket, problem: problem)) { close(socket) }
            connection = nil
            carry = []
        }
        while true {
            var descriptors = [
                pollfd(fd: wake[0], events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: connection ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 3, -1) >= 0 || errno == EINTR else { break }
            if descriptors[0].revents != 0 { break }
            if descriptors[2].revents != 0, let socket = connection {
                switch read(socket, &carry) {
                case .bytes(let frames):
                    if !frames.isEmpty {
                        room.wait()
                        output.yield(.frames(frames))
                    }
                case .end: end(nil)
                case .malformed(let problem): end(problem)
                }
            }
            if descriptors[1].revents != 0 {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else {
                    // Whoever connects waits until a descriptor is free; to ask again at once would take a processor.
                    if errno == EMFILE || errno == ENFILE { usleep(100_000) }
                    continue
                }
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                if let problem = refusal(socket, isBusy: connection != nil) {
                    close(socket)
                    output.yield(.refused(problem))
                } else {
                    connection = socket
                    output.yield(.connected(socket))
                }
            }
        }
        end(nil)
        // In this order: whoever hears the end may listen at the path again.
        unlink(path)
        output.finish()
    }

    /// Why whoever connected may not; nil when it may.
    private func refusal(_ socket: Int32, isBusy: Bool) -> String? {
        // struct ucred of unix(7): pid, uid, gid.
        var peer: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, uid_t.max, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0, allowed.contains(peer.uid) else {
            return "the user with the number \(peer.uid) connected and was refused; `user` names who the broker runs as"
        }
        return isBusy ? "a second plugin connected and was refused; each broker needs a feed of its own" : nil
    }

    private enum Piece {
        case bytes([UInt8])
        case end
        case malformed(String)
    }

    private func read(_ socket: Int32, _ carry: inout [UInt8]) -> Piece {
        var bytes = carry
        carry = []
        let kept = bytes.count
        var count = 0
        bytes = [UInt8](unsafeUninitializedCapacity: kept + PluginSocket.blockBytes) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
            count = recv(socket, buffer.baseAddress.map { $0 + kept }, PluginSocket.blockBytes, 0)
            initialized = kept + max(count, 0)
        }
        if count < 0, errno == EINTR { count = 1 }
        guard count > 0 else { return .end }
        do {
            let whole = try PluginDecoder.wholeFrames(bytes)
            carry = Array(bytes[whole...])
            return .bytes(Array(bytes[..<whole]))
        } catch {
            return .malformed(error.description)
        }
    }

    /// Bytes read at once: the plugin sends as many.
    private static let blockBytes = 256 << 10
}
