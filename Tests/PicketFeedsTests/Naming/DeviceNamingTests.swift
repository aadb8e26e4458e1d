import PicketEvents
import Testing

@testable import PicketFeeds

/// Who the device is, as the fleet file says it.
@Suite struct DeviceNamingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var naming: DeviceNaming
        var format = FeedFormat.ndjson
        var identity = IdentityRule.password
        var input: String
        /// Device and identity of the last event.
        var device: String?
        var proof = Identity.claimed
        var testDescription: String { "\(naming) \(format) \(input)" }
    }

    private static let telemetry = DeviceTopic("telemetry/{device}/#").map { DeviceNaming.topic($0) } ?? .strongest
    private static func line(_ kind: String, _ rest: String) -> String {
        "{\"time\":\"\(NDJSON.time)\",\"kind\":\"\(kind)\",\(rest)}"
    }
    private static let login = "1795255200: New client connected from 10.0.0.1:5000 as c1 (p2, c1, k60, u't-7').\n"
    private static let emqx =
        #"{"event":"client.connected","clientid":"c1","username":"t-7","timestamp":1795255200000,"node":"n"}"#
    private static let lifecycle =
        #"{"clientId":"c1","thingName":"t-7","timestamp":1795255200000,"eventType":"connected","sessionIdentifier":"s","principalIdentifier":"4a0f","versionNumber":3}"#

    static let rows: [Row] = [
        // The strongest is the default, and what the decoder found.
        Row(naming: .strongest, input: line("connect", #""client":"c1","user":"t-7""#), device: "c1"),
        Row(naming: .strongest, format: .mosquitto, input: login, device: "t-7", proof: .password),
        Row(naming: .strongest, format: .awsLifecycle, input: lifecycle, device: "t-7", proof: .certificate),
        // By user: a log in which user names are checked proves it, a plain line does not.
        Row(naming: .user, input: line("connect", #""client":"c1","user":"t-7""#), device: "t-7"),
        Row(naming: .user, input: line("connect", #""client":"c1""#), device: "c1"),
        Row(naming: .user, format: .mosquitto, input: login, device: "t-7", proof: .password),
        Row(naming: .user, format: .mosquitto, identity: .clientID, input: login, device: "t-7"),
        Row(naming: .user, format: .emqx, input: emqx, device: "t-7", proof: .password),
        // The certificate proves the thing, and not the name of the principal.
        Row(naming: .user, format: .awsLifecycle, input: lifecycle, device: "4a0f"),
        // By certificate: a password proves nothing of a device then.
        Row(naming: .certificate, format: .mosquitto, input: login, device: "t-7"),
        Row(
            naming: .certificate, format: .mosquitto, identity: .certificate, input: login, device: "t-7",
            proof: .certificate),
        Row(naming: .certificate, format: .awsLifecycle, input: lifecycle, device: "t-7", proof: .certificate),
        Row(
            naming: .certificate,
            input: line("connect", #""client":"c1","certificate":{"serial":"4A","subject":"O=x,CN=t-7,C=de"}"#),
            device: "t-7"),
        Row(
            naming: .certificate,
            input: line("connect", #""client":"c1","certificate":{"serial":"4A","subject":"OCN=t-8,CN=t-7"}"#),
            device: "t-7"),
        Row(
            naming: .certificate, input: line("connect", #""client":"c1","certificate":{"subject":"t-7"}"#),
            device: "t-7"),
        Row(
            naming: .certificate, input: line("connect", #""client":"c1","certificate":{"subject":"O=t-7"}"#),
            device: "c1"),
        // By client id, which proves nothing.
        Row(naming: .clientID, format: .mosquitto, input: login, device: "c1"),
        Row(naming: .clientID, format: .awsLifecycle, input: lifecycle, device: "c1"),
        Row(naming: .clientID, input: line("connect", #""device":"t-7","client":"c1""#), device: "c1"),
        // By topic: what a gateway publishes is its device's, everything else is the gateway's own.
        Row(naming: telemetry, input: line("publish", #""client":"gw","topic":"telemetry/t-7/temp""#), device: "t-7"),
        Row(naming: telemetry, input: line("publish", #""client":"gw","topic":"telemetry/t-7""#), device: "t-7"),
        Row(naming: telemetry, input: line("publish", #""client":"gw","topic":"state/t-7""#), device: "gw"),
        Row(naming: telemetry, input: line("publish", #""client":"gw","topic":"telemetry//x""#), device: "gw"),
        Row(naming: telemetry, input: line("deliver", #""client":"app","topic":"telemetry/t-7/temp""#), device: "app"),
        Row(naming: telemetry, input: line("denied", #""client":"gw","topic":"telemetry/+/temp""#), device: "gw"),
        Row(naming: telemetry, input: line("connect", #""client":"gw""#), device: "gw"),
        Row(
            naming: telemetry, format: .mosquitto,
            input: login + "1795255200: Received PUBLISH from c1 (d0, q0, r0, m0, 'telemetry/t-9/x', ... (1 bytes))\n",
            device: "t-9"),
        Row(
            naming: telemetry, format: .mosquitto,
            input: login + "1795255200: Received PUBLISH from c1 (d0, q0, r0, m0, 'telemetry/t-7/x', ... (1 bytes))\n",
            device: "t-7", proof: .password),
        // Users are people, and reports say whose they are.
        Row(naming: .user, input: line("user", #""user":"anna""#), device: nil),
        Row(
            naming: .clientID, input: line("report", #""device":"t-7","client":"c1","metrics":{"a":1}"#), device: "t-7"),
    ]

    @Test(arguments: rows)
    func `a device has the name that the fleet file says`(row: Row) {
        var options = FeedOptions()
        options.naming = row.naming
        options.identity = row.identity
        var decoder = row.format.decoder(feed: FeedID(0), options: options)
        #expect(decoder.format == row.format)
        let batch = decoder.decode(Array(row.input.utf8), isLast: true, limit: .max).batch
        #expect(batch.count > 0)
        let last = batch.count - 1
        #expect(batch.string(batch.names[last].device) == row.device)
        #expect(batch.head[last].identity == row.proof)
    }

    @Test func `how a broker proves user names follows the fleet file`() {
        #expect(DeviceNaming.certificate.brokerRule == .certificate)
        #expect(DeviceNaming.user.brokerRule == .password)
        #expect(DeviceNaming.clientID.brokerRule == .clientID)
        #expect(DeviceNaming.strongest.brokerRule == .password)
        #expect(DeviceNamingTests.telemetry.brokerRule == .password)
    }

    @Test(
        arguments: [
            ("telemetry/{device}/#", "telemetry/t-7/a/b", "t-7"), ("telemetry/{device}/#", "telemetry/t-7", "t-7"),
            ("telemetry/{device}/#", "telemetry", nil), ("+/{device}", "a/b", "b"), ("+/{device}", "a/b/c", nil),
            ("a/dev-{device}-x/+", "a/dev-7-x/y", "7"), ("a/dev-{device}-x/+", "a/dev--x/y", nil),
            ("a/dev-{device}-x/+", "a/dev-7/y", nil), ("{device}", "t", "t"), ("{device}/#", "a+/b", nil),
            ("/{device}", "/t", "t"), ("{device}/", "t/", "t"), ("{device}/", "t", nil), ("a/{device}/é", "a/ü/é", "ü"),
        ] as [(String, String, String?)])
    func `a topic names its device`(pattern: String, topic: String, device: String?) throws {
        #expect(try #require(DeviceTopic(pattern)).device(in: topic) == device)
    }

    @Test(arguments: ["a/b", "{device}/{device}", "{device}{device}", "#/{device}", "a/#/b/{device}", ""])
    func `other patterns are none`(pattern: String) { #expect(DeviceTopic(pattern) == nil) }
}
