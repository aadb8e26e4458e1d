import PicketEvents
import PicketProfiles

/// What the subjects of one rule usually show: a sketch for each of the last days.
struct HistoryState: Sendable {
    struct Day: Sendable {
        /// Days since 1970.
        var day: Int64
        var sketch: DDSketch
    }

    struct Past: Sendable {
        /// In ascending order.
        var days: [Day] = []
        /// The limit that they make, for the day it was worked out on; nil when it must be worked out again.
        var limit: (day: Int64, bound: Int64?)?
    }

    private(set) var subjects: [Int: Past] = [:]

    /// A day in milliseconds.
    static let day: Int64 = 86_400_000

    /// Adds the datapoint of a whole window to what is usual.
    mutating func learn(_ value: Int64, of subject: Int, at time: Int64, _ limit: HistoryLimit) {
        let day = time / HistoryState.day
        var past = subjects[subject] ?? Past()
        past.days.removeAll { $0.day <= day - Int64(limit.days) }
        if past.days.last?.day != day { past.days.append(Day(day: day, sketch: DDSketch())) }
        past.days[past.days.count - 1].sketch.add(value)
        past.limit = nil
        subjects[subject] = past
    }

    /// The greatest value that is usual for `subject` at `time`; nil while too little is known.
    mutating func bound(of subject: Int, at time: Int64, _ limit: HistoryLimit) -> Int64? {
        guard let past = subjects[subject] else { return nil }
        let day = time / HistoryState.day
        if let known = past.limit, known.day == day { return known.bound }
        let merged = sketch(of: subject, at: time, limit)
        let bound =
            merged.count < limit.minimumSamples
            ? nil
            : merged.value(ofRank: limit.percentile.rank(of: merged.count)).map {
                LearnedBound.make($0, factorThousandths: limit.factorThousandths, floor: limit.floor)
            }
        subjects[subject]?.limit = (day, bound)
        return bound
    }

    /// The windows that count for `subject` at `time`.
    func samples(of subject: Int, at time: Int64, _ limit: HistoryLimit) -> Int {
        let oldest = time / HistoryState.day - Int64(limit.days)
        return (subjects[subject]?.days ?? []).reduce(0) { $0 + ($1.day > oldest ? $1.sketch.count : 0) }
    }

    /// Everything that is remembered of `subject` at `time`.
    func sketch(of subject: Int, at time: Int64, _ limit: HistoryLimit) -> DDSketch {
        var merged = DDSketch()
        let oldest = time / HistoryState.day - Int64(limit.days)
        for day in subjects[subject]?.days ?? [] where day.day > oldest { merged.merge(day.sketch) }
        return merged
    }

    mutating func forget(_ subject: Int) { subjects[subject] = nil }

    mutating func renumber(_ numbers: [Int: Int]) {
        var renumbered: [Int: Past] = [:]
        for (subject, past) in subjects {
            if let number = numbers[subject] { renumbered[number] = past }
        }
        subjects = renumbered
    }
}

/// The bound that a learned limit makes of a percentile.
enum LearnedBound {
    /// `factor` × `percentile` + `floor`, without the part of a unit; the greatest number where it is beyond all.
    static func make(_ percentile: Int64, factorThousandths: Int64, floor: Int64) -> Int64 {
        let (product, overflow) = percentile.multipliedReportingOverflow(by: factorThousandths)
        // Beyond that range thousandths do not matter any more.
        let scaled =
            overflow
            ? (percentile / 1_000).multipliedReportingOverflow(by: factorThousandths) : (product / 1_000, false)
        guard !scaled.1 else { return .max }
        let (sum, beyond) = scaled.0.addingReportingOverflow(floor)
        return beyond ? .max : sum
    }
}

extension HistoryState: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws { try coder.field("subjects", bySubject: &subjects) }
}

extension HistoryState.Past: StateElement {
    static var blank: HistoryState.Past { HistoryState.Past() }
    /// It follows from the days.
    static let rebuilt = ["limit"]

    mutating func code(_ coder: inout StateCoder) throws { try coder.field("days", &days) }
}

extension HistoryState.Day: StateElement {
    static var blank: HistoryState.Day { HistoryState.Day(day: 0, sketch: DDSketch()) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("day", &day)
        try coder.field("sketch", &sketch)
    }
}
