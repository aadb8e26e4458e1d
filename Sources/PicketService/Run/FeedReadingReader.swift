import Foundation
import PicketFeeds
package import PicketProfiles

/// Reads from a feed's keys how its bytes are read: `format`, `identity`, `reports`, `fields` and `csv`. The same keys are
/// those of a feed in the configuration and of the file that `picket replay --feed` names.
package enum FeedReadingReader {
    /// The feed that the file at `path` describes: only how it is read, not where it comes from.
    package static func load(path: String) -> (feed: Configuration.Feed?, diagnostics: [Diagnostic]) {
        guard let data = FileManager.default.contents(atPath: path) else {
            let problem = Diagnostic(
                code: .unreadable, file: path, message: "there is no such file, or it cannot be read",
                help: "it holds how a feed is read: format, identity, reports, fields, csv")
            return (nil, [problem])
        }
        let collector = DiagnosticCollector(source: SourceText(file: path, text: String(decoding: data, as: UTF8.self)))
        guard let root = YAMLDocument.read(collector), var keys = MappingReader(root, "how a feed is read", collector)
        else {
            return (nil, collector.diagnostics)
        }
        var feed = Configuration.Feed(name: "", source: .standardInput)
        read(&keys, into: &feed, collector)
        keys.finish(help: "known are format, identity, reports, fields and csv")
        return (collector.hasErrors ? nil : feed, collector.diagnostics)
    }

    static func read(
        _ keys: inout MappingReader, into feed: inout Configuration.Feed, _ collector: DiagnosticCollector
    ) {
        if let format = keys.text(["format"]) {
            if let known = FeedFormat(rawValue: format.text), known != .picketLog, known != .brokerPlugin {
                feed.format = known
            } else {
                collector.report(
                    .unknownValue, at: format.place, "there is no format `\(format.text)`",
                    help: "known are \(FeedFormat.names)")
            }
        }
        if let identity = keys.text(["identity"]) {
            if let rule = IdentityRule(rawValue: identity.text) {
                feed.identity = rule
                feed.isIdentityGiven = true
            } else {
                collector.report(
                    .unknownValue, at: identity.place, "there is no identity rule `\(identity.text)`",
                    help: "known are password, certificate and client-id")
            }
        }
        if let entry = keys.take("reports") {
            only([.defenderReport, .devAlert, .alert], feed, entry, collector)
            if let rules = reports(entry, collector) { feed.reports = rules }
        }
        if let entry = keys.take("csv") {
            only([.csv], feed, entry, collector)
            if let options = csv(entry, collector) { feed.csv = options }
        }
        if let entry = keys.take("fields") {
            only([.ndjson, .csv], feed, entry, collector)
            feed.fields = fields(entry, collector)
        }
    }

    /// Reports keys that mean nothing for the feed's format.
    private static func only(
        _ formats: [FeedFormat], _ feed: Configuration.Feed, _ entry: YAMLNode.Entry, _ collector: DiagnosticCollector
    ) {
        if let format = feed.format, formats.contains(format) { return }
        collector.report(
            .conflict, at: entry.keyPlace,
            "`\(entry.key)` needs `format: \(formats.map(\.rawValue).joined(separator: "` or `format: "))`",
            help: "other formats have nothing of the kind")
    }

    private static func reports(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> ReportRules? {
        guard var keys = MappingReader(entry.value, "`reports`", collector) else { return nil }
        var rules = ReportRules()
        if let value = choice(&keys, "devices", ReportRules.Devices.self, collector) { rules.devices = value }
        if let value = choice(&keys, "publisher", ReportRules.Publisher.self, collector) { rules.publisher = value }
        if let value = choice(&keys, "traffic", ReportRules.Traffic.self, collector) { rules.traffic = value }
        if let topic = keys.text(["topic"]) {
            rules.topic = DeviceTopic(topic.text)
            if rules.topic == nil {
                collector.report(
                    .unknownValue, at: topic.place, "one level of the topic holds `{device}`, and `#` is the last one",
                    help: "as in `topic: alerts/{device}/#`")
            }
        }
        keys.finish(help: "known are devices, publisher, traffic and topic")
        return rules
    }

    private static func choice<Value: RawRepresentable & CaseIterable>(
        _ keys: inout MappingReader, _ key: String, _ type: Value.Type, _ collector: DiagnosticCollector
    ) -> Value? where Value.RawValue == String {
        guard let found = keys.text([key]) else { return nil }
        if let value = Value(rawValue: found.text) { return value }
        let known = Value.allCases.map(\.rawValue)
        collector.report(
            .unknownValue, at: found.place, "`\(key)` is not `\(found.text)`",
            help: "known are \(known.joined(separator: " and "))",
            suggestion: DidYouMean.closest(to: found.text, among: known))
        return nil
    }

    private static func csv(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> CSVOptions? {
        guard var keys = MappingReader(entry.value, "`csv`", collector) else { return nil }
        var options = CSVOptions()
        if let separator = keys.text(["separator"]) {
            let bytes = Array((separator.text == "tab" ? "\t" : separator.text).utf8)
            if bytes.count == 1, bytes[0] != 0x22, bytes[0] == 0x09 || (0x20..<0x7F).contains(bytes[0]) {
                options.separator = bytes[0]
            } else {
                collector.report(
                    .wrongType, at: separator.place, "a separator is one character of ASCII, or tab",
                    help: "for example `separator: \";\"`")
            }
        }
        if let header = keys.text(["header"]) {
            switch header.text {
            case "first-line": options.hasHeader = true
            case "none": options.hasHeader = false
            default:
                collector.report(
                    .unknownValue, at: header.place,
                    "the names of columns are in the `first-line`, or there are `none`",
                    help: "without names columns are called 1, 2, 3, …")
            }
        }
        keys.finish(help: "known are separator and header")
        return options
    }

    private static func fields(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> FieldMap? {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.place, "`fields` says which field of the feed is which of Picket's keys",
                help: "as in `fields: { time: at, device: meta.id }`")
            return nil
        }
        var map = FieldMap()
        for entry in entries {
            if !FieldMap.isKey(entry.key) {
                collector.report(
                    .unknownKey, at: entry.keyPlace, "an event has no key `\(entry.key)` that a feed can say",
                    help: "known are \(FieldMap.keys.joined(separator: ", ")); metrics.NAME is one metric",
                    suggestion: DidYouMean.closest(to: entry.key, among: FieldMap.keys))
                continue
            }
            if let text = entry.value.text {
                map.fields.append(FieldMap.Field(key: entry.key, source: text))
            } else if let field = field(entry, collector) {
                map.fields.append(field)
            }
        }
        return map
    }

    /// `{ from: …, values: { … } }` or `{ is: … }`.
    private static func field(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> FieldMap.Field? {
        guard var keys = MappingReader(entry.value, "a field", collector) else { return nil }
        var field = FieldMap.Field(key: entry.key)
        field.source = keys.text(["from"])?.text
        field.constant = keys.text(["is"])?.text
        if let values = keys.take("values") {
            guard case .mapping(let entries) = values.value.content else {
                collector.report(.wrongType, at: values.value.place, "`values` says what each value of the feed means")
                return nil
            }
            for entry in entries {
                if let (text, _) = MappingReader.text(of: entry, collector) { field.values[entry.key] = text }
            }
        }
        keys.finish(help: "known are from, is and values")
        guard (field.source == nil) != (field.constant == nil) else {
            collector.report(
                .missingKey, at: entry.keyPlace, "`\(entry.key)` comes `from` a field, or `is` the same in all events",
                help: "as in `kind: { from: what, values: { CONN: connect } }` or `kind: { is: publish }`")
            return nil
        }
        return field
    }
}
