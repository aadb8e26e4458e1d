import Foundation
package import PicketEvents
import PicketLog
package import PicketProfiles

/// Compares the violations of a replay with those that a log recorded, and says of every difference why there is one.
package struct ReplayComparison {
    /// What came out.
    package struct Result: Sendable {
        package var recorded = 0
        package var derived = 0
        /// Transitions that are in both, with the same values.
        package var same = 0
        package var differences: [ViolationDifference] = []

        /// One line of JSON.
        package var json: [UInt8] {
            var line = RecordLine()
            line.add("recorded", Int64(recorded))
            line.add("derived", Int64(derived))
            line.add("same", Int64(same))
            line.add("differences", Int64(differences.count))
            for cause in ViolationDifference.Cause.allCases {
                let count = differences.count { $0.cause == cause }
                if count > 0 { line.add(cause.rawValue, Int64(count)) }
            }
            return line.finish()
        }

        /// For a person.
        package var text: String {
            let counts =
                "\(Counted.text(recorded, "transition")) recorded, \(derived) derived, \(same) the same"
            guard !differences.isEmpty else { return counts + ": no difference" }
            let causes = ViolationDifference.Cause.allCases.compactMap { cause in
                let count = differences.count { $0.cause == cause }
                return count > 0 ? "\(count) \(cause.rawValue)" : nil
            }
            return counts + "; \(Counted.text(differences.count, "difference")): " + causes.joined(separator: ", ")
        }
    }

    private let folder: String
    private let selection: ReplaySelection
    /// The index after the last record that is replayed, where the log is compared with its own replay.
    private let end: UInt64
    private var derived: [ComparedViolation] = []

    /// Two transitions of the same behavior and subject that lie this close are one that moved, in milliseconds: the
    /// longest time between two looks at a window, with some room.
    private static let near: Int64 = 600_000

    /// - Parameters:
    ///   - folder: the log that recorded violations.
    ///   - end: the index after the last record that is replayed, where it is this log that is replayed: it may be growing, and
    ///     what comes later is none of the comparison's. A violation that is derived below it may be recorded behind it.
    /// - Throws: `LogError` when there is no log.
    package init(log folder: String, selection: ReplaySelection, end: UInt64 = .max) throws {
        self.folder = folder
        self.selection = selection
        self.end = end
        _ = try LogExtent.read(folder: folder)
    }

    /// Takes violations of the replay.
    package mutating func take(_ violations: [Violation]) { derived += violations.map { ComparedViolation($0) } }

    /// What the log recorded of what is wanted. It is read after the replay: the record of a violation that was derived
    /// from the last events had the time of the replay to be written.
    private func readRecorded(_ derived: Set<ComparedViolation.Key>) throws -> [ComparedViolation] {
        var recorded: [ComparedViolation] = []
        try ComparedViolation.forEach(inLog: folder) { violation in
            guard selection.wants(time: violation.time, violation.subjectKind, violation.subject),
                violation.index.map({ $0 < end }) ?? false || derived.contains(violation.key)
            else { return }
            recorded.append(violation)
        }
        return recorded
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - profiles: those that the replay was given; empty when it took those of the log.
    ///   - fleet: the fleet file that it was given with them.
    ///   - summary: what the replay says of what it read.
    package func result(
        profiles: [SecurityProfile], fleet: Fleet = .none, summary: ReplaySummary
    ) throws -> Result {
        var open: [ComparedViolation.Key: ComparedViolation] = [:]
        for violation in derived { open[violation.key] = violation }
        let recorded = try readRecorded(Set(open.keys))
        var result = Result(recorded: recorded.count, derived: derived.count)
        var missing: [ComparedViolation] = []
        var found: [(kind: ViolationDifference.Kind, recorded: ComparedViolation?, derived: ComparedViolation?)] = []
        for violation in recorded {
            guard let other = open.removeValue(forKey: violation.key) else {
                missing.append(violation)
                continue
            }
            if other.text == violation.text { result.same += 1 } else { found.append((.changed, violation, other)) }
        }
        var moves = MovedTransitions(derived.filter { open[$0.key] != nil }, near: ReplayComparison.near)
        for violation in missing.sorted(by: ReplayComparison.isBefore) {
            if let moved = moves.take(violation) {
                found.append((.moved, violation, moved))
            } else {
                found.append((.missing, violation, nil))
            }
        }
        found += moves.left.map { (.extra, nil, $0) }
        found.sort { first, second in
            guard let first = first.recorded ?? first.derived, let second = second.recorded ?? second.derived else {
                return false
            }
            return ReplayComparison.isBefore(first, second)
        }
        let openings = Dictionary(
            recorded.lazy.filter { $0.event == "in-alarm" }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }
        )
        let explainer = try DifferenceExplainer(
            log: folder, profiles: profiles, fleet: fleet, summary: summary, openings: openings)
        var explained: Set<String> = []
        for (kind, recorded, derived) in found {
            let difference = try explainer.explain(kind, recorded, derived, explained)
            if difference.cause != .unexplained {
                for id in [recorded?.id, derived?.id].compactMap({ $0 }) { explained.insert(id) }
            }
            result.differences.append(difference)
        }
        return result
    }

    /// By time, and openings before endings, so that an ending can follow from what was explained of its opening.
    private static func isBefore(_ first: ComparedViolation, _ second: ComparedViolation) -> Bool {
        func order(_ violation: ComparedViolation) -> (Int64, Int, String) {
            (violation.time, violation.event == "in-alarm" ? 0 : 1, violation.id)
        }
        return order(first) < order(second)
    }
}
