import Foundation
import PicketFeeds
import PicketProfiles

/// Where a secret comes from, that of those who post to a feed for instance: never the configuration itself.
package enum SecretSource: Equatable, Sendable {
    case file(String)
    case environment(String)

    /// The secret now.
    ///
    /// - Parameter shortest: in bytes. A token of ours is long; what somebody else gave us is as it is.
    /// - Throws: ``FeedError`` when there is none, or one that is too short to be one.
    func read(shortest: Int = SecretSource.shortest) throws -> [UInt8] {
        let text: String
        switch self {
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw FeedError(place: path, problem: "the secret cannot be read there")
            }
            text = String(decoding: data, as: UTF8.self)
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw FeedError(
                    place: name, problem: "there is no such environment variable; it should hold a secret")
            }
            text = value
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard token.utf8.count >= shortest else {
            throw FeedError(
                place: "\(self)",
                problem: "a secret has at least \(shortest) characters; `openssl rand -hex 24` makes one")
        }
        return Array(token.utf8)
    }

    /// 16 characters of hexadecimal are 64 bits: nobody guesses them over HTTP.
    static let shortest = 16

    /// `{ file: … }` or `{ environment: … }`; anything else is reported.
    static func read(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> SecretSource? {
        guard var keys = MappingReader(entry.value, "a secret", collector) else { return nil }
        let file = keys.text(["file"])
        let variable = keys.text(["environment"])
        keys.finish()
        switch (file, variable) {
        case (let file?, nil):
            NamedFiles.need(file, "the secret", help: "`openssl rand -hex 24` makes one", collector)
            return .file(file.text)
        case (nil, let variable?): return .environment(variable.text)
        default:
            collector.report(
                .wrongType, at: entry.keyPlace, "`\(entry.key)` comes from a `file` or from the `environment`")
            return nil
        }
    }

    /// As a configuration file says it.
    var yaml: String {
        switch self {
        case .file(let path): "{ file: \(Configuration.quoted(path)) }"
        case .environment(let name): "{ environment: \(Configuration.quoted(name)) }"
        }
    }
}
