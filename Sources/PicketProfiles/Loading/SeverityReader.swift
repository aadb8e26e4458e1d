/// Reads a severity: one level, or steps by value such as `{ high: 200 MB, critical: 2 GB }`.
struct SeverityReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    /// The severity; the standard one when it is wrong, which was then reported.
    ///
    /// - Parameters:
    ///   - condition: the behavior's, which says in which direction it gets worse; nil when it could not be read.
    ///   - unit: what the steps are measured in.
    func read(_ entry: YAMLNode.Entry, condition: Condition?, unit: AmountUnit) -> Severity {
        if case .mapping(let entries) = entry.value.content {
            return readSteps(entries, entry, risesWithValue: condition?.isUpper ?? true, unit: unit)
        }
        guard let (text, place) = MappingReader.text(of: entry, collector), let level = level(text, place) else {
            return .standard
        }
        return Severity(level)
    }

    private func readSteps(
        _ entries: [YAMLNode.Entry], _ entry: YAMLNode.Entry, risesWithValue: Bool, unit: AmountUnit
    ) -> Severity {
        var steps: [(step: Severity.Step, place: Place)] = []
        for entry in entries {
            guard let level = level(entry.key, entry.keyPlace),
                let (text, place) = MappingReader.text(of: entry, collector)
            else { continue }
            do throws(AlarmWords.Failure) {
                let threshold = try AlarmWords.parseAmount(text, unit: unit)
                steps.append((Severity.Step(level, from: threshold), place))
            } catch {
                collector.report(error, in: text, at: place)
            }
        }
        guard !steps.isEmpty else {
            if entries.isEmpty { collector.report(.severity, at: entry.keyPlace, "the severity has no steps") }
            return .standard
        }
        steps.sort { $0.step.level < $1.step.level }
        for (lower, upper) in zip(steps, steps.dropFirst())
        where risesWithValue
            ? upper.step.threshold <= lower.step.threshold : upper.step.threshold >= lower.step.threshold
        {
            collector.report(
                .severity, at: upper.place,
                "\(upper.step.level.rawValue) must begin at a \(risesWithValue ? "greater" : "smaller") value than "
                    + "\(lower.step.level.rawValue)")
        }
        return Severity(steps: steps.map(\.step), risesWithValue: risesWithValue)
    }

    private func level(_ text: String, _ place: Place) -> Severity.Level? {
        if let level = Severity.Level(rawValue: text) { return level }
        let known = Severity.Level.allCases.map(\.rawValue)
        collector.report(
            .severity, at: place, "there is no severity `\(text)`", help: "known are \(known.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: text, among: known))
        return nil
    }
}
