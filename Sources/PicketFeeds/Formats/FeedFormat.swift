package import PicketEvents

/// The formats Picket reads, by the name used in configuration, on the command line and in the log. What there is to
/// know of each stands in ``FormatTable``.
package enum FeedFormat: String, CaseIterable, Codable, Sendable {
    /// One JSON object a line, with the usual spellings of keys (DESIGN §4).
    case ndjson
    /// CSV, with names of columns in the first line.
    case csv
    /// Mosquitto's log file, 2.0 and 2.1.
    case mosquitto
    /// AWS IoT Device Defender metrics reports of devices.
    case defenderReport = "defender-report"
    /// AWS CloudTrail: what people and services did.
    case cloudTrail = "cloudtrail"
    /// AWS IoT lifecycle events: clients that connect, disconnect, subscribe.
    case awsLifecycle = "aws-iot-lifecycle"
    /// AWS IoT Core's log, version 2, and error lines of Lambda and RDS, from CloudWatch Logs.
    case cloudWatch = "cloudwatch"
    /// Events of EMQX's rule engine.
    case emqx
    /// EMQX's audit log.
    case emqxAudit = "emqx-audit"
    /// What brokers publish under `$SYS`: gauges, and Mosquitto's log.
    case brokerStatus = "sys"
    /// Percepio DevAlert: alerts of devices, in binary pieces.
    case devAlert = "devalert"
    /// Error alerts of devices, as JSON.
    case alert
    /// The frames of Picket's plugin for Mosquitto. Only a plugin's socket brings them.
    case brokerPlugin = "broker-plugin"
    /// Picket's own log, where it is believed.
    case picketLog = "picket-log"

    /// The names of all formats a person may give.
    package static var names: String {
        allCases.filter { $0 != .picketLog && $0 != .brokerPlugin }.map(\.rawValue).joined(separator: ", ")
    }

    /// A decoder for the lines of a feed.
    package func decoder(feed: FeedID, options: FeedOptions) -> any FeedDecoder {
        let decoder = FormatTable.entry(self).decoder(feed, options)
        return options.naming == .strongest || self == .picketLog
            ? decoder : NamingDecoder(decoder, naming: options.naming)
    }

    /// A decoder for a feed of which only the identity rule is known.
    package func decoder(feed: FeedID, identity: IdentityRule) -> any FeedDecoder {
        var options = FeedOptions()
        options.identity = identity
        return decoder(feed: feed, options: options)
    }

    /// A reader for the messages of a subscription; nil for formats that are not found in messages.
    package func messageReader(feed: FeedID, options: FeedOptions) -> (any MessageReader)? {
        guard let reader = FormatTable.entry(self).messages?(feed, options) else { return nil }
        return options.naming == .strongest ? reader : NamingReader(reader, naming: options.naming)
    }

    /// What makes lines of the feed's bytes; nil where they are lines.
    package func cutter(options: FeedOptions) -> LineCutter? { FormatTable.entry(self).cutter?(options) }
}

/// What a feed's configuration says about how it is read.
package struct FeedOptions: Sendable {
    /// How user names in a broker's log were proved.
    package var identity = IdentityRule.password
    /// How the fleet file says that devices are named.
    package var naming = DeviceNaming.strongest
    /// How reports and alerts of devices are judged.
    package var reports = DefenderReportReader.Options()
    /// What the feed's own fields are; nil where they are spelled as Picket spells them.
    package var fields: FieldMap?
    /// How its CSV is written.
    package var csv = CSVOptions()

    package init() {}
}
