package import PicketProfiles

/// What to do about a violation: steps in order, with guard rails (DESIGN §7).
package struct Playbook: Equatable, Sendable {
    /// How far it may go by itself.
    package enum Mode: String, CaseIterable, Sendable {
        /// It records what it would do.
        case observe
        /// A person has to approve every intent.
        case approve
        /// It acts by itself, within its limits.
        case automatic
    }

    /// How many devices it may touch by itself; beyond that a person decides.
    package struct Limits: Equatable, Sendable {
        package var devices: Int
        /// Of the registered devices, in percent; nil for no such limit.
        package var sharePercent: Double?
        package var perSeconds: Int

        package init(devices: Int, sharePercent: Double?, perSeconds: Int) {
            self.devices = devices
            self.sharePercent = sharePercent
            self.perSeconds = perSeconds
        }

        /// The smaller of the two, at least one device.
        package func most(registered: Int) -> Int {
            guard let sharePercent else { return devices }
            return max(1, min(devices, Int(Double(registered) * sharePercent / 100)))
        }
    }

    package var name: String
    package var steps: [Step]
    /// What is done when a step failed, or a fact stayed unseen in its time.
    package var escalation: [Step] = []
    package var mode = Mode.observe
    /// Without a word of the writer, five devices an hour: a profile that is wrong must not take a fleet away.
    package var limits = Limits(devices: 5, sharePercent: nil, perSeconds: 3_600)
    /// The least severity that it acts on.
    package var severity = Severity.Level.low
    /// For this long after it acted on a device it does not act on it again.
    package var coolDownSeconds = 600

    /// For how long an approval may be given; what waits longer has expired: who decides must still know the day.
    package var approvalSeconds = 86_400
    /// How many people have to approve.
    package var approvers = 1
    /// Whether mode `automatic` moves devices into groups and out of them without two people's approval.
    package var movesUnattended = false
    /// After how long a cut-off is taken back; nil for never.
    package var undoSeconds: Int?

    package init(name: String, steps: [Step], mode: Mode = .observe) {
        self.name = name
        self.steps = steps
        self.mode = mode
    }

    /// All steps in the order of their indices: those of the escalation come last.
    package var allSteps: [Step] { steps + escalation }
}

/// All playbooks of a configuration, and whom none of them may touch.
package struct PlaybookSet: Equatable, Sendable {
    package var playbooks: [String: Playbook] = [:]
    /// Names with `*` as a wildcard.
    package var protected: [String] = []
    /// What the files say of how their playbooks behave.
    package var tests: [PlaybookTest] = []

    package init() {}

    /// Whether no playbook may touch the device.
    package func protects(_ device: String) -> Bool {
        protected.contains { PlaybookSet.matches(Array(device.unicodeScalars)[...], Array($0.unicodeScalars)[...]) }
    }

    private static func matches(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        // Greedy with one step back: linear in practice, and names are short.
        var (text, pattern) = (text, pattern)
        var back: (text: ArraySlice<Unicode.Scalar>, pattern: ArraySlice<Unicode.Scalar>)?
        while let scalar = text.first {
            if let wanted = pattern.first, wanted == "*" {
                pattern = pattern.dropFirst()
                back = (text, pattern)
            } else if pattern.first == scalar {
                text = text.dropFirst()
                pattern = pattern.dropFirst()
            } else if let last = back {
                text = last.text.dropFirst()
                pattern = last.pattern
                back = (text, pattern)
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == "*" }
    }
}
