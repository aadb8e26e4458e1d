/// The bound that a value must not cross, as a violation states it: "more than 120".
package struct Limit: Hashable, Sendable {
    /// How a violating value relates to the bound.
    package enum Comparison: String, CaseIterable, Sendable {
        /// Violated by a value greater than the bound.
        case above
        /// Violated by a value equal to or greater than the bound.
        case atLeast
        /// Violated by a value smaller than the bound.
        case below
        /// Violated by a value equal to or smaller than the bound.
        case atMost
    }

    package let comparison: Comparison
    /// In the metric's unit: events, or bytes.
    package let bound: Int64

    package init(_ comparison: Comparison, _ bound: Int64) {
        self.comparison = comparison
        self.bound = bound
    }

    /// Whether `value` is a violation.
    @inlinable
    package func isViolated(by value: Int64) -> Bool {
        switch comparison {
        case .above: value > bound
        case .atLeast: value >= bound
        case .below: value < bound
        case .atMost: value <= bound
        }
    }

    /// Whether values that rise violate it, so that a value once violating stays so until its window moves on.
    @inlinable package var isUpper: Bool { comparison == .above || comparison == .atLeast }

    /// Whether every value that a count or a size can have violates it, or none does.
    var isPointless: Bool {
        switch comparison {
        case .above, .atMost: bound < 0
        case .atLeast, .below: bound <= 0
        }
    }
}
