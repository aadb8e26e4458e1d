import Foundation
package import PicketEvents
import PicketFeeds
import PicketLog

/// Something of which it is known what it was: from a file with the truth, or because a person judged a violation.
package struct BacktestIncident: Sendable, Equatable {
    /// What it is called: `flood`, or the behavior whose violation was judged.
    package var name: String
    /// Whether it should be found; a harmless one should not.
    package var isAttack: Bool
    /// Whom it is about, by kind of subject.
    package var subjects: [SubjectKind: String]
    /// Unix milliseconds of engine time.
    package var from: Int64
    package var to: Int64
    /// Of a judged violation: the behavior it is about, `profile/behavior`. Only alarms of the same are wrong again.
    package var behavior: String?

    /// Whether the alarm came while it lasted, or within the window of its behavior after it. What a person judged began
    /// at most such a window before the violation did: another limit may have found it earlier.
    ///
    /// - Parameter window: of the behavior, in milliseconds.
    func spans(_ time: Int64, window: Int64) -> Bool {
        let reach = window + BacktestIncident.slack
        return time >= (behavior == nil ? from : from - reach) && time <= to + reach
    }

    /// How long after the end of a window its alarm may come, in milliseconds: a slide, and the lateness of a feed.
    private static let slack: Int64 = 60_000
}

/// Reads what is known.
package enum BacktestTruth {
    /// Why a file with the truth cannot be used.
    package struct Problem: Error, CustomStringConvertible {
        package var description: String
    }

    /// The most incidents of a file: as many as a simulation has, and room.
    private static let most = 100_000

    /// The incidents that `picket simulate --truth` wrote, or that somebody wrote in the same form: a JSON object a line with
    /// `truth` (`attack` or `nuisance`), `kind`, `from`, `to`, and `device`, `user`, `address`, `topic` or `certificate`.
    ///
    /// - Throws: ``Problem`` with the line.
    package static func read(_ path: String) throws -> [BacktestIncident] {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else { throw Problem(description: "\(path): the truth cannot be read; it is a file of UTF-8") }
        var incidents: [BacktestIncident] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            func fail(_ problem: String) -> Problem { Problem(description: "\(path):\(number + 1): \(problem)") }
            guard incidents.count < most else { throw fail("more than \(most) incidents are not taken") }
            guard let object = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] else {
                throw fail("this is no JSON object")
            }
            func time(_ key: String) throws -> Int64 {
                guard let time = (object[key] as? String).flatMap({ Timestamp.parse($0) }) else {
                    throw fail("`\(key)` must be a time like 2026-11-18T11:27:03Z")
                }
                return time
            }
            guard let truth = object["truth"] as? String, truth == "attack" || truth == "nuisance" else {
                throw fail("`truth` must be attack or nuisance")
            }
            var incident = BacktestIncident(
                name: object["kind"] as? String ?? truth, isAttack: truth == "attack", subjects: [:],
                from: try time("from"), to: try time("to"))
            for kind in SubjectKind.allCases {
                if let name = object[kind.rawValue] as? String { incident.subjects[kind] = name }
            }
            guard incident.from <= incident.to else { throw fail("`from` must not be after `to`") }
            guard !incident.isAttack || !incident.subjects.isEmpty else {
                throw fail(
                    "an attack names whom it is about: \(SubjectKind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            incidents.append(incident)
        }
        return incidents
    }

    /// The violations in the log at `folder` that people judged; the newest word counts.
    ///
    /// - Throws: `LogError` when the log cannot be read.
    package static func verdicts(in folder: String) throws -> [BacktestIncident] {
        var states: [String: VerificationState] = [:]
        var query = LogQuery()
        query.add(.kind, "\(EventKind.operator.name)")
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                guard case .verdict(let verdict) = ControlRecord(line: Data(match.line)) else { continue }
                states[verdict.violation] = verdict.state == .unknown ? nil : verdict.state
            }
        }
        guard !states.isEmpty else { return [] }
        var found: [String: BacktestIncident] = [:]
        query = LogQuery()
        query.add(.kind, "\(EventKind.violation.name)")
        reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                guard let violation = ComparedViolation(record: match.line, index: match.index),
                    let state = states[violation.id]
                else { continue }
                guard violation.event == Violation.Event.inAlarm.rawValue else {
                    found[violation.id]?.to = violation.time
                    continue
                }
                let behavior = "\(violation.profile)/\(violation.behavior)"
                found[violation.id] = BacktestIncident(
                    name: behavior, isAttack: state == .truePositive,
                    subjects: [violation.subjectKind: violation.subject], from: violation.time, to: .max >> 1,
                    behavior: behavior)
            }
        }
        return found.values.sorted { ($0.from, $0.name) < ($1.from, $1.name) }
    }
}
