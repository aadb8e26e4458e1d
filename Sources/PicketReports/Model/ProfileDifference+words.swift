import PicketProfiles

/// What changed from one set of profiles to the next, in the words of a report.
extension ProfileDifference {
    static func words(from old: [SecurityProfile], to new: [SecurityProfile]) -> [String] {
        let words = between(old, new).map { difference in
            let name = difference.behavior.map { "\(difference.profile)/\($0)" } ?? difference.profile
            return switch difference.change {
            case .added: "new: \(name)" + (difference.now.map { ": \($0)" } ?? "")
            case .removed: "gone: \(name)" + (difference.behavior == nil ? difference.was.map { ": \($0)" } ?? "" : "")
            case .changed: "changed: \(name): \(difference.now ?? "") Before: \(difference.was ?? "")"
            }
        }
        // The fleet file, or only the wording.
        return words.isEmpty ? ["no rule was changed: the fleet file, playbooks' names or comments were"] : words
    }
}
