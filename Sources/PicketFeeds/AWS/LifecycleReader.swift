package import PicketEvents

/// Reads AWS IoT's lifecycle events (developer guide, "Lifecycle events"), as a rule or a bridge hands them on, one a
/// line or a message.
///
/// AWS delivers them in any order, sometimes twice, with times that are good to two minutes. What tells their order is
/// `versionNumber`, which both events of a connection share, and which begins again at 0 when a client was away for
/// about an hour:
///
/// - An event that came before (same client, session, type and version) is rejected as `repeated-event`.
/// - An event of an older connection that comes after one of a newer connection, with a later time, gets the time just
///   before that: a client that is connected does not become a disconnected one.
package struct LifecycleReader: RecordReader {
    package let format = FeedFormat.awsLifecycle
    package private(set) var visibility: Visibility = []
    private let feed: FeedID
    private var clients = LifecycleClients()

    package init(feed: FeedID) { self.feed = feed }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed {
            switch batch.head[row].kind {
            case .connect, .disconnect:
                visibility.formUnion([.connections, .refusals])
                guard let client = batch.string(batch.names[row].client) else { continue }
                let isConnect = batch.head[row].kind == .connect
                // Who delivers an event again does so above all after a crash, when nobody has said that it came.
                if let version = batch.attributes(of: row).first(where: { $0.key == .connection })?.integer {
                    let session = batch.attributes(of: row).first { $0.key == .session }
                    clients.place(
                        client,
                        LifecycleClients.Key(
                            version: version, isConnect: isConnect,
                            session: session.flatMap { batch.string($0.text) } ?? ""),
                        at: batch.time[row])
                }
                if isConnect { clients.connect(client, address: batch.string(batch.names[row].address)) }
            case .connectFailed: visibility.formUnion([.connections, .refusals])
            case .subscribe, .unsubscribe: visibility.insert(.subscriptions)
            default: break
            }
        }
    }

    package mutating func code(learned coder: inout StateCoder) throws { try clients.code(&coder) }

    package mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        let object = try JSONReading.object(line)
        guard let client = object["clientId"]?.text, !client.isEmpty, let type = object["eventType"]?.text,
            let kind = LifecycleReader.kinds[type]
        else { throw RecordProblem(.notALine, detail: "a lifecycle event has a clientId and a known eventType") }
        let time = try RecordTime.need(object["timestamp"])
        var event = EventDraft(kind, time: time)
        event.client = client
        event.device = object["thingName"]?.text ?? client
        event.user = object["principalIdentifier"]?.text
        event.address = object["ipAddress"]?.text
        // AWS binds a thing to the one certificate that is its own; without it the name is what the client says.
        if object["thingName"] != nil, kind != .connectFailed { event.identity = .certificate }
        event.unknown = object.names.filter { !LifecycleReader.known.contains($0) }
        switch kind {
        // By its name in the log, which is what a restart knows.
        case .connect, .disconnect: return [try connection(event, Redaction.text(client), object, time)]
        case .connectFailed:
            visibility.insert(.refusals)
            event.reason =
                object["connectFailureReason"]?.text == "AUTHORIZATION_FAILED" ? .notAuthorized : .unknown
            return [event]
        default:
            visibility.insert(.subscriptions)
            guard let topics = object["topics"]?.array, topics.count <= LifecycleReader.mostTopics,
                topics.allSatisfy({ $0.text != nil })
            else { throw RecordProblem(.badValue, time: time) }
            return topics.map { topic in
                var event = event
                event.topic = topic.text
                return event
            }
        }
    }

    private mutating func connection(
        _ draft: EventDraft, _ client: String, _ object: JSONObject, _ time: Int64
    ) throws(RecordProblem) -> EventDraft {
        var event = draft
        event.add(.session, object["sessionIdentifier"]?.text)
        if event.kind == .disconnect {
            event.reason = AWSReason.disconnect(object["disconnectReason"]?.text)
            if event.address == nil { event.address = clients.address(of: client) }
        }
        if let version = object["versionNumber"]?.integer {
            let key = LifecycleClients.Key(
                version: version, isConnect: event.kind == .connect, session: event.text(.session) ?? "")
            guard let placed = clients.place(client, key, at: time) else {
                throw RecordProblem(.repeatedEvent, time: time)
            }
            event.time = placed
            event.add(.connection, version)
        }
        if event.kind == .connect { clients.connect(client, address: event.address) }
        visibility.formUnion([.connections, .refusals])
        return event
    }

    static func recognises(_ first: FirstBytes) -> Bool {
        guard first.has("clientId", "eventType", "timestamp"), let type = first.object?["eventType"]?.text else {
            return false
        }
        return kinds[type] != nil && (first.has("sessionIdentifier") || first.has("principalIdentifier"))
    }

    /// The most topics of a subscription: AWS allows eight in a request.
    private static let mostTopics = 64

    private static let kinds: [String: EventKind] = [
        "connected": .connect, "disconnected": .disconnect, "connect_failed": .connectFailed,
        "subscribed": .subscribe, "unsubscribed": .unsubscribe,
    ]

    private static let known: Set<String> = [
        "clientId", "thingName", "timestamp", "eventType", "sessionIdentifier", "principalIdentifier", "ipAddress",
        "versionNumber", "clientInitiatedDisconnect", "disconnectReason", "connectFailureReason", "topics",
    ]
}
