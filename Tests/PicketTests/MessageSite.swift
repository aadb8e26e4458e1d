import Foundation
import Glibc
import MQTT
import Testing

/// A Mosquitto on a free port of this machine, and a Picket that subscribes to it.
final class MessageSite {
    static let isPossible = PluginSite.broker != nil
    static let reason: Comment = "needs mosquitto; script/setup installs it"

    let folder: ProductFolder
    let port: Int
    private(set) var mosquitto: ProductProgram?

    /// - Parameters:
    ///   - feed: the keys of the feed `messages` behind its address.
    ///   - broker: lines of mosquitto.conf.
    ///   - more: lines of picket.yaml.
    init(feed: String, broker: [String] = ["allow_anonymous true"], more: String = "") throws {
        folder = try ProductFolder()
        port = try PluginSite.freePort()
        let user = String(cString: getpwuid(geteuid()).pointee.pw_name)
        try folder.write(
            "mosquitto.conf",
            (["listener \(port) 127.0.0.1", "user \(user)", "log_type all", "max_queued_messages 0"] + broker)
                .joined(separator: "\n") + "\n")
        try configure(feed, more: more)
    }

    func configure(_ feed: String, scheme: String = "mqtt", more: String = "") throws {
        try folder.write(
            "picket.yaml",
            """
            data: data
            listen: off
            feeds:
              - { name: messages, mqtt: "\(scheme)://127.0.0.1:\(port)", \(feed) }
            \(more)

            """)
    }

    deinit { mosquitto?.signal(SIGKILL) }

    func startBroker() throws { mosquitto = try PluginSite.startBroker(in: folder) }

    /// Starts Picket; returns when it is connected.
    func startPicket() throws -> ProductProgram {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        try #require(program.waits { program.wordsText.contains("connected to mqtt") }, "\(program.wordsText)")
        return program
    }

    /// A client beside Picket's own.
    func client(
        _ name: String, subscriptions: [Subscription] = [], change: (inout MQTTConfiguration) -> Void = { _ in }
    ) async throws -> MQTTClient {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: port, client: name)
        configuration.subscriptions = subscriptions
        change(&configuration)
        let client = MQTTClient(configuration)
        try await client.connectPatiently()
        return client
    }

    func records() throws -> [[String: Any]] { try RunSite.records(in: folder) }

    func records(_ kind: String) throws -> [[String: Any]] { try records().filter { $0["kind"] as? String == kind } }

    /// The causes of the gaps in the log.
    func gaps() throws -> [String] { try records("gap").map { $0["cause"] as? String ?? "" } }
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

    /// The next `count` messages; fails after a minute.
    func messages(_ count: Int) async throws -> [MQTTMessage] {
        try await withThrowingTaskGroup(of: [MQTTMessage].self) { group in
            group.addTask {
                var found: [MQTTMessage] = []
                while found.count < count {
                    let arrivals = await self.receive()
                    if arrivals.isEmpty { break }
                    for case .message(let message) in arrivals { found.append(message) }
                }
                return found
            }
            group.addTask {
                try await Task.sleep(for: .seconds(60))
                return []
            }
            let found = try await group.next() ?? []
            group.cancelAll()
            return found
        }
    }
}
