package import PicketEvents

/// The formats Picket reads, by the name used in configuration, on the command line and in the log.
package enum FeedFormat: String, CaseIterable, Codable, Sendable {
    /// One JSON object a line, with the usual spellings of keys (DESIGN §4).
    case ndjson
    /// Mosquitto's log file, 2.0 and 2.1.
    case mosquitto
    /// AWS IoT Device Defender metrics reports of devices.
    case defenderReport = "defender-report"
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
        switch self {
        case .ndjson: NDJSONDecoder(feed: feed)
        case .mosquitto: MosquittoDecoder(feed: feed, identity: options.identity)
        case .defenderReport:
            RecordDecoder(
                feed: feed, reader: MessageLines(DefenderReportReader(feed: feed, options: options.reports)))
        // Frames are no lines: ``PluginDecoder`` reads them. Lines that claim to be some are rejected.
        case .brokerPlugin: NDJSONDecoder(feed: feed)
        case .picketLog: NDJSONDecoder(trustedLog: ())
        }
    }

    /// A decoder for a feed of which only the identity rule is known.
    package func decoder(feed: FeedID, identity: IdentityRule) -> any FeedDecoder {
        var options = FeedOptions()
        options.identity = identity
        return decoder(feed: feed, options: options)
    }

    /// A reader for the messages of a subscription; nil for formats that are not found in messages.
    package func messageReader(feed: FeedID, options: FeedOptions) -> (any MessageReader)? {
        switch self {
        case .defenderReport: DefenderReportReader(feed: feed, options: options.reports)
        default: nil
        }
    }
}

/// What a feed's configuration says about how it is read.
package struct FeedOptions: Sendable {
    /// How user names in a broker's log were proved.
    package var identity = IdentityRule.password
    /// How reports of devices are judged.
    package var reports = DefenderReportReader.Options()

    package init() {}
}
