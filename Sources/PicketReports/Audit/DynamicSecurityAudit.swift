import Foundation
import PicketProfiles

/// The file of Mosquitto's dynamic security plugin: roles, who has them, and what is allowed to all.
struct DynamicSecurityAudit {
    let path: String

    private static let sending = ["publishClientSend"]
    private static let subscribing = ["subscribeLiteral", "subscribePattern"]

    func check(_ audit: inout Audit) -> [TopicRule] {
        guard let data = audit.contents(path),
            let file = try? JSONDecoder().decode(DynamicSecurityFile.self, from: data)
        else {
            audit.report(AuditFinding(.unreadable, path, "it cannot be read, or is not a file of dynamic security"))
            return []
        }
        audit.look(.dynsecTooWide)
        checkDefaults(file, &audit)
        let holders = file.holders
        var rules: [TopicRule] = []
        for role in file.roles ?? [] {
            let mine = holders.filter { $0.roles.contains(role.rolename) }
            for rule in role.acls ?? [] where rule.isAllowed {
                let isSend = DynamicSecurityAudit.sending.contains(rule.acltype)
                guard isSend || DynamicSecurityAudit.subscribing.contains(rule.acltype) else { continue }
                let kinds = isSend ? DynamicSecurityAudit.sending : DynamicSecurityAudit.subscribing
                // A refusal of higher priority may leave nothing of it, for some who have the role or for all.
                let effective = mine.filter { file.decides(rule, of: role.rolename, for: $0.roles, kinds) }
                if mine.isEmpty {
                    guard file.decides(rule, of: role.rolename, for: [role.rolename], kinds) else { continue }
                } else if effective.isEmpty {
                    continue
                }
                check(rule, role.rolename, effective.map(\.name), &audit)
                rules.append(
                    TopicRule(
                        place: "\(path) role \(role.rolename)", filter: rule.topic, mayWrite: isSend, mayRead: !isSend))
            }
        }
        return rules
    }

    private func checkDefaults(_ file: DynamicSecurityFile, _ audit: inout Audit) {
        let access = file.defaultACLAccess
        if access?.publishClientSend == true {
            audit.report(
                AuditFinding(
                    .dynsecTooWide, "\(path) default publishClientSend",
                    "by default every client may send to every topic", severity: .critical))
        }
        if access?.subscribe == true {
            let isHeld = access?.publishClientReceive == false
            audit.report(
                AuditFinding(
                    .dynsecTooWide, "\(path) default subscribe",
                    "by default every client may subscribe to every topic"
                        + (isHeld ? "; messages are held back where no rule allows them" : ""),
                    severity: isHeld ? .low : nil))
        }
        if let group = file.anonymousGroup, !group.isEmpty {
            let roles = file.roles(ofGroup: group)
            audit.report(
                AuditFinding(
                    .dynsecTooWide, "\(path) anonymous",
                    "clients without a user name belong to the group \(group), "
                        + (roles.isEmpty ? "which has no role" : "with the roles \(roles.joined(separator: ", "))"),
                    severity: roles.isEmpty ? .low : nil))
        }
    }

    private func check(
        _ rule: DynamicSecurityFile.Rule, _ role: String, _ holders: [String], _ audit: inout Audit
    ) {
        let more = holders.count > 5 ? " and \(holders.count - 5) more" : ""
        let who = holders.isEmpty ? "nobody now" : holders.prefix(5).joined(separator: ", ") + more
        // Each rule by itself: a role may have several that are too wide, and a person may live with one of them.
        let resource = "\(path) role \(role) \(rule.acltype) \(rule.topic)"
        let isEverything = TopicFilter(rule.topic).isEverything
        switch rule.acltype {
        case "publishClientSend" where isEverything:
            audit.report(
                AuditFinding(
                    .dynsecTooWide, resource, "it may send to `\(rule.topic)`: every topic; held by \(who)",
                    severity: holders.isEmpty ? .medium : .critical))
        case "publishClientSend" where rule.topic.hasPrefix("$CONTROL") && holders.count > 2:
            audit.report(
                AuditFinding(
                    .dynsecTooWide, resource, "\(holders.count) hold a role that may change the broker: \(who)"))
        case "subscribePattern", "subscribeLiteral":
            guard isEverything else { return }
            audit.report(
                AuditFinding(
                    .dynsecTooWide, resource, "it may subscribe to `\(rule.topic)`: every topic; held by \(who)",
                    severity: .medium))
        default: break
        }
    }
}
