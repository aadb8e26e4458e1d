import Glibc
package import PicketFeeds
import PicketLocks

/// A way to a broker's plugin: denies and kicks. It exists as long as the daemon does, whether a plugin is connected or not.
package final class BrokerPlugin: Sendable {
    private struct State {
        /// The connected socket; its owner is the feed.
        var socket: Int32?
        /// Whether the plugin was welcomed: before that it takes any other frame for nonsense, and leaves.
        var isWelcome = false
        var lastRequest: UInt32 = 0
        var waiting: [UInt32: CheckedContinuation<PluginCommand.Outcome, Never>] = [:]
    }

    private let state = Locked(State())

    /// How long the plugin may take: it writes a small file and waits for the broker's next turn, at most 100 ms.
    private static let timeout = Duration.seconds(5)

    package init() {}

    /// Whether a plugin is connected and takes orders.
    package var isConnected: Bool { state.withLock { $0.socket != nil && $0.isWelcome } }

    /// Refuses whoever has the name from now on, also while Picket is away; a session that is there goes on connected, but
    /// its messages are refused. Returns when the plugin's file is durable.
    package func deny(_ name: PluginCommand.Name) async -> PluginCommand.Outcome { await order(.deny, name) }

    /// Takes the name from the deny list.
    package func allow(_ name: PluginCommand.Name) async -> PluginCommand.Outcome { await order(.allow, name) }

    /// Ends the sessions that have the name. Without a denial before it they are back within a second.
    ///
    /// - Parameter withWill: whether the broker publishes their wills.
    package func kick(_ name: PluginCommand.Name, withWill: Bool = false) async -> PluginCommand.Outcome {
        await order(.kick, name, withWill: withWill)
    }

    private func order(
        _ operation: PluginCommand.Operation, _ name: PluginCommand.Name, withWill: Bool = false
    ) async -> PluginCommand.Outcome {
        let request = state.withLock { state in
            state.lastRequest &+= 1
            return state.lastRequest
        }
        guard
            let frame = PluginFrame.command(request: request, operation: operation, name: name, withWill: withWill)
        else { return .invalid }
        let clock = Task {
            try await Task.sleep(for: BrokerPlugin.timeout)
            self.answer(request, .unknown)
        }
        defer { clock.cancel() }
        return await withCheckedContinuation { done in
            let refusal = state.withLock { state -> PluginCommand.Outcome? in
                guard let socket = state.socket, state.isWelcome else { return .away }
                guard BrokerPlugin.send(frame, to: socket) else { return .away }
                state.waiting[request] = done
                return nil
            }
            if let refusal { done.resume(returning: refusal) }
        }
    }

    // MARK: For the feed

    func connected(_ socket: Int32) {
        state.withLock { state in
            state.socket = socket
            state.isWelcome = false
        }
    }

    /// Answers the plugin's greeting; orders go behind it.
    func welcome(_ frame: [UInt8]) {
        state.withLock { state in
            guard let socket = state.socket else { return }
            state.isWelcome = BrokerPlugin.send(frame, to: socket)
        }
    }

    /// Must come before the socket is closed: its number may be used again at once.
    func disconnected() {
        let left = state.withLock { state in
            state.socket = nil
            state.isWelcome = false
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for done in left { done.resume(returning: .unknown) }
    }

    func answer(_ request: UInt32, _ outcome: PluginCommand.Outcome) {
        state.withLock { $0.waiting.removeValue(forKey: request) }?.resume(returning: outcome)
    }

    /// Ends a connection that makes no sense; the feed hears of it as of any other end.
    func giveUp() {
        state.withLock { state in
            if let socket = state.socket { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Sends a frame of the feed itself. Failures show when the socket is read.
    func send(_ frame: [UInt8]) {
        state.withLock { state in
            guard let socket = state.socket else { return }
            _ = BrokerPlugin.send(frame, to: socket)
        }
    }

    /// Frames are far smaller than a socket's buffer. Where one does not fit the other side does not read: such a
    /// connection is given up, because half a frame would spoil all that follow.
    private static func send(_ frame: [UInt8], to socket: Int32) -> Bool {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        if Glibc.send(socket, frame, frame.count, flags) == frame.count { return true }
        shutdown(socket, Int32(SHUT_RDWR))
        return false
    }
}
