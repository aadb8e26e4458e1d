import Foundation
import PicketEvents
package import PicketProfiles

/// What an audit is to look at: files of the broker, certificates, a log.
package struct AuditPlan: Equatable, Sendable {
    /// Files of Mosquitto's configuration.
    package var mosquitto: [String] = []
    /// Files of Mosquitto's dynamic security plugin, besides those that a configuration names.
    package var dynamicSecurity: [String] = []
    /// Certificates in PEM, or folders of them.
    package var certificates: [String] = []
    /// Revocation lists in PEM or DER.
    package var revocationLists: [String] = []
    /// A log folder: who connected with what.
    package var log: String?
    /// How long before its end a certificate is expiring, in days.
    package var expiringDays = 30
    /// From which age a certificate is old, in days; nil to not look.
    package var oldDays: Int? = 365
    /// The same for an authority, which is made for longer.
    package var oldAuthorityDays: Int? = 5 * 365
    /// How far back the log is looked at, in seconds.
    package var periodSeconds: Int64 = 90 * 86_400
    /// How often a daemon looks, in seconds.
    package var everySeconds = 86_400
    package var suppressions: [AuditSuppression] = []

    package init() {}

    /// Reads a file with the keys of an audit.
    package static func read(path: String) -> (plan: AuditPlan?, diagnostics: [Diagnostic]) {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else {
            return (nil, [Diagnostic(code: .unreadable, file: path, message: "the file cannot be read")])
        }
        return parse(text: text, file: path)
    }

    package static func parse(text: String, file: String) -> (plan: AuditPlan?, diagnostics: [Diagnostic]) {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        guard let root = YAMLDocument.read(collector), var keys = MappingReader(root, "an audit", collector) else {
            return (nil, collector.diagnostics)
        }
        var plan = AuditPlan()
        func texts(_ key: String) -> [String] {
            keys.take(key)?.value.items.compactMap { node in
                if node.text == nil { collector.report(.wrongType, at: node.place, "`\(key)` is a list of paths") }
                return node.text
            } ?? []
        }
        func seconds(_ key: String, _ range: ClosedRange<Int>, _ help: String) -> Int? {
            guard let entry = keys.take(key) else { return nil }
            guard let value = entry.value.text.flatMap(Durations.seconds), range.contains(value) else {
                collector.report(.duration, at: entry.value.place, "`\(key)` is \(help)", help: "for example 30d")
                return nil
            }
            return value
        }
        let days = 86_400...(3_652 * 86_400)
        plan.mosquitto = texts("mosquitto")
        plan.dynamicSecurity = texts("dynamicSecurity")
        plan.certificates = texts("certificates")
        plan.revocationLists = texts("revocationLists")
        plan.log = keys.text(["log"])?.text
        if let value = seconds("expiring", days, "a time of at least a day") { plan.expiringDays = value / 86_400 }
        if let value = seconds("old", days, "a time of at least a day") { plan.oldDays = value / 86_400 }
        if let value = seconds("oldAuthority", days, "a time of at least a day") {
            plan.oldAuthorityDays = value / 86_400
        }
        if let value = seconds("period", days, "a time of at least a day") { plan.periodSeconds = Int64(value) }
        if let value = seconds("every", 60...(366 * 86_400), "a time from a minute to a year") {
            plan.everySeconds = value
        }
        for node in keys.take("suppressions")?.value.items ?? [] {
            if let suppression = suppression(node, collector) { plan.suppressions.append(suppression) }
        }
        keys.finish()
        return (collector.hasErrors ? nil : plan, collector.diagnostics)
    }

    private static func suppression(_ node: YAMLNode, _ collector: DiagnosticCollector) -> AuditSuppression? {
        guard var keys = MappingReader(node, "a suppression", collector) else { return nil }
        func need(_ key: String, _ help: String) -> (text: String, place: Place)? {
            keys.need([key], help: help).flatMap { MappingReader.text(of: $0, collector) }
        }
        let check = need("check", "the name of a check")
        let resource = keys.text(["resource"])?.text ?? "*"
        let reason = need("reason", "why it is accepted")
        let owner = need("owner", "who answers for it")
        let expires = need("expires", "a day; what is suppressed for ever is forgotten")
        keys.finish()
        guard let check, let reason, let owner, let expires else { return nil }
        guard let known = AuditCheck(rawValue: check.text) else {
            collector.report(
                .unknownValue, at: check.place, "there is no check `\(check.text)`",
                suggestion: DidYouMean.closest(to: check.text, among: AuditCheck.allCases.map(\.rawValue)))
            return nil
        }
        let day = expires.text.utf8.count == 10 ? expires.text + "T00:00:00Z" : expires.text
        guard let time = Timestamp.parse(day) else {
            collector.report(.wrongType, at: expires.place, "`expires` is a day such as 2026-12-31")
            return nil
        }
        return AuditSuppression(
            check: known, resource: resource, reason: reason.text, owner: owner.text, expires: time)
    }
}
