import PicketEvents
import PicketProfiles

/// Subjects of one kind that are told apart in one way. Behaviors about single addresses and behaviors about networks
/// have different subjects, although both are of the kind `address`.
struct SubjectSpace: Hashable, Sendable {
    let kind: SubjectKind
    /// How much of an address makes one subject; nil for all of it.
    let prefix: AddressPrefix?

    /// The space that counts devices; every plan has it, as the first.
    static let device = SubjectSpace(kind: .device, prefix: nil)

    /// Spaces in one plan: the six kinds, and networks of ten sizes. What an event names in each is kept beside it
    /// while it is handled, which is why there is a number.
    static let limit = SubjectKind.allCases.count + ProfileLimits.networkSizes
}
