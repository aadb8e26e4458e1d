import PicketEvents

/// What there is to know of a format.
struct FormatEntry: Sendable {
    /// Makes a decoder for the lines of a feed.
    var decoder: @Sendable (FeedID, FeedOptions) -> any FeedDecoder
    /// Makes a reader for messages of a broker; nil for formats that are not found in messages.
    var messages: (@Sendable (FeedID, FeedOptions) -> any MessageReader)?
    /// What makes lines of bytes that are none.
    var cutter: (@Sendable (FeedOptions) -> LineCutter)?
    /// Whether a feed begins like one of this format.
    var recognises: (@Sendable (FirstBytes) -> Bool)?

    /// A format whose records are lines, and the payloads of messages.
    static func records(
        cutter: (@Sendable (FeedOptions) -> LineCutter)? = nil, recognises: (@Sendable (FirstBytes) -> Bool)? = nil,
        _ make: @escaping @Sendable (FeedID, FeedOptions) -> some RecordReader
    ) -> FormatEntry {
        FormatEntry(
            decoder: { RecordDecoder(feed: $0, reader: make($0, $1)) }, messages: { PayloadReader(make($0, $1)) },
            cutter: cutter, recognises: recognises)
    }

    /// A format of messages, of which a line can be a recording.
    static func messages(
        recognises: (@Sendable (FirstBytes) -> Bool)? = nil,
        _ make: @escaping @Sendable (FeedID, FeedOptions) -> some MessageReader
    ) -> FormatEntry {
        FormatEntry(
            decoder: { RecordDecoder(feed: $0, reader: MessageLines(make($0, $1))) }, messages: { make($0, $1) },
            recognises: recognises)
    }
}

/// All formats. A new one is a type that reads it and an entry here; nothing else asks which format it is.
enum FormatTable {
    static func entry(_ format: FeedFormat) -> FormatEntry { entries[format] ?? ndjson }

    private static let ndjson = FormatEntry(
        decoder: { feed, options in
            guard let map = options.fields else { return NDJSONDecoder(feed: feed) }
            return MappedDecoder(feed: feed, JSONLineMapping(map))
        }, recognises: { $0.beginsObject })

    private static let entries: [FeedFormat: FormatEntry] = [
        .ndjson: ndjson,
        .csv: FormatEntry(
            decoder: { MappedDecoder(feed: $0, CSVLineMapping($1.fields, options: $1.csv)) },
            cutter: { .quotes(QuoteCutter(separator: $0.csv.separator)) },
            recognises: { CSVLineMapping.recognises($0) }),
        .mosquitto: FormatEntry(
            decoder: { MosquittoDecoder(feed: $0, identity: $1.identity) },
            recognises: { !$0.beginsObject && MosquittoDecoder.recognises($0.bytes) }),
        .defenderReport: .messages { DefenderReportReader(feed: $0, options: $1.reports) },
        .cloudTrail: .records(
            cutter: { _ in .elements(ElementCutter(list: "Records")) }, recognises: { CloudTrailReader.recognises($0) }
        ) { feed, _ in CloudTrailReader(feed: feed) },
        .awsLifecycle: .records(recognises: { LifecycleReader.recognises($0) }) { feed, _ in
            LifecycleReader(feed: feed)
        },
        .cloudWatch: .records(recognises: { CloudWatchReader.recognises($0) }) { feed, _ in
            CloudWatchReader(feed: feed)
        },
        .emqx: .records(recognises: { EMQXEventReader.recognises($0) }) {
            EMQXEventReader(feed: $0, identity: $1.identity)
        },
        .emqxAudit: .records(recognises: { EMQXAuditReader.recognises($0) }) { feed, _ in
            EMQXAuditReader(feed: feed)
        },
        .brokerStatus: .messages { BrokerStatusReader(feed: $0, identity: $1.identity) },
        .devAlert: .messages { DevAlertReader(feed: $0, options: $1.reports) },
        .alert: .messages { AlertReader(feed: $0, options: $1.reports) },
        // Frames are no lines: ``PluginDecoder`` reads them. Lines that claim to be some are rejected.
        .brokerPlugin: FormatEntry(decoder: { feed, _ in NDJSONDecoder(feed: feed) }),
        .picketLog: FormatEntry(decoder: { _, _ in NDJSONDecoder(trustedLog: ()) }),
    ]
}
