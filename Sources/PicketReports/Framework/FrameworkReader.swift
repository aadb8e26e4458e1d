import Crypto
import Foundation
import PicketEvents
package import PicketProfiles

/// Reads a compliance framework. Unknown keys are errors, and all errors of a file are told in one run.
package enum FrameworkReader {
    /// Bytes a file may have: the largest of ours has a tenth.
    private static let fileBytes = 1 << 20

    /// Reads the framework called `name`: a file, or one of those in `folders`.
    package static func read(_ name: String, folders: [String]) -> (
        framework: ComplianceFramework?, diagnostics: [Diagnostic]
    ) {
        let candidates = name.contains("/") || name.hasSuffix(".yaml") ? [name] : folders.map { "\($0)/\(name).yaml" }
        guard let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }),
            let data = FileManager.default.contents(atPath: path), data.count <= fileBytes,
            let text = String(validating: data, as: UTF8.self)
        else {
            let known = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
                .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
            let problem = Diagnostic(
                code: .unreadable, file: name, message: "there is no such framework, or it cannot be read",
                help: known.isEmpty ? "give the path of its file" : "known are \(known.joined(separator: ", "))")
            return (nil, [problem])
        }
        return parse(text: text, file: path)
    }

    package static func parse(text: String, file: String) -> (
        framework: ComplianceFramework?, diagnostics: [Diagnostic]
    ) {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        guard let root = YAMLDocument.read(collector), var keys = MappingReader(root, "a framework", collector) else {
            return (nil, collector.diagnostics)
        }
        let id = need(&keys, "framework")
        let title = need(&keys, "title")
        let version = need(&keys, "version")
        let source = need(&keys, "source")
        var controls: [ComplianceFramework.Control] = []
        var seen: Set<String> = []
        let listed = keys.need(["controls"], help: "a list of requirements")
        if let listed, listed.value.items.isEmpty {
            collector.report(.missingKey, at: listed.value.place, "`controls` is empty: a framework has requirements")
        }
        for node in listed?.value.items ?? [] {
            guard let control = control(node, collector) else { continue }
            if !seen.insert(control.id).inserted {
                collector.report(.duplicateName, at: node.place, "there is a control `\(control.id)` already")
            }
            controls.append(control)
        }
        keys.finish()
        guard !collector.hasErrors, let id, let title, let version, let source else {
            return (nil, collector.diagnostics)
        }
        let sha256 = Hex.string(SHA256.hash(data: Data(text.utf8)))
        return (
            ComplianceFramework(
                id: id, title: title, version: version, source: source, controls: controls, sha256: sha256),
            collector.diagnostics
        )
    }

    private static func control(_ node: YAMLNode, _ collector: DiagnosticCollector) -> ComplianceFramework.Control? {
        guard var keys = MappingReader(node, "a control", collector) else { return nil }
        let id = need(&keys, "id")
        let title = need(&keys, "title")
        let asks = need(&keys, "asks")
        let status = keys.text(["status"])?.text
        let metrics = names(keys.take("metrics"), .unknownMetric, "metric", Metric.allCases.map(\.rawValue), collector)
        let checks = names(
            keys.take("checks"), .unknownValue, "audit check", AuditCheck.allCases.map(\.rawValue), collector)
        let records = keys.take("records")?.value.items.compactMap { selector($0, collector) } ?? []
        let integrity = flag(&keys, "integrity")
        let shows = need(&keys, "shows")
        let doesNotShow = need(&keys, "doesNotShow")
        keys.finish()
        guard let id, let title, let asks, let shows, let doesNotShow else { return nil }
        return ComplianceFramework.Control(
            id: id, title: title, asks: asks, status: status, metrics: metrics, checks: checks, records: records,
            integrity: integrity, shows: shows, doesNotShow: doesNotShow)
    }

    private static func selector(_ node: YAMLNode, _ collector: DiagnosticCollector) -> RecordSelector? {
        guard var keys = MappingReader(node, "`records`", collector) else { return nil }
        let label = need(&keys, "label")
        let kinds = keys.need(["kind"], help: "a kind of record, or a list of them").map { entry in
            names(entry, .unknownValue, "kind of record", EventKind.allCases.map { "\($0.name)" }, collector)
                .compactMap { EventKind(name: $0) }
        }
        let fields = RecordFields.of(kinds ?? [])
        var conditions: [RecordSelector.Condition] = []
        for (key, test) in [("has", RecordSelector.Condition.Test.has), ("hasNot", .hasNot)] {
            for name in names(keys.take(key), .unknownField, "key of these records", fields, collector) {
                conditions.append(RecordSelector.Condition(key: name, test: test))
            }
        }
        if let entry = keys.take("where") {
            if case .mapping(let members) = entry.value.content {
                conditions += members.map { condition($0, kinds ?? [], fields, collector) }
            } else {
                collector.report(
                    .wrongType, at: entry.value.place,
                    "`where` is a mapping of keys and values, not \(entry.value.kindText)",
                    help: "for example where: { identity: certificate }")
            }
        }
        let isContext = flag(&keys, "context")
        keys.finish()
        guard let label, let kinds, !kinds.isEmpty else { return nil }
        return RecordSelector(label: label, kinds: kinds, conditions: conditions, isContext: isContext)
    }

    /// One key of `where` with the values that it may have.
    private static func condition(
        _ member: YAMLNode.Entry, _ kinds: [EventKind], _ fields: [String]?, _ collector: DiagnosticCollector
    ) -> RecordSelector.Condition {
        if let fields, !fields.contains(member.key) {
            collector.report(
                .unknownField, at: member.keyPlace, "these records have no key `\(member.key)`",
                suggestion: DidYouMean.closest(to: member.key, among: fields))
        }
        let values = names(
            member, .unknownValue, "value of `\(member.key)`", RecordFields.values(of: member.key, in: kinds),
            collector)
        return RecordSelector.Condition(key: member.key, test: .isOneOf(values))
    }

    /// `true` or `false`; false without the key.
    private static func flag(_ keys: inout MappingReader, _ key: String) -> Bool {
        guard let entry = keys.take(key) else { return false }
        if let value = entry.value.flag { return value }
        keys.collector.report(
            .wrongType, at: entry.value.place, "`\(key)` is true or false, not \(entry.value.kindText)")
        return false
    }

    /// The texts of a list, of which each must be among `known`; nil for any.
    private static func names(
        _ entry: YAMLNode.Entry?, _ code: DiagnosticCode, _ what: String, _ known: [String]?,
        _ collector: DiagnosticCollector
    ) -> [String] {
        guard let entry else { return [] }
        return entry.value.items.compactMap { node in
            guard let text = node.text else {
                collector.report(
                    .wrongType, at: node.place, "`\(entry.key)` is a list of texts, not of \(node.kindText)")
                return nil
            }
            if let known, !known.contains(text) {
                collector.report(
                    code, at: node.place, "there is no \(what) `\(text)`",
                    help: known.count <= 12 ? "known are \(known.joined(separator: ", "))" : nil,
                    suggestion: DidYouMean.closest(to: text, among: known))
                return nil
            }
            return text
        }
    }

    private static func need(_ keys: inout MappingReader, _ key: String) -> String? {
        keys.need([key]).flatMap { MappingReader.text(of: $0, keys.collector)?.text }
    }
}
