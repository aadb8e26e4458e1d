/// A key of `where`: a field and modifiers, `topic|not|startswith`.
struct WhereKey {
    /// The field; nil for `kind`.
    var field: Field?
    /// The modifier that says how to compare; nil for plain equality.
    var modifier: Modifier?
    var isNegated = false
    /// As it was written.
    var text: String
    var place: Place

    /// How to compare; the raw values are Sigma's.
    enum Modifier: String, CaseIterable {
        case startswith, endswith, contains, re, cidr, lt, lte, gt, gte
    }

    /// The modifier that turns the result round.
    private static let not = "not"
    private static let kind = "kind"
    /// The time of day: no field, and without modifiers.
    static let hours = "hours"

    /// Reads the key of `entry`; nil when it is wrong, which was then reported.
    static func read(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> WhereKey? {
        let parts = entry.key.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        var key = WhereKey(text: entry.key, place: entry.keyPlace)
        guard parts[0] == kind || Field(rawValue: parts[0]) != nil else {
            let known = [kind, hours] + Field.allCases.map(\.rawValue)
            collector.report(
                .unknownField, at: key.part(0, of: parts, collector), "events have no field `\(parts[0])`",
                help: "known are \(known.joined(separator: ", "))",
                suggestion: DidYouMean.closest(to: parts[0], among: known))
            return nil
        }
        key.field = Field(rawValue: parts[0])
        for (index, part) in parts.enumerated().dropFirst() {
            let place = key.part(index, of: parts, collector)
            if part == not, !key.isNegated {
                key.isNegated = true
            } else if let modifier = Modifier(rawValue: part) {
                guard key.modifier == nil else {
                    collector.report(.modifier, at: place, "`\(part)` and `\(parts[index - 1])` cannot be combined")
                    return nil
                }
                guard key.allowed.contains(modifier) else {
                    collector.report(
                        .modifier, at: place, "`\(parts[0])` cannot be compared with `\(part)`",
                        help: "it takes \((key.allowed.map(\.rawValue) + [not]).joined(separator: ", "))")
                    return nil
                }
                key.modifier = modifier
            } else {
                let known = Modifier.allCases.map(\.rawValue) + [not]
                collector.report(
                    .modifier, at: place,
                    part == not ? "`not` is given twice" : "there is no modifier `\(part)`",
                    help: part == not ? nil : "known are \(known.joined(separator: ", "))",
                    suggestion: part == not ? nil : DidYouMean.closest(to: part, among: known))
                return nil
            }
        }
        return key
    }

    /// The same for every order of the modifiers.
    var canonical: String {
        [field?.rawValue ?? Self.kind, isNegated ? Self.not : nil, modifier?.rawValue].compactMap { $0 }
            .joined(separator: "|")
    }

    private var allowed: [Modifier] { field.map { WhereKey.modifiers(of: $0) } ?? [] }

    /// The modifiers that make sense for a field.
    static func modifiers(of field: Field) -> [Modifier] {
        switch field.form {
        case .text where field == .address: [.startswith, .endswith, .contains, .re, .cidr]
        case .text: [.startswith, .endswith, .contains, .re]
        case .number: [.lt, .lte, .gt, .gte]
        case .name, .flag: []
        }
    }

    private func part(_ index: Int, of parts: [String], _ collector: DiagnosticCollector) -> Place {
        let start = parts[..<index].reduce(0) { $0 + $1.unicodeScalars.count + 1 }
        return collector.place(place, part: start..<start + parts[index].unicodeScalars.count, of: text)
    }
}
