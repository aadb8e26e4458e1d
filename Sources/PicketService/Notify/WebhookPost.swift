import AsyncHTTPClient
import Crypto
import Foundation
import MQTT
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PicketEvents

/// Posts one body to a target, signed. A redirection is not followed: who is told is for the configuration to say.
struct WebhookPost {
    enum Answer: Equatable, Sendable {
        case delivered
        /// Another try may be luckier.
        case later(String)
        /// It will never be taken.
        case never(String)
    }

    let target: NotifyTarget

    private static let timeout = TimeAmount.seconds(10)
    /// What an answer says is of no interest; only its status counts.
    private static let answerBytes = 64 << 10
    /// Statuses of the 400s that are about the moment and not about the request (RFC 9110 §15.5, RFC 6585).
    private static let passing: Set<UInt> = [408, 421, 425, 429]

    /// - Parameter id: the same in every try, so that a receiver can tell.
    func send(_ body: [UInt8], id: String, now: Int) async -> Answer {
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            if let authorities = target.authorities { tls.trustRoots = .file(authorities) }
            var configuration = HTTPClient.Configuration(
                tlsConfiguration: tls, redirectConfiguration: .disallow,
                timeout: .init(connect: Self.timeout, read: Self.timeout))
            configuration.httpVersion = .http1Only
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
            let status: Result<HTTPResponseStatus, any Error>
            do {
                status = .success(try await post(body, id, now, client))
            } catch {
                status = .failure(error)
            }
            // A connection for each: notifications are rare, and none is left open that could be half dead at the next.
            try await client.shutdown()
            let code = try status.get()
            if (200...299).contains(code.code) { return .delivered }
            let words = "\(target.url) answered \(code.code) \(code.reasonPhrase)"
            return (400...499).contains(code.code) && !Self.passing.contains(code.code) ? .never(words) : .later(words)
        } catch {
            return .later("\(target.url): \(TLSProblem.words(of: error, by: "the receiver") ?? "\(error)")")
        }
    }

    private func post(_ body: [UInt8], _ id: String, _ now: Int, _ client: HTTPClient) async throws
        -> HTTPResponseStatus
    {
        var request = HTTPClientRequest(url: target.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "picket")
        request.headers.add(name: "X-Picket-Delivery", value: id)
        if let secret = try target.secret?.read() {
            request.headers.add(name: "X-Picket-Signature", value: Self.signature(of: body, secret: secret, now: now))
        }
        request.body = .bytes(body)
        let answer = try await client.execute(request, timeout: Self.timeout)
        _ = try? await answer.body.collect(upTo: Self.answerBytes)
        return answer.status
    }

    /// `t=<seconds>,v1=<hex>`: HMAC-SHA256 over the time, a dot and the body, so that an old request cannot be sent again
    /// as a new one.
    static func signature(of body: [UInt8], secret: [UInt8], now: Int) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(now).".utf8) + body, using: SymmetricKey(data: secret))
        return "t=\(now),v1=\(Hex.string(code))"
    }
}
