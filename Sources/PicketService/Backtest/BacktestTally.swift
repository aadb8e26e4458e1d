import PicketEvents

/// The alarms of one side, or of one limit, counted by what they are worth.
package struct BacktestTally: Sendable, Equatable {
    package var alarms = 0
    package var wrong = 0
    package var beside = 0
    package var unjudged = 0
    /// Recorded, and nobody is called: suppressed, or under an exception or a silence. In none of the other numbers.
    package var excused = 0
    /// By incident that was found: how long after its beginning, in milliseconds; of what people judged, how long after the
    /// violation that they judged, which can be before it.
    package var found: [Int: Int64] = [:]
    /// The subjects that alarms are about, up to a number.
    private var subjects: Set<String> = []

    /// Subjects that are told apart; a page about more is read by nobody.
    private static let mostSubjects = 100_000

    package var subjectCount: Int { subjects.count }

    mutating func add(_ alarm: Violation, _ judgement: BacktestAlarm.Judgement, _ incidents: [BacktestIncident]) {
        guard !alarm.isOnlyRecorded else {
            excused += 1
            return
        }
        alarms += 1
        switch judgement {
        case .found(let number):
            let delay = alarm.time - incidents[number].from
            found[number] = min(found[number] ?? .max, delay)
        case .wrong: wrong += 1
        case .beside: beside += 1
        case .unjudged: unjudged += 1
        }
        if subjects.count < BacktestTally.mostSubjects {
            subjects.insert("\(alarm.subjectKind.rawValue) \(alarm.subject)")
        }
    }

    /// The median of the times to detect, in milliseconds; nil when nothing was found.
    package var medianDelay: Int64? {
        let delays = found.values.sorted()
        return delays.isEmpty ? nil : delays[(delays.count - 1) / 2]
    }

    /// Alarms that are wrong as far as anybody knows: without any judgement, all that are about nothing known.
    package var costs: Int { wrong + unjudged }
}
