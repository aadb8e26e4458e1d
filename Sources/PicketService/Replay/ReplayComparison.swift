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
            let counts = "\(recorded) transitions recorded, \(derived) derived, \(same) the same"
            guard !differences.isEmpty else { return counts + ": no difference" }
            let causes = ViolationDifference.Cause.allCases.compactMap { cause in
                let count = differences.count { $0.cause == cause }
                return count > 0 ? "\(count) \(cause.rawValue)" : nil
            }
            return counts + "; \(differences.count) differences: " + causes.joined(separator: ", ")
        }
    }

    private let folder: String
    private let selection: ReplaySelection
    private var recorded: [ComparedViolation] = []
    private var derived: [ComparedViolation] = []

    /// Two transitions of the same behavior and subject that lie this close are one that moved, in milliseconds: the
    /// longest time between two looks at a window, with some room.
    private static let near: Int64 = 600_000

    /// Reads the violations that the log in `folder` recorded.
    package init(log folder: String, selection: ReplaySelection) throws {
        self.folder = folder
        self.selection = selection
        var query = LogQuery()
        query.add(.kind, "violation")
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                guard let violation = ComparedViolation(record: match.line, index: match.index),
                    selection.wants(time: violation.time, violation.subjectKind, violation.subject)
                else { continue }
                recorded.append(violation)
            }
        }
    }

    /// Takes violations of the replay.
    package mutating func take(_ violations: [Violation]) { derived += violations.map { ComparedViolation($0) } }

    /// Compares.
    ///
    /// - Parameters:
    ///   - profiles: those that the replay was given; empty when it took those of the log.
    ///   - span: the `received` times of the first and last record the replay read.
    package func result(profiles: [SecurityProfile], span: (first: Int64, last: Int64)?) throws -> Result {
        var result = Result(recorded: recorded.count, derived: derived.count)
        var open: [ComparedViolation.Key: ComparedViolation] = [:]
        for violation in derived { open[violation.key] = violation }
        var missing: [ComparedViolation] = []
        var found: [(ViolationDifference.Kind, ComparedViolation?, ComparedViolation?)] = []
        for violation in recorded {
            guard let other = open.removeValue(forKey: violation.key) else {
                missing.append(violation)
                continue
            }
            if other.text == violation.text { result.same += 1 } else { found.append((.changed, violation, other)) }
        }
        var extra = derived.filter { open[$0.key] != nil }
        for violation in missing {
            if let place = extra.firstIndex(where: { ReplayComparison.isSameMoved($0, violation) }) {
                found.append((.moved, violation, extra.remove(at: place)))
            } else {
                found.append((.missing, violation, nil))
            }
        }
        found += extra.map { (.extra, nil, $0) }
        found.sort {
            ($0.1 ?? $0.2).map(ReplayComparison.order) ?? "" < ($1.1 ?? $1.2).map(ReplayComparison.order) ?? ""
        }
        let explainer = try DifferenceExplainer(log: folder, profiles: profiles, span: span)
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

    private static func isSameMoved(_ a: ComparedViolation, _ b: ComparedViolation) -> Bool {
        a.event == b.event && a.profile == b.profile && a.behavior == b.behavior && a.subjectKind == b.subjectKind
            && a.subject == b.subject && abs(a.time - b.time) <= near
    }

    private static func order(_ violation: ComparedViolation) -> String {
        // Openings before endings, so that an ending can follow from what was explained of its opening.
        "\(Timestamp.format(violation.time)) \(violation.event == "in-alarm" ? 0 : 1) \(violation.id)"
    }
}
