import Foundation
import PicketProfiles

/// Somebody who is told of violations, over HTTP.
package struct NotifyTarget: Equatable, Sendable {
    /// How he wants to read it.
    package enum Form: String, CaseIterable, Sendable {
        /// Ours: several in one request.
        case picket
        /// Exactly what AWS IoT Device Defender sends to an SNS topic, one violation a request.
        case sns
    }

    package var url: String
    package var form = Form.picket
    /// Signs every request; nil for none.
    package var secret: SecretSource?
    /// A file of trusted authorities in PEM; nil for those of the system.
    package var authorities: String?
    /// How long the first one waits for others, so that a fleet-wide alarm is one message, in seconds.
    package var groupSeconds = 2
    /// How often it is said again that a violation is still open, in seconds; nil for never.
    package var repeatSeconds: Int?
    /// How long a request is tried again before it becomes a dead letter, in seconds.
    package var retrySeconds = 900

    private static let longestGroupSeconds = 3_600
    private static let longestSeconds = 7 * 86_400

    static func readAll(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> [String: NotifyTarget] {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(.wrongType, at: entry.value.place, "`notify` is a mapping from names to targets")
            return [:]
        }
        var targets: [String: NotifyTarget] = [:]
        for entry in entries { targets[entry.key] = read(entry, collector) }
        return targets
    }

    private static func read(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> NotifyTarget? {
        guard var keys = MappingReader(entry.value, "a target", collector) else { return nil }
        defer { keys.finish() }
        guard let need = keys.need(["url"], help: "for example https://hooks.example.com/picket"),
            let url = MappingReader.text(of: need, collector)
        else { return nil }
        let parts = URL(string: url.text)
        guard let scheme = parts?.scheme, ["http", "https"].contains(scheme), parts?.host != nil, parts?.user == nil
        else {
            collector.report(
                .wrongType, at: url.place, "`url` is an address that begins with https:// or http://",
                help: "without a password in it: `secret` signs what is sent")
            return nil
        }
        var target = NotifyTarget(url: url.text)
        if let form = keys.text(["form"]) {
            if let known = Form(rawValue: form.text) {
                target.form = known
            } else {
                let names = Form.allCases.map(\.rawValue)
                collector.report(
                    .unknownValue, at: form.place, "there is no form `\(form.text)`",
                    help: "known are \(names.joined(separator: ", "))",
                    suggestion: DidYouMean.closest(to: form.text, among: names))
            }
        }
        target.secret = keys.take("secret").flatMap { SecretSource.read($0, collector) }
        let authorities = keys.text(["ca"])
        NamedFiles.need(authorities, "the authorities", help: "a file in PEM", collector)
        target.authorities = authorities?.text
        func seconds(_ key: String, upTo most: Int) -> Int? {
            guard let text = keys.text([key]) else { return nil }
            if key == "group", text.text == "0s" { return 0 }
            if let seconds = Durations.seconds(text.text), seconds <= most { return seconds }
            collector.report(
                .duration, at: text.place, "`\(key)` is a duration of at most \(most) s", help: "for example 10s")
            return nil
        }
        target.groupSeconds = seconds("group", upTo: longestGroupSeconds) ?? target.groupSeconds
        target.repeatSeconds = seconds("repeat", upTo: longestSeconds)
        target.retrySeconds = seconds("retry", upTo: longestSeconds) ?? target.retrySeconds
        return target
    }

    /// As a configuration file says it.
    var yaml: String {
        var parts = ["url: \(Configuration.quoted(url))", "form: \(form.rawValue)", "group: \(groupSeconds)s"]
        if let secret { parts.append("secret: \(secret.yaml)") }
        if let authorities { parts.append("ca: \(Configuration.quoted(authorities))") }
        if let repeatSeconds { parts.append("repeat: \(repeatSeconds)s") }
        parts.append("retry: \(retrySeconds)s")
        return "{ \(parts.joined(separator: ", ")) }"
    }
}
