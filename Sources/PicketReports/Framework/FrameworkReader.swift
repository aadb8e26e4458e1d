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
        for node in keys.need(["controls"], help: "a list of requirements")?.value.items ?? [] {
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
        let metrics = keys.take("metrics").map { texts($0, collector) } ?? []
        let checks = keys.take("checks").map { texts($0, collector) } ?? []
        let records = keys.take("records")?.value.items.compactMap { selector($0, collector) } ?? []
        let integrity = keys.take("integrity")?.value.flag ?? false
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
            texts(entry, collector).compactMap { name -> EventKind? in
                if let kind = EventKind(name: name) { return kind }
                collector.report(.unknownValue, at: entry.value.place, "there is no kind `\(name)`")
                return nil
            }
        }
        var conditions: [RecordSelector.Condition] = []
        for (key, test) in [("has", RecordSelector.Condition.Test.has), ("hasNot", .hasNot)] {
            for name in keys.take(key).map({ texts($0, collector) }) ?? [] {
                conditions.append(RecordSelector.Condition(key: name, test: test))
            }
        }
        if let entry = keys.take("where"), case .mapping(let members) = entry.value.content {
            for member in members {
                conditions.append(
                    RecordSelector.Condition(key: member.key, test: .isOneOf(texts(member, collector))))
            }
        }
        let isContext = keys.take("context")?.value.flag ?? false
        keys.finish()
        guard let label, let kinds, !kinds.isEmpty else { return nil }
        return RecordSelector(label: label, kinds: kinds, conditions: conditions, isContext: isContext)
    }

    private static func need(_ keys: inout MappingReader, _ key: String) -> String? {
        keys.need([key]).flatMap { MappingReader.text(of: $0, keys.collector)?.text }
    }

    private static func texts(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> [String] {
        entry.value.items.compactMap { node in
            if let text = node.text { return text }
            collector.report(.wrongType, at: node.place, "`\(entry.key)` is a list of texts, not of \(node.kindText)")
            return nil
        }
    }
}
