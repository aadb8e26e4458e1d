/// What makes a datapoint a violation.
package enum Condition: Hashable, Sendable {
    /// A number crosses a bound: `more than 120`.
    case limit(Limit)
    /// A value lies outside of a set, or inside of it: `{ outside: [10.0.0.0/8] }`.
    case set(SetLimit)
    /// A number is beyond a percentile of all targeted subjects (AWS: `statisticalThreshold`).
    case percentile(PercentileLimit)
    /// A value that the subject never showed before.
    case firstSeen(FirstSeen)
    /// A number is far above those of the other subjects in the same window.
    case peers(PeerLimit)
    /// A number is far above what the subject itself showed on the days before.
    case history(HistoryLimit)
    /// An event happened, and another one that belongs to it did not.
    case without(Companion)

    /// The bound of a plain limit.
    package var limit: Limit? {
        if case .limit(let limit) = self { limit } else { nil }
    }

    /// Whether a greater number is worse.
    package var isUpper: Bool {
        switch self {
        case .limit(let limit): limit.isUpper
        case .percentile(let limit): limit.comparison == .above || limit.comparison == .atLeast
        default: true
        }
    }
}

/// A violation is a value outside of the members, or inside of them. An empty list conforms (AWS: and clears).
package struct SetLimit: Hashable, Sendable {
    package enum Relation: String, Sendable {
        case outside, inside
    }

    /// The members, of the metric's kind of values.
    package enum Members: Hashable, Sendable {
        case addresses([AddressRange])
        /// In the metric's fixed point (`Metric.decimals`); ports are whole.
        case numbers([Int64])
        case texts([String])
    }

    package let relation: Relation
    package let members: Members

    package init(_ relation: Relation, _ members: Members) {
        self.relation = relation
        self.members = members
    }
}

/// A share of a population: AWS's statistics from `p0` to `p100`.
package struct Percentile: Hashable, Sendable {
    /// 9,999 for p99.99.
    package let tenThousandths: Int

    package init(tenThousandths: Int) { self.tenThousandths = tenThousandths }

    /// AWS's eleven.
    package static let ofAWS = [0, 1, 10, 100, 1_000, 5_000, 9_000, 9_900, 9_990, 9_999, 10_000]
        .map { Percentile(tenThousandths: $0) }

    /// As AWS spells it: `p99.9`.
    package var name: String {
        let (whole, rest) = tenThousandths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "p\(whole)" }
        return rest % 10 == 0 ? "p\(whole).\(rest / 10)" : "p\(whole).\(rest / 10)\(rest % 10)"
    }

    /// The place of the percentile among `count` values in ascending order, by nearest rank ⌈p/100·n⌉, at least 1.
    package func rank(of count: Int) -> Int { max(1, (tenThousandths * count + 9_999) / 10_000) }
}

/// A number compared with a percentile over every targeted subject that has an event in the window.
package struct PercentileLimit: Hashable, Sendable {
    /// How a violating value relates to the percentile.
    package let comparison: Limit.Comparison
    package let percentile: Percentile
    /// With fewer subjects in the window there is no datapoint: 1 for AWS's files, 10 for ours.
    package let minimumSubjects: Int

    package init(_ comparison: Limit.Comparison, _ percentile: Percentile, minimumSubjects: Int) {
        self.comparison = comparison
        self.percentile = percentile
        self.minimumSubjects = minimumSubjects
    }
}

/// What a subject never showed before. The metric says what is looked at: addresses, topics, certificates, firmware.
package struct FirstSeen: Hashable, Sendable {
    /// Of addresses: the leading bits that make a network (IPv4; an IPv6 network is twice as long, at most 64).
    package let prefix: Int?
    /// Seconds since the subject showed its first value to the behavior, in which everything is usual.
    package let learnForSeconds: Int

    package init(prefix: Int? = nil, learnForSeconds: Int) {
        self.prefix = prefix
        self.learnForSeconds = learnForSeconds
    }
}

/// A violation is a value above `factor` × a percentile of the other subjects' values in the same window + `floor`.
package struct PeerLimit: Hashable, Sendable {
    package let percentile: Percentile
    /// In thousandths: 3,000 for `factor: 3`.
    package let factorThousandths: Int64
    /// In the metric's unit.
    package let floor: Int64
    /// With fewer others in the window there is no datapoint.
    package let minimumPeers: Int

    package init(percentile: Percentile, factorThousandths: Int64, floor: Int64, minimumPeers: Int = 2) {
        self.percentile = percentile
        self.factorThousandths = factorThousandths
        self.floor = floor
        self.minimumPeers = minimumPeers
    }
}

/// A violation is a value above `factor` × a percentile of the subject's own values of the last days + `floor`.
package struct HistoryLimit: Hashable, Sendable {
    package let percentile: Percentile
    /// In thousandths: 3,000 for `factor: 3`.
    package let factorThousandths: Int64
    /// In the metric's unit.
    package let floor: Int64
    /// Days that are remembered; each day the oldest is forgotten.
    package let days: Int
    /// Windows that must have been seen before anything is judged.
    package let minimumSamples: Int

    package init(
        percentile: Percentile, factorThousandths: Int64, floor: Int64, days: Int = 14, minimumSamples: Int = 200
    ) {
        self.percentile = percentile
        self.factorThousandths = factorThousandths
        self.floor = floor
        self.days = days
        self.minimumSamples = minimumSamples
    }
}

/// An event that belongs to another one and must be there, before or after it: `without: { user-action: unlock,
/// within: 30s }`.
package struct Companion: Hashable, Sendable {
    /// Which events are companions; its kinds are never nil.
    package let filter: Filter
    /// How far it may lie before or after, in seconds.
    package let withinSeconds: Int

    package init(_ filter: Filter, withinSeconds: Int) {
        self.filter = filter
        self.withinSeconds = withinSeconds
    }
}

/// Events count only while a violation of another behavior of the same profile is open, or was, for what the event names.
package struct Predecessor: Hashable, Sendable {
    /// The name of the other behavior.
    package let behavior: String
    /// How long after its end it still counts, in seconds.
    package let withinSeconds: Int

    package init(behavior: String, withinSeconds: Int) {
        self.behavior = behavior
        self.withinSeconds = withinSeconds
    }
}
