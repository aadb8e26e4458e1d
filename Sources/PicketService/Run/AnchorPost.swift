import AsyncHTTPClient
import Foundation
import MQTT
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Posts a checkpoint to a server. A redirection is not followed: where a checkpoint goes is for the configuration to say, and
/// the header that authorizes it is for nobody else.
struct AnchorPost {
    let server: AnchorTarget.Server
    let timeout: Duration

    /// Bytes of an answer that are read. What it says is of no interest; only its status counts.
    private static let answerBytes = 64 << 10

    /// The longest authorization header, in bytes: signed tokens have some thousand.
    private static let authorizationBytes = 8 << 10

    /// Posts the note and waits for the answer; not to be called from an event loop.
    ///
    /// - Returns: what went wrong; nil when the server answered with a status from 200 to 299 in time.
    func run(_ note: [UInt8]) -> String? {
        do {
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
                configuration: try configuration())
            let result = Result { try post(note, client) }
            // A connection for each: nothing is left open between checkpoints that could be half dead at the next.
            try client.syncShutdown()
            let status = try result.get()
            return (200...299).contains(status.code)
                ? nil : "\(server.url) answered \(status.code) \(status.reasonPhrase)"
        } catch let problem as Problem {
            return problem.text
        } catch {
            return "\(server.url): \(TLSProblem.words(of: error, by: "the server") ?? "\(error)")"
        }
    }

    /// Why nothing was sent.
    private struct Problem: Error {
        var text: String
    }

    private func configuration() throws -> HTTPClient.Configuration {
        let limit = TimeAmount(timeout)
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authorities = server.authorities { tls.trustRoots = .file(authorities) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: limit, read: limit))
        configuration.httpVersion = .http1Only
        return configuration
    }

    private func post(_ note: [UInt8], _ client: HTTPClient) throws -> HTTPResponseStatus {
        var headers = HTTPHeaders([("Content-Type", "text/plain; charset=utf-8"), ("User-Agent", "picket")])
        if let value = try authorization() { headers.add(name: "Authorization", value: value) }
        let request = try HTTPClient.Request(url: server.url, method: .POST, headers: headers, body: .bytes(note))
        let answer = ResponseAccumulator(request: request, maxBodySize: AnchorPost.answerBytes)
        return try client.execute(request: request, delegate: answer, deadline: .now() + TimeAmount(timeout)).wait()
            .status
    }

    private func authorization() throws -> String? {
        guard let path = server.authorization else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem(text: "\(path): the authorization of the anchor cannot be read there")
        }
        let value = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !value.isEmpty, value.utf8.count <= AnchorPost.authorizationBytes,
            value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { throw Problem(text: "\(path): holds no line that can be an Authorization header, as `Bearer …`") }
        return value
    }
}
