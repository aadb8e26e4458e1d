import PicketEvents

/// Which kinds of events a format can bring. What a format cannot bring, its feed does not hold back.
enum FeedKinds {
    static func provided(byFormat format: String) -> EventKindSet {
        switch format {
        case "mosquitto":
            EventKindSet(
                .connect, .connectFailed, .disconnect, .publish, .deliver, .subscribe, .unsubscribe, .denied, .dropped,
                .user, .service, .rejected)
        case "defender-report":
            EventKindSet(.report, .rejected)
        default:
            EventKindSet(rawValue: .max)
        }
    }
}
