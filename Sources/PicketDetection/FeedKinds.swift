import PicketEvents

/// Which kinds of events a format can bring. What a format cannot bring, its feed does not hold back.
enum FeedKinds {
    static func provided(byFormat format: String) -> EventKindSet {
        // Of any feed something may be missing.
        events(byFormat: format).union(EventKindSet(.gap))
    }

    private static func events(byFormat format: String) -> EventKindSet {
        switch format {
        case "mosquitto":
            EventKindSet(
                .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped,
                .user, .service, .rejected)
        case "defender-report":
            EventKindSet(.report, .rejected)
        case "cloudtrail", "emqx-audit":
            EventKindSet(.user, .rejected)
        case "aws-iot-lifecycle":
            EventKindSet(.connect, .connectFailed, .disconnect, .subscribe, .unsubscribe, .rejected)
        case "cloudwatch":
            EventKindSet(
                .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped,
                .service, .rejected)
        case "emqx":
            EventKindSet(
                .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped,
                .rejected)
        case "sys":
            EventKindSet(
                .broker, .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied,
                .dropped, .user, .service, .rejected)
        case "devalert", "alert":
            EventKindSet(.alert, .rejected)
        default:
            EventKindSet(rawValue: .max)
        }
    }
}
