package import PicketEvents
import PicketFeeds
import PicketProfiles

/// A behavior that could not see its metric in what was read, with the way to provide it.
package struct Blindness: Equatable, Sendable {
    package var profile: String
    package var behavior: String
    package var metric: Metric
    /// Why nothing could be seen.
    package var reason: String
    /// What to change at the broker or in the feed.
    package var remedy: String

    package var json: [UInt8] {
        var line = RecordLine()
        line.add("profile", profile)
        line.add("behavior", behavior)
        line.add("metric", metric.rawValue)
        line.add("reason", reason)
        line.add("remedy", remedy)
        return line.finish()
    }

    /// The behaviors of `profiles` that none of `inputs` could have shown.
    static func find(_ profiles: [SecurityProfile], in inputs: [(format: FeedFormat, visibility: Visibility)])
        -> [Blindness]
    {
        var found: [Blindness] = []
        for profile in profiles {
            for behavior in profile.behaviors {
                var kinds = behavior.metric.kinds
                if let only = behavior.filter?.kinds { kinds.formIntersection(only) }
                let needed = kinds.kinds.map(need)
                let isSeen = inputs.contains { input in needed.contains { input.visibility.contains($0.visibility) } }
                guard !isSeen, let need = needed.first else { continue }
                let isMosquitto = inputs.contains { $0.format == .mosquitto }
                found.append(
                    Blindness(
                        profile: profile.name, behavior: behavior.name, metric: behavior.metric,
                        reason: isMosquitto ? need.missingInLog : need.missingInFeed,
                        remedy: isMosquitto ? need.brokerSetting : need.feedSetting))
            }
        }
        return found
    }

    private struct Need {
        var visibility: Visibility
        var missingInLog: String
        var missingInFeed: String
        var brokerSetting: String
        var feedSetting: String
    }

    /// What an event of `kind` needs. Mosquitto writes PUBLISH and ACL denials only as debug lines.
    private static func need(_ kind: EventKind) -> Need {
        let debug = "log_type all (or add: log_type debug) in mosquitto.conf"
        switch kind {
        case .publish:
            return Need(
                visibility: .publishes, missingInLog: "this Mosquitto log holds no PUBLISH lines",
                missingInFeed: "the feed holds no publish events", brokerSetting: debug,
                feedSetting: "send publish events with topic and bytes")
        case .deliver:
            return Need(
                visibility: .deliveries, missingInLog: "this Mosquitto log holds no lines of deliveries",
                missingInFeed: "the feed holds no deliver events", brokerSetting: debug,
                feedSetting: "send deliver events with topic and bytes")
        case .denied:
            return Need(
                visibility: .denials, missingInLog: "this Mosquitto log would not show refused acts",
                missingInFeed: "the feed holds no denied events", brokerSetting: debug,
                feedSetting: "send denied events")
        case .subscribe, .unsubscribe:
            return Need(
                visibility: .subscriptions, missingInLog: "this Mosquitto log holds no subscriptions",
                missingInFeed: "the feed holds no subscribe events",
                brokerSetting: "log_type all (or add: log_type subscribe, log_type unsubscribe) in mosquitto.conf",
                feedSetting: "send subscribe and unsubscribe events")
        case .connectFailed:
            return Need(
                visibility: .refusals, missingInLog: "this Mosquitto log holds no lines of connections",
                missingInFeed: "the feed holds no connection events",
                brokerSetting: "connection_messages true and log_type notice in mosquitto.conf",
                feedSetting: "send connect, connect-failed and disconnect events")
        case .report:
            return Need(
                visibility: .reports, missingInLog: "a Mosquitto log holds no reports of devices",
                missingInFeed: "the feed holds no metrics reports of devices",
                brokerSetting: "add a feed of the devices' reports with format: defender-report",
                feedSetting: "let devices publish Device Defender reports and read them as format: defender-report")
        case .rejected, .gap:
            // Any feed can hold what cannot be read, and of any something may be missing.
            return Need(visibility: [], missingInLog: "", missingInFeed: "", brokerSetting: "", feedSetting: "")
        case .alert, .user, .service, .transfer:
            let visibility: Visibility =
                switch kind {
                case .alert: .alerts
                case .user: .userActions
                case .service: .serviceMessages
                default: .transfers
                }
            return Need(
                visibility: visibility, missingInLog: "a Mosquitto log holds no \(kind.name) events",
                missingInFeed: "the feed holds no \(kind.name) events",
                brokerSetting: "add a feed that has \(kind.name) events", feedSetting: "send \(kind.name) events")
        default:
            return Need(
                visibility: .connections, missingInLog: "this Mosquitto log holds no lines of connections",
                missingInFeed: "the feed holds no events of this kind",
                brokerSetting: "connection_messages true and log_type notice in mosquitto.conf",
                feedSetting: "send events of this kind")
        }
    }
}
