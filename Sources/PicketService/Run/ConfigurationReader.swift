import Foundation
import PicketEvents
import PicketFeeds
package import PicketProfiles

/// Reads a configuration file. Unknown keys are errors, and all errors are told in one run.
package enum ConfigurationReader {
    /// The configuration in `path`.
    ///
    /// - Returns: the configuration, unless there is an error in it; and everything there is to say.
    package static func read(path: String) -> (configuration: Configuration?, diagnostics: [Diagnostic]) {
        guard let data = FileManager.default.contents(atPath: path) else {
            let problem = Diagnostic(
                code: .unreadable, file: path, message: "there is no such file, or it cannot be read",
                help: "name another one with --config, or leave it out to run with the defaults")
            return (nil, [problem])
        }
        return parse(text: String(decoding: data, as: UTF8.self), file: path)
    }

    /// The configuration in `text`.
    package static func parse(text: String, file: String) -> (configuration: Configuration?, diagnostics: [Diagnostic])
    {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        guard let root = YAMLDocument.read(collector), var keys = MappingReader(root, "the configuration", collector)
        else { return (nil, collector.diagnostics) }
        var configuration = Configuration()
        if let data = keys.text(["data"]) { configuration.data = data.text }
        if let profiles = keys.take("profiles") { configuration.profiles = texts(profiles, collector) }
        if let fleet = keys.text(["fleet"]) { configuration.fleet = fleet.text }
        if let feeds = keys.take("feeds") {
            for node in feeds.value.items {
                if let feed = feed(node, &configuration, collector) { configuration.feeds.append(feed) }
            }
            for node in feeds.value.items { checkPublishers(node, configuration, collector) }
        }
        if let playbooks = keys.take("playbooks") { configuration.playbooks = texts(playbooks, collector) }
        if let operators = keys.text(["operators"]) {
            configuration.operators = operators.text
            NamedFiles.needGroup(operators, collector)
        }
        if let audit = keys.text(["audit"]) { configuration.audit = audit.text }
        if let brokers = keys.take("brokers") {
            for node in brokers.value.items {
                guard let broker = BrokerConfiguration.read(node, collector) else { continue }
                if let plugin = broker.plugin,
                    !configuration.feeds.contains(where: { $0.name == plugin && $0.source.isPlugin })
                {
                    collector.report(
                        .unknownValue, at: node.place, "there is no feed of a plugin called `\(plugin)`",
                        help: "`plugin` names a feed that has a `plugin`: the socket of the broker's plugin")
                }
                configuration.brokers.append(broker)
            }
        }
        if let notify = keys.take("notify") { configuration.notify = NotifyTarget.readAll(notify, collector) }
        if let log = keys.take("log") { LogConfigurationReader.read(log, into: &configuration, collector) }
        if let listen = keys.text(["listen"]) {
            configuration.listen = listen.text == "off" ? nil : ListenAddress(listen.text)
            if listen.text != "off", configuration.listen == nil {
                collector.report(
                    .wrongType, at: listen.place, "`listen` is an address of this machine with a port, or off",
                    help: "for example 127.0.0.1:8787; a proxy with TLS and a login makes it reachable from elsewhere")
            }
        }
        keys.finish()
        return (collector.hasErrors ? nil : configuration, collector.diagnostics)
    }

    /// `publishers` names another feed, which may stand behind.
    private static func checkPublishers(
        _ node: YAMLNode, _ configuration: Configuration, _ collector: DiagnosticCollector
    ) {
        guard case .mapping(let entries) = node.content,
            let named = entries.first(where: { $0.key == "publishers" })?.value,
            !configuration.feeds.contains(where: { $0.name == named.text && $0.source.isRecordOfBroker })
        else { return }
        collector.report(
            .unknownValue, at: named.place, "there is no feed of a broker's plugin or log called `\(named.text ?? "")`",
            help: "`publishers` names the feed that says who has published what")
    }

    private static func texts(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> [String] {
        entry.value.items.compactMap { node in
            if let text = node.text { return text }
            collector.report(.wrongType, at: node.place, "`\(entry.key)` is a list of texts")
            return nil
        }
    }

    private static func feed(
        _ node: YAMLNode, _ configuration: inout Configuration, _ collector: DiagnosticCollector
    ) -> Configuration.Feed? {
        guard var keys = MappingReader(node, "a feed", collector) else { return nil }
        let name = keys.text(["name"])
        let found = FeedSourceReader.read(&keys, collector)
        let lateness = keys.text(["lateness"])
        var reading = Configuration.Feed(name: "", source: .standardInput)
        FeedReadingReader.read(&keys, into: &reading, collector)
        keys.finish()
        guard let found else { return nil }
        var feed = reading
        feed.name = name?.text ?? found.name
        feed.source = found.source
        let place = name?.place ?? node.place
        if feed.name == RecordLine.feedName || feed.name.isEmpty {
            collector.report(
                .badName, at: place, "a feed cannot be called `\(feed.name)`",
                help: "that name marks Picket's own records")
        }
        if configuration.feeds.contains(where: { $0.name == feed.name }) {
            collector.report(.duplicateName, at: place, "there is a feed called `\(feed.name)` already")
        }
        if let path = feed.source.ingestName, configuration.feeds.contains(where: { $0.source.ingestName == path }) {
            collector.report(
                .duplicateName, at: place, "there is a feed at /ingest/\(path) already",
                help: "each feed has a path of its own, and a token")
        }
        if let lateness {
            if let seconds = Durations.seconds(lateness.text), seconds <= 86_400 {
                feed.lateness = Int64(seconds) * 1_000
            } else {
                collector.report(
                    .duration, at: lateness.place, "`lateness` is a duration of at most a day", help: "for example 10s")
            }
        }
        return feed
    }
}
