/// Targets that name what the fleet file does not have: a profile for a misspelled group would be for nobody, and say nothing.
package enum TargetCheck {
    /// A warning for each group that a target or its exceptions name and `fleet` does not have.
    package static func diagnostics(_ profiles: [SecurityProfile], _ fleet: Fleet) -> [Diagnostic] {
        profiles.flatMap { profile in
            var seen: Set<String> = []
            return profile.targets.flatMap { $0.conditions + $0.exceptions }.compactMap { condition -> Diagnostic? in
                guard case .group(let group) = condition, fleet.groups[group] == nil, seen.insert(group).inserted else {
                    return nil
                }
                return Diagnostic(
                    code: .unknownValue, severity: .warning, file: profile.source,
                    message:
                        "the targets of `\(profile.name)` name the group `\(group)`, which the fleet file does not have",
                    help: "nobody is in it until it has members",
                    suggestion: DidYouMean.closest(to: group, among: fleet.groups.keys.sorted()))
            }
        }
    }
}
