import PicketEvents
package import PicketFeeds
import PicketMitigation

/// What `picket run` does, with every default filled in (DESIGN §8, configuration).
package struct Configuration: Equatable, Sendable {
    /// A source of events.
    package struct Feed: Equatable, Sendable {
        /// Where its bytes come from.
        package enum Source: Equatable, Sendable {
            /// A file that something else writes; it need not exist yet.
            case file(String)
            case standardInput
            /// The socket at which Picket waits for a broker's plugin, and the user that the broker runs as; nil for our
            /// own.
            case plugin(socket: String, user: String?)
            /// What others post to `/ingest/<name>`, with the token.
            case http(name: String, token: SecretSource)
            /// The messages of a broker.
            case mqtt(BrokerSubscription)

            /// Whether it can say who has published a message.
            var isRecordOfBroker: Bool {
                switch self {
                case .plugin, .file, .http: true
                case .standardInput, .mqtt: false
                }
            }

            var isPlugin: Bool { if case .plugin = self { true } else { false } }

            /// What follows `/ingest/` in its path; nil where nobody posts to it.
            var ingestName: String? { if case .http(let name, _) = self { name } else { nil } }
        }

        /// Its name in the log. No two feeds have the same.
        package var name: String
        package var source: Source
        /// Nil to recognise it from the first lines.
        package var format: FeedFormat?
        /// How late an event may come and still count, in milliseconds.
        package var lateness: Int64 = 10_000
        /// How user names in a broker's log were proved. Unless it was given, the fleet file says so
        /// (``options(_:)``).
        package var identity = IdentityRule.password
        package var isIdentityGiven = false
        /// How reports and alerts of devices are judged.
        package var reports = ReportRules()
        /// What the feed's own fields are.
        package var fields: FieldMap?
        /// How its CSV is written.
        package var csv = CSVOptions()

        package init(name: String, source: Source) {
            self.name = name
            self.source = source
        }
    }

    /// The folder of everything Picket keeps. The log is `log/` in it.
    package var data = "./picket-data"
    /// Files and folders of profiles.
    package var profiles: [String] = []
    /// The fleet file; nil where every device is unregistered.
    package var fleet: String?
    package var feeds: [Feed] = []
    /// Files of playbooks.
    package var playbooks: [String] = []
    /// The group of the system whose members may decide and read; nil for the daemon's own user and root alone.
    package var operators: String?
    /// The file of the audit that the daemon repeats; nil for none.
    package var audit: String?
    /// Brokers on which devices are cut off.
    package var brokers: [BrokerConfiguration] = []
    /// Who can be notified, by name.
    package var notify: [String: NotifyTarget] = [:]
    /// The compression level of the log, 1 to 9.
    package var logLevel = 6
    /// How long records are kept, in seconds; nil for ever.
    package var retention: Int?
    /// Where checkpoints are copied to; nil for nowhere.
    package var anchor: AnchorTarget?
    /// Where the HTTP interface listens; nil for nowhere.
    package var listen: ListenAddress? = ListenAddress()

    package init() {}

    /// What runs without a configuration file: standard input when it is no terminal, and the folder `profiles` when
    /// there is one.
    package static func standard(standardInputIsTerminal: Bool, profilesExist: Bool) -> Configuration {
        var configuration = Configuration()
        if profilesExist { configuration.profiles = ["profiles/"] }
        if !standardInputIsTerminal { configuration.feeds = [Feed(name: "stdin", source: .standardInput)] }
        return configuration
    }

    /// The folder of the log.
    package var logFolder: String { data.hasSuffix("/") ? data + "log" : data + "/log" }

    /// The configuration as a file would say it, with every default.
    package var yaml: String {
        var lines = ["data: \(Configuration.quoted(data))"]
        lines.append("profiles: [\(profiles.map(Configuration.quoted).joined(separator: ", "))]")
        if let fleet { lines.append("fleet: \(Configuration.quoted(fleet))") }
        lines.append(feeds.isEmpty ? "feeds: []" : "feeds:")
        for feed in feeds {
            let source =
                switch feed.source {
                case .file(let path): "file: \(Configuration.quoted(path))"
                case .standardInput: "file: \"-\""
                case .plugin(let socket, let user):
                    "plugin: \(Configuration.quoted(socket))"
                        + (user.map { ", user: \(Configuration.quoted($0))" } ?? "")
                case .http(let name, let token):
                    "http: \(Configuration.quoted("/ingest/" + name)), token: \(token.yaml)"
                case .mqtt(let subscription): subscription.yaml
                }
            lines.append(
                "  - { name: \(Configuration.quoted(feed.name)), \(source)\(feed.readingText), "
                    + "lateness: \(feed.lateness / 1_000)s }")
        }
        if !playbooks.isEmpty {
            lines.append("playbooks: [\(playbooks.map(Configuration.quoted).joined(separator: ", "))]")
        }
        if let audit { lines.append("audit: \(Configuration.quoted(audit))") }
        if !brokers.isEmpty { lines.append("brokers:") }
        for broker in brokers {
            let keys: [(String, String?)] = [
                ("name", broker.name), ("plugin", broker.plugin), ("crl", broker.revocation?.listFile),
                ("pid", broker.revocation?.processFile), ("authority", broker.authority),
                ("url", broker.address?.url), ("ca", broker.address?.authorities),
                ("certificate", broker.address?.certificate), ("key", broker.address?.key),
                ("control", broker.control?.rawValue), ("user", broker.address?.user),
                ("acknowledgements", broker.address.map { $0.topicsAreBound ? "acl" : "plugin" }),
            ]
            var text = keys.compactMap { key, value in value.map { "\(key): \(Configuration.quoted($0))" } }
            if let password = broker.address?.password { text.append("password: \(password.yaml)") }
            lines.append("  - { \(text.joined(separator: ", ")) }")
        }
        if !notify.isEmpty { lines.append("notify:") }
        for (name, target) in notify.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(Configuration.quoted(name)): \(target.yaml)")
        }
        lines.append("log: { level: \(logLevel)\(retentionText)\(anchorText) }")
        lines.append("listen: \(Configuration.quoted(listen?.text ?? "off"))")
        return lines.joined(separator: "\n") + "\n"
    }

    private var retentionText: String {
        guard let retention else { return "" }
        return ", retention: " + (retention % 86_400 == 0 ? "\(retention / 86_400)d" : "\(retention)s")
    }

    private var anchorText: String {
        switch anchor {
        case nil: ""
        case .folder(let path): ", anchor: { folder: \(Configuration.quoted(path)) }"
        case .command(let words):
            ", anchor: { command: [\(words.map(Configuration.quoted).joined(separator: ", "))] }"
        case .http(let server):
            ", anchor: { http: \(Configuration.quoted(server.url))"
                + (server.authorization.map { ", authorization: { file: \(Configuration.quoted($0)) }" } ?? "")
                + (server.authorities.map { ", ca: \(Configuration.quoted($0))" } ?? "") + " }"
        }
    }

    static func quoted(_ text: String) -> String {
        var out: [UInt8] = []
        CanonicalJSON.appendString(text, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
