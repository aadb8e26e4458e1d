import MQTT
import PicketFeeds
import PicketProfiles

/// What a feed of messages asks of a broker, and as whom.
package struct BrokerSubscription: Equatable, Sendable {
    /// `mqtts://broker.example:8883`.
    package var url: String
    /// Topic filters.
    package var topics: [String]
    /// Files in PEM: authorities that are trusted, our certificate, its key.
    package var authorities: String?
    package var certificate: String?
    package var key: String?
    package var user: String?
    package var password: SecretSource?
    /// The client id; nil for one that the data folder keeps.
    package var client: String?
    /// The name of the feed with the broker's own record of who published what, its plugin or its log; nil where nobody asks.
    package var publishers: String?

    package init(url: String, topics: [String]) {
        self.url = url
        self.topics = topics
    }

    /// How long the broker keeps what it could not deliver, in seconds: a week bridges any repair, and a Picket that is
    /// gone for good does not fill a broker for ever. Only MQTT 5 can say it.
    private static let sessionSeconds: UInt32 = 7 * 86_400

    /// How the client connects.
    ///
    /// - Throws: `MQTTError` for an address that is none, ``FeedError`` when the password cannot be read.
    func configuration(client: String) throws -> MQTTConfiguration {
        var configuration = try MQTTConfiguration(
            url: url, client: client, tls: MQTTTLS(authorities: authorities, certificate: certificate, key: key))
        configuration.cleanStart = false
        configuration.sessionExpirySeconds = BrokerSubscription.sessionSeconds
        configuration.user = user
        configuration.password = try password?.read(shortest: 1)
        configuration.subscriptions = topics.map { topic in
            // Our own answers are no events. A shared subscription cannot say so (MQTT 5 §3.8.3.1).
            Subscription(topic, qos: .atLeastOnce, noLocal: !topic.hasPrefix("$share/"))
        }
        return configuration
    }

    /// The keys of a feed with `mqtt`.
    ///
    /// - Returns: nil when there is an error, which was reported.
    static func read(
        _ url: (text: String, place: Place), _ keys: inout MappingReader, _ collector: DiagnosticCollector
    ) -> BrokerSubscription? {
        let errors = collector.diagnostics.count
        var subscription = BrokerSubscription(url: url.text, topics: [])
        let help = "for example topics: [\"$aws/things/+/defender/metrics/+\"]"
        if let topics = keys.need(["topics"], help: help) {
            for node in topics.value.items {
                if let filter = node.text, Topic.isFilter(filter) {
                    subscription.topics.append(filter)
                } else {
                    collector.report(
                        .wrongType, at: node.place, "this is no topic filter",
                        help: "`+` and `#` stand alone between slashes, `#` at the end")
                }
            }
            if topics.value.items.isEmpty {
                collector.report(.wrongType, at: topics.keyPlace, "`topics` names no topic", help: help)
            }
        }
        let files = TLSFiles(&keys, collector)
        subscription.authorities = files.authorities?.text
        subscription.certificate = files.certificate?.text
        subscription.key = files.key?.text
        let user = keys.text(["user"])
        subscription.user = user?.text
        if let password = keys.take("password") {
            subscription.password = SecretSource.read(password, collector)
            if user == nil {
                collector.report(.missingKey, at: password.keyPlace, "`password` needs `user`")
            }
        }
        subscription.publishers = keys.text(["publishers"])?.text
        if let client = keys.text(["client"]) {
            subscription.client = client.text
            if client.text.isEmpty || client.text.utf8.count > BrokerSubscription.longestClient {
                collector.report(
                    .wrongType, at: client.place,
                    "a client id has 1 to \(BrokerSubscription.longestClient) bytes")
            }
        }
        do {
            _ = try MQTTConfiguration(url: url.text, client: "picket")
        } catch {
            collector.report(.wrongType, at: url.place, "\(error)")
        }
        return collector.diagnostics.count == errors ? subscription : nil
    }

    /// What brokers take beyond the 23 bytes of the specification, AWS's for instance.
    private static let longestClient = 128

    /// The format of messages on `topics`, where no `format` says it: AWS, Percepio and `$SYS` have topics of their own.
    static func format(of topics: [String]) -> FeedFormat {
        func all(_ isOne: (String) -> Bool) -> Bool { topics.allSatisfy(isOne) }
        if all({ $0.hasPrefix("$SYS/broker/log/") }) { return .mosquitto }
        if all({ $0.hasPrefix("$SYS/") }) { return .brokerStatus }
        if all({ $0.contains("/defender/metrics/") }) { return .defenderReport }
        if all({ $0.contains("DevAlert/") }) { return .devAlert }
        return .ndjson
    }

    /// The keys as a configuration file says them.
    var yaml: String {
        let list = topics.map(Configuration.quoted).joined(separator: ", ")
        let keys: [(String, String?)] = [
            ("ca", authorities), ("certificate", certificate), ("key", key), ("user", user), ("client", client),
            ("publishers", publishers),
        ]
        return "mqtt: \(Configuration.quoted(url)), topics: [\(list)]"
            + keys.map { key, value in value.map { ", \(key): \(Configuration.quoted($0))" } ?? "" }.joined()
            + (password.map { ", password: \($0.yaml)" } ?? "")
    }
}
