package import PicketEvents
package import PicketProfiles

/// A test in a playbook file: given a violation and what becomes of each step, which steps run, wait, or are refused.
package struct PlaybookTest: Equatable, Sendable {
    /// One line of what is expected: a step by its name, and where it ends.
    package struct Expected: Equatable, Sendable {
        package var step: String
        package var state: Intent.State
    }

    /// A violation of another time, that the limits count.
    package struct Earlier: Equatable, Sendable {
        package var device: String
        package var agoSeconds: Int
    }

    package var name: String
    package var place: Place
    package var playbook: String
    package var device = "device-1"
    package var severity = Severity.Level.high
    package var subject = SubjectKind.device
    package var identity = Identity.certificate
    /// Whether the device's own word is all there is.
    package var isDeviceWord = false
    /// The certificate of the violating session; nil when none was seen.
    package var serial: String? = "4A0F"
    /// The user that the fleet file binds the device to.
    package var user: String?
    package var registered = 0
    package var earlier: [Earlier] = []
    /// How steps end, by name; one that is not named ends well.
    package var answers: [String: Intent.State] = [:]
    /// Who approves whatever waits, in this order.
    package var approvals: [String] = []
    /// All mitigation is stopped.
    package var isStopped = false
    /// The violation is over.
    package var isOver = false
    /// How much time passes after all that.
    package var afterSeconds = 0
    package var expected: [Expected] = []

    package init(name: String, place: Place, playbook: String) {
        self.name = name
        self.place = place
        self.playbook = playbook
    }
}
