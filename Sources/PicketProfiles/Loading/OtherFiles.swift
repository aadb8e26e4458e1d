/// Recognises files that are no profiles by their keys, so that a folder with other things in it is answered with
/// what they are instead of with unknown keys.
enum OtherFiles {
    /// AWS's outputs that are no profiles. In a folder they are read with the profiles they belong to.
    private static let aws: [(key: String, command: String)] = [
        ("securityProfileTargets", "list-targets-for-security-profile"),
        ("securityProfileIdentifiers", "list-security-profiles"),
        ("stringValues", "describe-dimension"),
        ("metricType", "describe-custom-metric"),
        ("things", "list-things"),
        ("thingGroups", "list-thing-groups"),
    ]

    /// Files of Picket that are something else.
    private static let own: [(key: String, what: String)] = [
        ("playbooks", "a playbook file"), ("feeds", "a configuration file"), ("devices", "a fleet file"),
        ("groups", "a fleet file"),
    ]

    /// Whether a mapping with these keys is no profile; it was then reported.
    static func report(keys: [String], _ collector: DiagnosticCollector) -> Bool {
        guard !keys.contains("behaviors"), !keys.contains("profile"), !keys.contains("securityProfileName") else {
            return false
        }
        if let output = aws.first(where: { keys.contains($0.key) }) {
            collector.report(
                .notAProfile, at: nil,
                "this is the output of `aws iot \(output.command)`, which belongs to a profile beside it",
                help: output.command == "list-security-profiles"
                    ? "save each one with `aws iot describe-security-profile --security-profile-name NAME`"
                    : "name the folder that holds both: then it is read with the profile",
                severity: .warning)
            return true
        }
        if let file = own.first(where: { keys.contains($0.key) }) {
            collector.report(.notAProfile, at: nil, "this is \(file.what), not a profile")
            return true
        }
        return false
    }
}
