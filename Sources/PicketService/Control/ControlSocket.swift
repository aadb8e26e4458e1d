import Foundation
import Glibc
import PicketFeeds
import PicketLocks
import PicketLog

/// The socket `control.sock` in the data folder, by which commands reach the daemon. Only its own user, root and the
/// operators may connect: the folder and the socket are theirs alone, and the kernel says who comes (`SO_PEERCRED`,
/// `SO_PEERGROUPS`, unix(7)).
package final class ControlSocket: Sendable {
    /// Answers a request of the user with this name.
    package typealias Handler = @Sendable (ControlRequest, String) async -> ControlAnswer

    /// The name of the socket in the data folder.
    package static let name = "control.sock"
    /// Requests are short; a longer line is no request.
    static let lineBytes = 64 << 10
    /// Whoever connects and says nothing must not hold a thread for ever.
    static let patienceSeconds = 10
    /// Commands are typed by people; more at once is a mistake.
    private static let mostConnections = 16

    private let folder: String
    private let descriptor: Int32
    private let operators: OperatorGroup?
    private let handler: Handler
    private let open = Locked(0)

    /// Listens in `folder`. Its owner holds the lock of the log, so a socket that lies there already is a dead one.
    ///
    /// - Parameter operators: who may connect besides the daemon's own user and root; nil for nobody.
    /// - Throws: ``FeedError`` when nobody can listen there.
    package init(folder: String, operators: OperatorGroup? = nil, handler: @escaping Handler) throws {
        self.folder = folder
        self.operators = operators
        self.handler = handler
        descriptor = try ControlPlace(folder).withAddress { address, length in
            let path = "\(folder)/\(ControlSocket.name)"
            unlink(path)
            let number = socket(AF_UNIX, ControlPlace.type, 0)
            // Nobody can connect before `listen`, so the mode is right from the first moment that counts.
            guard number >= 0, bind(number, address, length) == 0,
                operators.map({ chown(path, uid_t.max, $0.id) == 0 }) ?? true,
                chmod(path, operators == nil ? 0o600 : 0o660) == 0, listen(number, 8) == 0
            else {
                let problem = String(cString: strerror(errno))
                if number >= 0 { close(number) }
                throw FeedError(place: path, problem: "cannot listen there: \(problem)")
            }
            return number
        }
        Thread { self.serve() }.start()
    }

    /// Accepts nobody any more, and takes the socket away.
    package func stop() {
        unlink("\(folder)/\(ControlSocket.name)")
        // Wakes the thread in `accept`, which then closes the descriptor.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func serve() {
        while true {
            let connection = accept(descriptor, nil, nil)
            if connection < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                if errno == EMFILE || errno == ENFILE {
                    // Whoever asks waits until a descriptor is free; to ask again at once would take a processor.
                    usleep(100_000)
                    continue
                }
                break
            }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            let isWelcome = open.withLock { count in
                guard count < ControlSocket.mostConnections else { return false }
                count += 1
                return true
            }
            guard isWelcome, let user = user(of: connection) else {
                close(connection)
                if isWelcome { open.withLock { $0 -= 1 } }
                continue
            }
            Thread { self.answer(connection, user) }.start()
        }
        close(descriptor)
    }

    /// Who connected; nil when it is somebody who may not.
    private func user(of connection: Int32) -> String? {
        // struct ucred of unix(7): pid, uid, gid.
        var peer: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, uid_t.max, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0,
            peer.uid == 0 || peer.uid == geteuid()
                || operators?.has(connection: connection, primary: peer.gid) ?? false
        else { return nil }
        return SystemUser.name(of: peer.uid)
    }

    private func answer(_ connection: Int32, _ user: String) {
        var channel = LineChannel(descriptor: connection)
        guard let line = channel.readLine() else {
            finish(channel, nil)
            return
        }
        guard let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(line)) else {
            finish(
                channel, ControlAnswer(isDone: false, message: "this daemon does not know the request; is it older?"))
            return
        }
        Task { [handler, channel] in
            let answer = await handler(request, user)
            // Writing may wait for the other side, which a shared thread must not.
            Thread { self.finish(channel, answer) }.start()
        }
    }

    private func finish(_ channel: LineChannel, _ answer: ControlAnswer?) {
        if let answer, let line = try? JSONEncoder().encode(answer) { _ = channel.writeLine([UInt8](line)) }
        close(channel.descriptor)
        open.withLock { $0 -= 1 }
    }
}
