package import PicketEvents

/// Reads what AWS CloudWatch Logs has of a fleet: entries of AWS IoT Core's log, version 2 (group `AWSIotLogsV2`), one a
/// line; or what a log subscription sends, also as Lambda and Kinesis are given it (`awslogs.data`, base64 of gzip),
/// which may be of other groups: of lines of Lambda and RDS the errors and warnings are `service` events.
///
/// AWS logs no sizes of messages: metrics of bytes see nothing here.
package struct CloudWatchReader: RecordReader {
    package let format = FeedFormat.cloudWatch
    package private(set) var visibility: Visibility = []
    private let feed: FeedID

    package init(feed: FeedID) { self.feed = feed }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed { note(batch.head[row].kind) }
    }

    /// Nothing: what it reads does not depend on what came before; what can be seen is a question of replays only.
    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        let object = try JSONReading.object(line)
        let events =
            if let envelope = try CloudWatchEnvelope.read(object) {
                try envelope.events()
            } else {
                [try CloudWatchEntry.event(object)]
            }
        for event in events { note(event.kind) }
        return events
    }

    private mutating func note(_ kind: EventKind) {
        switch kind {
        case .connect, .disconnect, .connectFailed: visibility.formUnion([.connections, .refusals, .denials])
        case .publish: visibility.formUnion([.publishes, .denials])
        case .deliver: visibility.insert(.deliveries)
        case .subscribe, .unsubscribe: visibility.formUnion([.subscriptions, .denials])
        case .denied: visibility.insert(.denials)
        case .service: visibility.insert(.serviceMessages)
        default: break
        }
    }

    static func recognises(_ first: FirstBytes) -> Bool {
        first.has("awslogs") || first.has("messageType", "logGroup", "logEvents")
            || first.has("logLevel", "eventType", "status", "timestamp")
    }
}
