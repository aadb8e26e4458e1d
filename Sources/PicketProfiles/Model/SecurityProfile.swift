/// A set of behaviors that devices are expected to show, ready for detection.
package struct SecurityProfile: Hashable, Sendable {
    package let name: String
    package let description: String?
    /// In the order of the file, which also orders violations.
    package let behaviors: [Behavior]
    /// Requirements of standards that the profile helps to meet, such as `iec-62443-3-3:SR-6.2`.
    package let controls: [String]
    /// Alternatives; never empty.
    package let targets: [Target]
    /// Violations that are not acted on.
    package let exceptions: [ViolationException]
    /// The file it was read from, as the user named it.
    package let source: String

    package init(
        name: String, description: String? = nil, behaviors: [Behavior], controls: [String] = [],
        targets: [Target] = [.all], exceptions: [ViolationException] = [], source: String = ""
    ) {
        self.name = name
        self.description = description
        self.behaviors = behaviors
        self.controls = controls
        self.targets = targets
        self.exceptions = exceptions
        self.source = source
    }
}
