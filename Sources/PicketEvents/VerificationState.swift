/// A person's judgement of a violation: AWS's verification states.
package enum VerificationState: String, CaseIterable, Codable, Sendable {
    case truePositive = "true-positive"
    case benignPositive = "benign-positive"
    case falsePositive = "false-positive"
    case unknown

    /// Whether what was seen is no attack: then limits that learn may take it for usual.
    package var isHarmless: Bool { self == .benignPositive || self == .falsePositive }

    /// What the state says and does, for people.
    package var meaning: String {
        switch self {
        case .truePositive: "an attack or a fault; nothing is learned from it"
        case .benignPositive: "it happened, and is harmless; limits that learn take it for usual"
        case .falsePositive: "it should not have been an alarm; limits that learn take it for usual"
        case .unknown: "nobody has judged it; an earlier judgement is taken back"
        }
    }
}
