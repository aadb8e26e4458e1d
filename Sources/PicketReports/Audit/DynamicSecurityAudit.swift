import Foundation
import PicketProfiles

/// The file of Mosquitto's dynamic security plugin: roles, who has them, and what is allowed to all.
struct DynamicSecurityAudit {
    let path: String

    private struct Document: Decodable {
        struct Access: Decodable {
            var publishClientSend: Bool?
            var subscribe: Bool?
        }
        struct RoleName: Decodable { var rolename: String }
        struct Client: Decodable {
            var username: String
            var roles: [RoleName]?
            var disabled: Bool?
        }
        struct Group: Decodable {
            var groupname: String
            var roles: [RoleName]?
        }
        struct Rule: Decodable {
            var acltype: String
            var topic: String
            var allow: Bool?
        }
        struct Role: Decodable {
            var rolename: String
            var acls: [Rule]?
        }
        var defaultACLAccess: Access?
        var clients: [Client]?
        var groups: [Group]?
        var roles: [Role]?
        var anonymousGroup: String?
    }

    func check(_ audit: inout Audit) -> [TopicRule] {
        guard let data = audit.contents(path),
            let document = try? JSONDecoder().decode(Document.self, from: data)
        else {
            audit.report(AuditFinding(.unreadable, path, "it cannot be read, or is not a file of dynamic security"))
            return []
        }
        audit.look(.dynsecTooWide)
        if document.defaultACLAccess?.publishClientSend == true {
            audit.report(
                AuditFinding(
                    .dynsecTooWide, path, "by default every client may send to every topic", severity: .critical))
        }
        if document.defaultACLAccess?.subscribe == true {
            audit.report(AuditFinding(.dynsecTooWide, path, "by default every client may subscribe to every topic"))
        }
        if let group = document.anonymousGroup, !group.isEmpty {
            audit.report(
                AuditFinding(.dynsecTooWide, path, "clients without a user name belong to the group \(group)"))
        }
        var rules: [TopicRule] = []
        for role in document.roles ?? [] {
            let holders = holders(of: role.rolename, document)
            for rule in role.acls ?? [] where rule.allow ?? false {
                check(rule, role.rolename, holders, &audit)
                guard rule.acltype == "publishClientSend" || rule.acltype.hasPrefix("subscribe") else { continue }
                rules.append(
                    TopicRule(
                        place: "\(path) role \(role.rolename)",
                        filter: rule.topic,
                        mayWrite: rule.acltype == "publishClientSend", mayRead: rule.acltype.hasPrefix("subscribe")))
            }
        }
        return rules
    }

    private func holders(of role: String, _ document: Document) -> [String] {
        (document.clients ?? []).filter { client in
            client.disabled != true && (client.roles ?? []).contains { $0.rolename == role }
        }.map(\.username)
            + (document.groups ?? []).filter { ($0.roles ?? []).contains { $0.rolename == role } }
            .map { "group \($0.groupname)" }
    }

    private func check(_ rule: Document.Rule, _ role: String, _ holders: [String], _ audit: inout Audit) {
        let first = rule.topic.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let who = holders.isEmpty ? "nobody now" : holders.prefix(5).joined(separator: ", ")
        let resource = "\(path) role \(role)"
        switch rule.acltype {
        case "publishClientSend" where first == "#" || first == "+":
            audit.report(
                AuditFinding(
                    .dynsecTooWide, resource, "it may send to `\(rule.topic)`: every topic; held by \(who)",
                    severity: .critical))
        case "publishClientSend" where rule.topic.hasPrefix("$CONTROL") && holders.count > 2:
            audit.report(
                AuditFinding(
                    .dynsecTooWide, resource, "\(holders.count) hold a role that may change the broker: \(who)"))
        case "subscribePattern", "subscribeLiteral":
            guard first == "#" || first == "+" else { return }
            audit.report(
                AuditFinding(
                    .dynsecTooWide, resource, "it may subscribe to `\(rule.topic)`: every topic; held by \(who)",
                    severity: .medium))
        default: break
        }
    }
}
