import PicketEvents

/// What profiles refer to and something else defines: AWS's dimensions and custom metrics.
struct Definitions {
    /// Topic filters by the name of the dimension.
    var dimensions: [String: [String]] = [:]
    /// The types of custom metrics by their name.
    var customMetrics: [String: CustomMetric.MetricType] = [:]
    /// What AWS calls the types of custom metrics that nobody knows here, by the metric's name.
    var unknownTypes: [String: String] = [:]
    /// Whether the profile was written by AWS, where other commands print what is missing.
    var isFromAWS = false

    /// With those of `other`, which win.
    func merged(with other: Definitions) -> Definitions {
        Definitions(
            dimensions: dimensions.merging(other.dimensions) { _, new in new },
            customMetrics: customMetrics.merging(other.customMetrics) { _, new in new },
            unknownTypes: unknownTypes.merging(other.unknownTypes) { _, new in new },
            isFromAWS: isFromAWS || other.isFromAWS)
    }
}

/// Reads what a profile defines for itself: `customMetrics: { cpu_usage: number }`, `dimensions: { name: [topics] }`.
struct DefinitionsReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    func read(_ keys: inout MappingReader) -> Definitions {
        var definitions = Definitions()
        if let entry = keys.take("customMetrics") { readMetrics(entry, into: &definitions) }
        if let entry = keys.take("dimensions"), case .mapping(let entries) = entry.value.content {
            for dimension in entries {
                definitions.dimensions[dimension.key] = dimension.value.items.compactMap(\.text)
            }
        }
        return definitions
    }

    private func readMetrics(_ entry: YAMLNode.Entry, into definitions: inout Definitions) {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`customMetrics` is a mapping of names and types, such as `{ cpu_usage: number }`")
            return
        }
        for metric in entries {
            guard let (text, place) = MappingReader.text(of: metric, collector) else { continue }
            let known = CustomMetric.MetricType.allCases.map(\.rawValue)
            guard let type = CustomMetric.MetricType(rawValue: text) else {
                collector.report(
                    .unknownValue, at: place, "there is no type of metric `\(text)`",
                    help: "known are \(known.joined(separator: ", "))",
                    suggestion: DidYouMean.closest(to: text, among: known))
                continue
            }
            guard !metric.key.hasPrefix("aws:"), Metric(rawValue: metric.key) == nil else {
                collector.report(.badName, at: metric.keyPlace, "`\(metric.key)` is a metric already")
                continue
            }
            definitions.customMetrics[metric.key] = type
        }
    }
}

/// Reads AWS's `metricDimension`: a list of topic filters by name, and whether topics must be in it or must not.
struct DimensionReader {
    private let collector: DiagnosticCollector
    private let definitions: Definitions

    init(_ collector: DiagnosticCollector, _ definitions: Definitions) {
        self.collector = collector
        self.definitions = definitions
    }

    /// The term that the dimension makes; nil when it is wrong, which was then reported.
    func term(_ entry: YAMLNode.Entry) -> Term? {
        guard var keys = MappingReader(entry.value, "`metricDimension`", collector) else { return nil }
        let name = keys.need(["dimensionName"]).flatMap { MappingReader.text(of: $0, collector) }
        let relation = keys.take("operator").map { MappingReader.text(of: $0, collector) }
        keys.finish()
        guard let name else { return nil }
        var isNegated = false
        if let relation {
            guard let relation else { return nil }
            guard ["IN", "NOT_IN"].contains(relation.text) else {
                collector.report(
                    .unknownValue, at: relation.place, "there is no operator `\(relation.text)`",
                    help: "known are IN and NOT_IN")
                return nil
            }
            isNegated = relation.text == "NOT_IN"
        }
        guard let filters = definitions.dimensions[name.text] else {
            collector.report(
                .missingPiece, at: name.place, "the dimension `\(name.text)` is not here",
                help: "save it beside the profile: `aws iot describe-dimension --name \(Names.plain(name.text))`",
                suggestion: DidYouMean.closest(to: name.text, among: definitions.dimensions.keys.sorted()))
            return nil
        }
        guard !filters.isEmpty else {
            collector.report(
                .empty, at: name.place, "the dimension `\(name.text)` holds no topic",
                help: "AWS's have 1 to 100 `stringValues`")
            return nil
        }
        var patterns: [TextPattern] = []
        for filter in filters {
            do throws(TopicPattern.Failure) {
                patterns.append(TextPattern(kind: .topic(try TopicPattern(filter)), source: filter))
            } catch {
                collector.report(
                    .topicFilter, at: name.place, "the dimension holds `\(filter)`, which is no topic filter")
                return nil
            }
        }
        return Term(.topic, .text(patterns), isNegated: isNegated)
    }
}
