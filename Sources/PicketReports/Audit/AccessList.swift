import Foundation
import PicketProfiles

/// A file of rules as `acl_file` names it (mosquitto.conf(5)): `user`, `topic` and `pattern` lines.
struct AccessList {
    private let path: String
    /// Whether a client id can be relied on, so that `%c` means something.
    private let clientIDIsProved: Bool

    init(path: String, clientIDIsProved: Bool) {
        self.path = path
        self.clientIDIsProved = clientIDIsProved
    }

    private static let access: Set<String> = ["read", "write", "readwrite", "deny"]

    /// Checks the file; gives its rules.
    func check(_ audit: inout Audit) -> [TopicRule] {
        guard let data = audit.contents(path) else {
            audit.report(AuditFinding(.unreadable, path, "it cannot be read"))
            return []
        }
        audit.look(.aclTooWide)
        var user: String?
        var rules: [TopicRule] = []
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for (number, text) in lines.enumerated() {
            let trimmed = text.trimmingCharacters(in: .whitespaces)
            guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
            let words = trimmed.split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2 else { continue }
            if words[0] == "user" {
                user = words[1]
                continue
            }
            guard words[0] == "topic" || words[0] == "pattern" else { continue }
            var rest = words[1].trimmingCharacters(in: .whitespaces)
            var access = "readwrite"
            if let space = rest.firstIndex(of: " "), AccessList.access.contains(String(rest[..<space])) {
                access = String(rest[..<space])
                rest = rest[space...].trimmingCharacters(in: .whitespaces)
            }
            guard access != "deny" else { continue }
            // It is named by what it says, and not by its line: who lives with a rule lives with it wherever it stands, and not with
            // whatever comes to stand in its line.
            let holder = words[0] == "topic" ? user.map { "user \($0) " } ?? "" : ""
            let place = "\(path) \(holder)\(words[0]) \(access) \(rest)"
            let isPattern = words[0] == "pattern"
            let who = isPattern ? "every client" : user.map { "the user \($0)" } ?? "clients without a user name"
            check(rest, access, who, isPattern, place, number + 1, &audit)
            rules.append(
                TopicRule(
                    place: place, filter: rest,
                    mayWrite: access != "read", mayRead: access != "write"))
        }
        return rules
    }

    private func check(
        _ filter: String, _ access: String, _ who: String, _ isPattern: Bool, _ place: String, _ line: Int,
        _ audit: inout Audit
    ) {
        func report(_ why: String, _ severity: Severity.Level) {
            audit.report(AuditFinding(.aclTooWide, place, "\(why) (line \(line))", severity: severity))
        }
        let first = filter.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let verb = ["read": "read", "write": "write"][access] ?? "read and write"
        if first == "#" || first == "+" {
            let isWrite = access != "read"
            // One user who reads everything is how monitors work; worth knowing, and no catastrophe.
            let severity: Severity.Level = isWrite ? .critical : who.hasPrefix("the user") ? .medium : .high
            report("\(who) may \(verb) `\(filter)`: every topic", severity)
        } else if first == "$CONTROL", access != "read" {
            report("\(who) may change the broker through `\(filter)`", .high)
        } else if isPattern, filter.contains("%c"), !clientIDIsProved {
            report(
                "`\(filter)` trusts the client id, which whoever connects may choose: use %u, or use_username_as_clientid",
                .high)
        } else if isPattern, !filter.contains("%u"), !filter.contains("%c"), access != "read",
            filter.contains("+") || filter.contains("#")
        {
            report("every client may \(verb) `\(filter)`: one device may speak for another", .high)
        }
    }
}
