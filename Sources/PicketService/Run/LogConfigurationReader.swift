import Foundation
import PicketProfiles

/// Reads the `log` part of a configuration file.
enum LogConfigurationReader {
    static func read(_ entry: YAMLNode.Entry, into configuration: inout Configuration, _ collector: DiagnosticCollector)
    {
        guard var log = MappingReader(entry.value, "`log`", collector) else { return }
        if let entry = log.take("level") {
            if let level = entry.value.integer, (1...9).contains(level) {
                configuration.logLevel = Int(level)
            } else {
                collector.report(.numberRange, at: entry.value.place, "`level` is a number from 1 to 9")
            }
        }
        if let retention = log.text(["retention"]) {
            // Below a day a wrong unit is likelier than a wish, and what is deleted does not come back.
            if let seconds = seconds(retention.text), seconds >= 86_400 {
                configuration.retention = seconds
            } else {
                collector.report(
                    .duration, at: retention.place, "`retention` is a duration of at least a day",
                    help: "for example 400d")
            }
        }
        if let entry = log.take("anchor") { configuration.anchor = anchor(entry, collector) }
        log.finish()
    }

    /// A duration, also in days: alarms have no use for those, keeping records has for nothing else.
    private static func seconds(_ text: String) -> Int? {
        guard text.hasSuffix("d") else { return Durations.seconds(text) }
        guard let days = Int(text.dropLast()), (1...36_500).contains(days) else { return nil }
        return days * 86_400
    }

    private static func anchor(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> AnchorTarget? {
        guard var keys = MappingReader(entry.value, "`anchor`", collector) else { return nil }
        let folder = keys.text(["folder"])
        let command = keys.take("command")
        let http = keys.text(["http"])
        let authorization = keys.take("authorization")
        let authorities = keys.text(["ca"])
        keys.finish()
        guard [folder != nil, command != nil, http != nil].count(where: { $0 }) == 1 else {
            collector.report(
                .wrongType, at: entry.value.place, "`anchor` is one of `folder`, `command` and `http`",
                help: "for example { folder: /mnt/auditor }, { command: [/usr/local/bin/send-checkpoint, north] } or "
                    + "{ http: \"https://auditor.example.com/north\" }")
            return nil
        }
        if let http { return server(http, authorization, authorities?.text, collector) }
        guard authorization == nil, authorities == nil else {
            collector.report(.wrongType, at: entry.value.place, "`authorization` and `ca` belong to `http`")
            return nil
        }
        if let folder { return .folder(folder.text) }
        return command.flatMap { program($0, collector) }
    }

    private static func program(_ command: YAMLNode.Entry, _ collector: DiagnosticCollector) -> AnchorTarget? {
        let arguments = command.value.items.compactMap(\.text)
        guard let program = arguments.first, program.hasPrefix("/"), arguments.count == command.value.items.count else {
            collector.report(
                .wrongType, at: command.value.place,
                "`command` is a list of texts, and the first is the whole path of a program",
                help: "it is started as it is, without a shell: nothing in it is expanded")
            return nil
        }
        return .command(arguments)
    }

    private static func server(
        _ http: (text: String, place: Place), _ authorization: YAMLNode.Entry?, _ authorities: String?,
        _ collector: DiagnosticCollector
    ) -> AnchorTarget? {
        let url = URLComponents(string: http.text)
        guard let url, url.scheme == "http" || url.scheme == "https", url.host?.isEmpty == false, url.user == nil else {
            collector.report(
                .wrongType, at: http.place, "`http` is an address that begins with https:// or http://",
                help: "a secret does not belong into it: `authorization: { file: PATH }` names a file with the header")
            return nil
        }
        var server = AnchorTarget.Server(url: http.text, authorities: authorities)
        guard let authorization else { return .http(server) }
        guard var keys = MappingReader(authorization.value, "`authorization`", collector) else { return nil }
        let file = keys.text(["file"])
        keys.finish()
        guard let file else {
            collector.report(
                .wrongType, at: authorization.value.place, "`authorization` needs `file`",
                help: "the file holds the whole header, for example: Bearer 0123…")
            return nil
        }
        // In clear anybody on the way could read it, and send checkpoints of his own.
        guard url.scheme == "https" || url.host == "127.0.0.1" || url.host == "localhost" else {
            collector.report(.wrongType, at: authorization.value.place, "`authorization` goes over https:// only")
            return nil
        }
        server.authorization = file.text
        return .http(server)
    }
}
