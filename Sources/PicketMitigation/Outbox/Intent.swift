import Crypto
package import PicketEvents

/// One step of a playbook for one violation: what is to be done, and how far it is.
package struct Intent: Equatable, Sendable {
    /// How far it is.
    package enum State: String, CaseIterable, Sendable {
        /// A person has to decide.
        case waiting
        /// It is being done, or about to be.
        case running
        /// It is done only if a step before it leaves a fact unseen.
        case dormant
        /// The playbook only observes.
        case observed
        /// A guard rail forbids it.
        case refused
        case done
        case failed
        case rejected
        /// Nobody decided in time.
        case expired
        /// Nobody can know whether it was done.
        case unknown
        /// Everything before it was seen, so it was not called upon; or nothing was sent that it could wait for.
        case notNeeded = "not-needed"

        /// Whether nothing more will come of it.
        package var isFinal: Bool { self != .waiting && self != .running && self != .dormant }

        /// Whether it ended in another way than its playbook wanted.
        var callsForMore: Bool { self == .failed || self == .unknown }
    }

    /// The request id: the same however often it is tried.
    package var id: String
    package var violation: String
    package var behavior: String
    package var severity: String
    package var playbook: String
    /// Its place in the playbook, from 0.
    package var index: Int
    package var step: String
    /// The subject of the violation.
    package var device: String
    /// The serial of the certificate of the violating session; nil when none was seen.
    package var serial: String?
    /// The feed whose broker saw that certificate last: another broker's authority may have given its number to somebody
    /// else. Nil when no feed of a broker did.
    package var seenOn: String?
    /// The user that the device logs in as with its password, where that is what is to be denied.
    package var user: String?
    /// The groups that the step is about.
    package var groups: [String] = []
    package var state: State
    /// The state of a dormant one when it is called upon.
    package var then: State?
    /// Whether it takes nothing from the device: it counts for no limit.
    package var isHarmless = false
    /// When it was recorded, Unix milliseconds; the same in every try.
    package var at: Int64 = 0
    /// When it last became due, or began to wait for a person: at its record, when it was called upon, when it was
    /// approved. Unix milliseconds.
    package var begunAt: Int64 = 0
    /// When its outcome was recorded; 0 before.
    package var endedAt: Int64 = 0
    /// Whether something was done already, as its facts say: what ends otherwise may have to be taken back all the same.
    package var hasActed = false
    /// What the step was when it was decided on, as ``Playbook/Step/fingerprint``: another one under its name is not done.
    package var fingerprint: String?
    /// Of a notification who is told.
    package var to: String?
    /// Of a program: whether it was about to be started; from then on nobody can know whether it ran.
    package var isStarted = false
    /// What was so before it acted for the first time, as texts of ``before(_:_:_:)``: taking it back leaves that alone. Of
    /// an undo what the step that it takes back found.
    package var before: Set<String> = []
    /// How long a person has to decide, in seconds. It stands here, since the playbook may be another by then.
    package var approvalSeconds: Int?
    /// After how many seconds it is taken back; nil for never.
    package var undoSeconds: Int?
    /// How many people have to approve it.
    package var approvers = 1
    /// Who has.
    package var approvedBy: Set<String> = []
    /// Why it is in the state it began in.
    package var why: String
    /// What a person could do instead.
    package var proposes: String?

    /// The request id of a step: it follows from what it is for, so a repeat has the same.
    package static func id(violation: String, playbook: String, index: Int, step: String) -> String {
        var text: [UInt8] = []
        for part in [violation, playbook, "\(index)", step] { CanonicalJSON.appendString(part, to: &text) }
        return String(Hex.string(SHA256.hash(data: text)).prefix(32))
    }

    /// The fact that a program is about to be started.
    package static let startedFact = "started"

    /// The fact that says what was so before.
    package static let beforeFact = "before"

    /// What was so before: at a broker, or in the record, the device was in a state or not.
    ///
    /// - Parameter state: `in GROUP` or `disabled`.
    package static func before(_ place: String, _ state: String, _ was: Bool) -> String {
        "\(place): \(was ? "" : "not ")\(state)"
    }

    /// Whether it was so before; nil when nobody looked yet.
    package func was(_ state: String, at place: String) -> Bool? {
        if before.contains(Intent.before(place, state, true)) { return true }
        return before.contains(Intent.before(place, state, false)) ? false : nil
    }

    /// Whether it is at its end, and may have done something: also where a person stopped it halfway, or it failed.
    var mayHaveActed: Bool {
        switch state {
        case .done, .unknown, .failed: true
        case .rejected, .expired: hasActed
        case .waiting, .running, .dormant, .observed, .refused, .notNeeded: false
        }
    }

    /// Whether what it does is so, as far as anybody knows: also while it is under way.
    var isInForce: Bool {
        switch state {
        case .done, .unknown: true
        case .failed, .rejected, .expired, .running: hasActed
        case .waiting, .dormant, .observed, .refused, .notNeeded: false
        }
    }

    /// Before the name of the step that is taken back.
    static let undoPrefix = "undo-"

    /// Whether it takes another one back.
    package var isUndo: Bool { step.hasPrefix(Intent.undoPrefix) }

    /// Before the name of the step whose violation is over.
    package static let resolvePrefix = "resolve-"

    /// The name of the step it belongs to, in the playbook.
    package var playbookStep: String {
        for prefix in [Self.undoPrefix, Self.resolvePrefix] where step.hasPrefix(prefix) {
            return String(step.dropFirst(prefix.count))
        }
        return step
    }

    /// Whether it is a step of its playbook, and none that follows from one that was done: those call for nothing.
    package var isOfPlaybook: Bool { !isUndo && !isResolve }

    /// Whether it says that a violation is over.
    package var isResolve: Bool { step.hasPrefix(Self.resolvePrefix) }
}

extension Intent: StateElement {
    package static var blank: Intent {
        Intent(
            id: "", violation: "", behavior: "", severity: "", playbook: "", index: 0, step: "", device: "",
            state: .waiting, why: "")
    }

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("id", &id)
        try coder.field("violation", &violation)
        try coder.field("behavior", &behavior)
        try coder.field("severity", &severity)
        try coder.field("playbook", &playbook)
        try coder.field("index", &index)
        try coder.field("step", &step)
        try coder.field("device", &device)
        try coder.field("serial", &serial)
        try coder.field("seenOn", &seenOn)
        try coder.field("user", &user)
        try coder.field("groups", &groups)
        try coder.field("state", &state)
        try coder.field("then", &then)
        try coder.field("isHarmless", &isHarmless)
        try coder.field("at", &at)
        try coder.field("begunAt", &begunAt)
        try coder.field("endedAt", &endedAt)
        try coder.field("hasActed", &hasActed)
        try coder.field("fingerprint", &fingerprint)
        try coder.field("to", &to)
        try coder.field("isStarted", &isStarted)
        try coder.field("before", &before)
        try coder.field("approvalSeconds", &approvalSeconds)
        try coder.field("undoSeconds", &undoSeconds)
        try coder.field("approvers", &approvers)
        try coder.field("approvedBy", &approvedBy)
        try coder.field("why", &why)
        try coder.field("proposes", &proposes)
    }
}

extension Intent.State: StateElement {
    package static var blank: Intent.State { .waiting }
}
