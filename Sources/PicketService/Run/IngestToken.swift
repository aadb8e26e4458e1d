import Foundation
import PicketFeeds

/// Where the secret of those who post to a feed comes from: never the configuration itself.
package enum IngestToken: Equatable, Sendable {
    case file(String)
    case environment(String)

    /// The secret now.
    ///
    /// - Throws: ``FeedError`` when there is none, or one that is too short to be one.
    func read() throws -> [UInt8] {
        let text: String
        switch self {
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw FeedError(place: path, problem: "the token of a feed cannot be read there")
            }
            text = String(decoding: data, as: UTF8.self)
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw FeedError(
                    place: name, problem: "there is no such environment variable; it holds the token of a feed")
            }
            text = value
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard token.utf8.count >= IngestToken.shortest else {
            throw FeedError(
                place: "\(self)",
                problem: "a token has at least \(IngestToken.shortest) characters; `openssl rand -hex 24` makes one")
        }
        return Array(token.utf8)
    }

    /// 16 characters of hexadecimal are 64 bits: nobody guesses them over HTTP.
    private static let shortest = 16
}
