import PicketDetection
import PicketEvents
import PicketLog

/// What the pipeline itself is asked for by `/metrics`.
extension Pipeline {
    /// The values at one moment.
    struct Measures: Sendable {
        /// Records in the log.
        var records: UInt64 = 0
        /// When the log was last found sound, in Unix milliseconds; nil when it never was.
        var lastVerified: Int64?
        /// Whether the log takes records.
        var isWritten = true
        /// How long detection took for each frame of events.
        var evaluation = DurationHistogram()
        /// The subjects that detection knows, by kind; those that no profile asks for are not counted by anybody.
        var subjects: [(kind: String, count: Int)] = []
        /// SHA-256 of the profiles in force, as the log names them; nil before they are.
        var profiles: String?
        /// Limits that learn.
        var learning: [(profile: String, behavior: String, learning: Int, ready: Int)] = []
    }

    /// What there is to say now.
    var measures: Measures {
        Measures(
            records: writer.nextIndex, lastVerified: lastVerified, isWritten: refusal == nil, evaluation: evaluation,
            subjects: SubjectKind.allCases.map { ($0.rawValue, detector.knownSubjects($0)) }.filter { $0.1 > 0 },
            profiles: profilesInForce, learning: learningCounts)
    }

    /// The log says that it was verified then; nil when it says nothing of it.
    func continueWith(verified time: Int64?) { lastVerified = time }

    /// The profiles that are in force without a record of their own, because the run before had the same.
    func continueWith(profiles sha256: String) { profilesInForce = sha256 }
}
