import PicketFeeds
import PicketProfiles

/// Reads from a feed's keys where its events come from: exactly one of `file`, `plugin`, `mqtt` and `http`
enum FeedSourceReader {
    /// - Returns: the source, and the name of a feed that says none; nil when there is an error, which was reported.
    static func read(
        _ keys: inout MappingReader, _ collector: DiagnosticCollector
    ) -> (source: Configuration.Feed.Source, name: String)? {
        if let plugin = keys.text(["plugin"]) {
            let user = keys.text(["user"])
            NamedFiles.needUser(user, collector)
            guard plugin.text.utf8.count <= SocketFeed.longestPath else {
                collector.report(
                    .wrongType, at: plugin.place, "the path of a socket has at most \(SocketFeed.longestPath) bytes",
                    help: "for example /run/picket/broker.sock")
                return nil
            }
            return (.plugin(socket: plugin.text, user: user?.text), "plugin")
        }
        if let url = keys.text(["mqtt"]) {
            return BrokerSubscription.read(url, &keys, collector).map { (.mqtt($0), "mqtt") }
        }
        if let http = keys.text(["http"]) {
            let prefix = "/ingest/"
            let name = http.text.hasPrefix(prefix) ? String(http.text.dropFirst(prefix.count)) : ""
            let isSound =
                !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            if !isSound {
                collector.report(
                    .wrongType, at: http.place, "`http` is a path below /ingest, of letters, digits, - and _",
                    help: "for example /ingest/cloudtrail")
            }
            guard let entry = keys.need(["token"], help: "whoever posts must know it: token: { file: ingest.token }"),
                let token = SecretSource.read(entry, collector), isSound
            else { return nil }
            return (.http(name: name, token: token), name)
        }
        let help =
            "a feed is a file, `-` for standard input, the socket of a broker's plugin, the messages of a broker (`mqtt`), or posted over"
            + " HTTP"
        guard let file = keys.need(["file"], help: help), let (path, _) = MappingReader.text(of: file, collector) else {
            return nil
        }
        if path == "-" { return (.standardInput, "stdin") }
        if FileGlob.isPattern(path) {
            guard FileGlob(path) != nil else {
                collector.report(
                    .wrongType, at: file.value.place,
                    "wildcards stand in the name of the file, not in those of folders",
                    help: "as in /var/log/mosquitto/*.log; name other folders as feeds of their own")
                return nil
            }
            return (.file(path), path.split(separator: "/").dropLast().last.map(String.init) ?? "files")
        }
        return (.file(path), path.split(separator: "/").last.map(String.init) ?? path)
    }
}
