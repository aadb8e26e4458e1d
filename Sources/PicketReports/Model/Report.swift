import PicketEvents

/// What a compliance report says. Everything in it comes from records below the size of one signed checkpoint, so that
/// the same log and the same question give the same bytes.
package struct Report: Sendable {
    /// A stretch that was not seen, and why.
    struct Gap: Sendable {
        var record: UInt64
        var feed: String
        var from: Int64
        var to: Int64
        var cause: String
    }

    /// A feed with what came from it.
    struct Feed: Sendable {
        var name: String
        var events: Int
        var rejected: Int
        var delayed: Int
        /// Nil when nothing came from it.
        var first: Int64?
        var last: Int64?
        var buckets: [Int]
        /// How long it was not seen: its gaps, its silences, and the time in which Picket did not run.
        var unseen: Int64 = 0
    }

    /// Profiles that came into force.
    struct ProfileChange: Sendable {
        var record: UInt64
        var time: Int64
        var sha256: String
        var profiles: [String]
        /// Whether the copy is in the log folder, and is what its hash says.
        var isKept: Bool
        /// What is other than in the set before, in words.
        var differences: [String] = []
        /// The record is that of a deletion: it names the profiles again whose own record was deleted.
        var isNamedByDeletion = false
    }

    /// The devices of the fleet files that were in force in the period beside those that were seen.
    struct Population: Sendable {
        /// The records that put them in force.
        var records: [UInt64]
        /// Devices that one of them names at least.
        var registered: Int
        /// Registered devices of which no record tells, by name.
        var notSeen: [String]
        /// Devices that were seen and that nobody registered, by name.
        var notRegistered: [String]
    }

    /// A behavior that was in force in the period.
    struct BehaviorRow: Sendable {
        var profile: String
        var behavior: String
        var metric: String
        var sentence: String
        var controls: [String]
        /// In-alarm transitions in the period.
        var violations: Int
        /// The kinds of records of which one at least must have come, or the behavior had nothing to look at; empty when
        /// the log does not say what it measures.
        var witnesses: [EventKind] = []
        /// How many records of these kinds the period holds.
        var witnessed = 0

        /// Whether it had anything to look at.
        var sees: Bool { witnesses.isEmpty || witnessed > 0 }
    }

    /// An exception in a profile, or somebody's decision to be silent about a subject for a while.
    struct Exception: Sendable {
        /// The record of the decision; nil for an exception, which stands in its profile.
        var record: UInt64?
        var profile: String
        var behavior: String
        var subject: String
        var reason: String
        var owner: String
        var expires: Int64
    }

    /// A record that is told in one sentence.
    struct Entry: Sendable {
        var record: UInt64
        var time: Int64
        var what: String
    }

    /// One kind of evidence for a control.
    struct Evidence: Sendable {
        var selector: RecordSelector
        var span: LaneTally.Span
    }

    /// What the log says about one control.
    struct ControlResult: Sendable {
        /// The results. None of them is "compliant": that is for an assessor.
        enum Outcome: String, Sendable {
            /// There is evidence, and nothing in it needs attention.
            case contributes = "contributes-evidence"
            /// There is evidence, and it shows violations or findings.
            case attention = "needs-attention"
            /// Behaviors were in force for it, and the records that they look at never came.
            case noData = "no-data"
            /// The log holds nothing about it in this period.
            case none = "no-evidence"
        }

        var control: ComplianceFramework.Control
        var outcome: Outcome
        var sentence: String
        var behaviors: [BehaviorRow]
        var findings: Int
        var evidence: [Evidence]
        var samples: [UInt64]
    }

    /// A record with its proof.
    struct Proof: Sendable {
        var record: UInt64
        var line: String
        var hashes: [String]
    }

    /// The log that was read.
    struct Log: Sendable {
        var origin: String
        var size: UInt64
        var root: String
        var firstIndex: UInt64
        var checkpoint: String
        var keys: [String]
        var notProven: [String]
    }

    var tool: String
    var framework: ComplianceFramework
    var from: Int64
    var to: Int64
    var bucket: Int64
    var log: Log
    /// Records in the period, and how many of each kind.
    var records = 0
    var kinds: [(kind: String, count: Int)] = []
    var devices = 0
    var devicesAreMore = false
    /// Nil where no fleet file was in force.
    var population: Population?
    var feeds: [Feed] = []
    var breakdowns: [(kind: String, key: String, different: Int, values: [(name: String, count: Int)])] = []
    var gaps: [Gap] = []
    var coverage = Coverage(from: 0, to: 0)
    var runs: [Entry] = []
    var changes: [ProfileChange] = []
    var behaviors: [BehaviorRow] = []
    var exceptions: [Exception] = []
    /// Decisions to be silent that were in force in the period, in the order of their records.
    var silences: [Exception] = []
    var violations = ViolationSummary()
    var mitigations: [Entry] = []
    var mitigationStates: [(state: String, count: Int)] = []
    var decisions: [Entry] = []
    var findings = FindingSummary(from: 0)
    var accesses: [Entry] = []
    /// What users did, by user.
    var acts: [UserActs.Act] = []
    var controls: [ControlResult] = []
    var proofs: [Proof] = []
    /// Records that are cited, and have no proof here because there are too many.
    var unproved = 0
    var limits: [String] = []
}
