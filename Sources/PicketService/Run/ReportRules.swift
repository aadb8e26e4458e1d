package import PicketFeeds

/// How a feed's reports and alerts of devices are judged.
package struct ReportRules: Hashable, Sendable {
    /// Whose reports are taken.
    package enum Devices: String, CaseIterable, Sendable {
        case any
        /// Only those of devices in the fleet file; others are rejected.
        case registered
    }

    /// What is known of who published a report, where no broker's own record of it can be asked.
    package enum Publisher: String, CaseIterable, Sendable {
        /// Nothing.
        case claimed
        /// A rule of the broker lets each device publish in its own name only, and somebody looks after it.
        case acl
    }

    /// What devices send as their bytes and packets.
    package enum Traffic: String, CaseIterable, Sendable {
        /// Those since the last report, as the specification wants it.
        case differences
        /// Those since their start, of which Picket takes the difference.
        case counters
    }

    package var devices = Devices.any
    package var publisher = Publisher.claimed
    package var traffic = Traffic.differences
    /// Where the topic of an alert names its device.
    package var topic: DeviceTopic?

    package init() {}

    /// As a configuration file says it.
    var yaml: String {
        let keys = ["devices: \(devices.rawValue)", "publisher: \(publisher.rawValue)", "traffic: \(traffic.rawValue)"]
        return "{ "
            + (keys + [topic.map { "topic: \(Configuration.quoted($0.pattern))" }].compactMap(\.self))
            .joined(separator: ", ") + " }"
    }
}

extension Configuration.Feed {
    /// How it is read, as a configuration file says it, with a comma before each key.
    var readingText: String {
        var keys: [String] = []
        if let format { keys.append("format: \(format.rawValue)") }
        if isIdentityGiven { keys.append("identity: \(identity.rawValue)") }
        if reports != ReportRules() { keys.append("reports: \(reports.yaml)") }
        if csv != CSVOptions() {
            let separator = csv.separator == 0x09 ? "tab" : String(decoding: [csv.separator], as: UTF8.self)
            let header = csv.hasHeader ? "first-line" : "none"
            keys.append("csv: { separator: \(Configuration.quoted(separator)), header: \(header) }")
        }
        if let fields {
            keys.append("fields: { \(fields.fields.map(Configuration.Feed.text).joined(separator: ", ")) }")
        }
        return keys.map { ", " + $0 }.joined()
    }

    private static func text(_ field: FieldMap.Field) -> String {
        let quoted = Configuration.quoted
        if let source = field.source, field.values.isEmpty { return "\(field.key): \(quoted(source))" }
        var keys: [String] = []
        if let source = field.source { keys.append("from: \(quoted(source))") }
        if let constant = field.constant { keys.append("is: \(quoted(constant))") }
        if !field.values.isEmpty {
            let values = field.values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }
            keys.append("values: { \(values.joined(separator: ", ")) }")
        }
        return "\(field.key): { \(keys.joined(separator: ", ")) }"
    }
}
