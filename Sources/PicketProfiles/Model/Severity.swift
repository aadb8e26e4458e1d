/// How bad a violation of a behavior is: always the same, or by the value.
package struct Severity: Hashable, Sendable {
    /// The four levels, from the least to the worst.
    package enum Level: String, CaseIterable, Comparable, Codable, Sendable {
        case low, medium, high, critical

        package static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .low: 0
            case .medium: 1
            case .high: 2
            case .critical: 3
            }
        }
    }

    /// From `threshold` on, the violation has this level.
    package struct Step: Hashable, Sendable {
        package let level: Level
        /// In the metric's unit.
        package let threshold: Int64

        package init(_ level: Level, from threshold: Int64) {
            self.level = level
            self.threshold = threshold
        }
    }

    /// The level of a value that reaches no step.
    package let base: Level
    /// From the least level to the worst; empty when the level is always the same.
    package let steps: [Step]
    /// Whether a greater value is worse; false for limits that values fall below.
    package let risesWithValue: Bool

    /// What a behavior has that does not say.
    package static let standard = Severity(.medium)

    /// Always the same level.
    package init(_ level: Level) {
        base = level
        steps = []
        risesWithValue = true
    }

    /// A level by value. A violation that reaches no step is medium, or as bad as the least step if that is low.
    ///
    /// - Parameters:
    ///   - steps: at least one, in any order.
    ///   - risesWithValue: whether a greater value is worse.
    package init(steps: [Step], risesWithValue: Bool) {
        self.steps = steps.sorted { $0.level < $1.level }
        self.risesWithValue = risesWithValue
        base = min(.medium, self.steps.first?.level ?? .medium)
    }

    /// The level of a violation with this value: `low`, `medium`, `high` or `critical`.
    package func level(for value: Int64) -> String {
        let reached = steps.last { risesWithValue ? value >= $0.threshold : value <= $0.threshold }
        return (reached?.level ?? base).rawValue
    }
}
