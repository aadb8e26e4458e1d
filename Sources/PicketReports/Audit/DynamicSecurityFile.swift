/// The file of Mosquitto's dynamic security plugin, as far as an audit asks. What decides is the first rule that matches:
/// the roles of the client by falling priority, then those of its groups; within a role, the rules by falling priority.
struct DynamicSecurityFile: Decodable {
    struct Access: Decodable {
        var publishClientSend: Bool?
        var publishClientReceive: Bool?
        var subscribe: Bool?
    }
    struct RoleName: Decodable {
        var rolename: String
        var priority: Int?
    }
    struct GroupName: Decodable {
        var groupname: String
        var priority: Int?
    }
    struct ClientName: Decodable {
        var username: String
        var priority: Int?
    }
    struct Client: Decodable {
        var username: String
        var roles: [RoleName]?
        var groups: [GroupName]?
        var disabled: Bool?
    }
    struct Group: Decodable {
        var groupname: String
        var roles: [RoleName]?
        var clients: [ClientName]?
    }
    struct Rule: Decodable {
        var acltype: String
        var topic: String
        var priority: Int?
        var allow: Bool?

        var isAllowed: Bool { allow ?? false }
    }
    struct Role: Decodable {
        var rolename: String
        var acls: [Rule]?
    }

    /// What happens to a message or a subscription that no rule matches: without the key it is refused.
    var defaultACLAccess: Access?
    var clients: [Client]?
    var groups: [Group]?
    var roles: [Role]?
    var anonymousGroup: String?

    /// Somebody who has roles: a client, or those without a user name.
    struct Holder {
        var name: String
        /// Their names, in the order in which they decide.
        var roles: [String]
    }

    /// Everybody who can log in, with the roles that decide for them.
    var holders: [Holder] {
        var holders = (clients ?? []).filter { $0.disabled != true }.map { client in
            Holder(
                name: client.username, roles: order(client.roles) + order(groups(of: client)).flatMap(roles(ofGroup:)))
        }
        if let anonymousGroup, !anonymousGroup.isEmpty {
            holders.append(Holder(name: "clients without a user name", roles: roles(ofGroup: anonymousGroup)))
        }
        return holders
    }

    /// The groups of a client: both it and the group may say so.
    private func groups(of client: Client) -> [GroupName] {
        let listed = client.groups ?? []
        let others = (groups ?? []).compactMap { group in
            (group.clients ?? []).first { $0.username == client.username }.map {
                GroupName(groupname: group.groupname, priority: $0.priority)
            }
        }
        return listed + others.filter { other in !listed.contains { $0.groupname == other.groupname } }
    }

    func roles(ofGroup name: String) -> [String] {
        order((groups ?? []).first { $0.groupname == name }?.roles)
    }

    private func order(_ roles: [RoleName]?) -> [String] {
        stable(roles ?? []) { $0.priority ?? 0 }.map(\.rolename)
    }

    private func order(_ groups: [GroupName]) -> [String] { stable(groups) { $0.priority ?? 0 }.map(\.groupname) }

    /// The rules of a role that decide about one kind of act, in the order in which they are asked. Whole topics are
    /// looked up before patterns are tried.
    func rules(of role: String, _ kinds: [String]) -> [Rule] {
        let rules = (roles ?? []).first { $0.rolename == role }?.acls ?? []
        return kinds.flatMap { kind in stable(rules.filter { $0.acltype == kind }) { $0.priority ?? 0 } }
    }

    /// Falling by priority; what has the same one keeps its order.
    private func stable<T>(_ items: [T], _ priority: (T) -> Int) -> [T] {
        items.enumerated().sorted { a, b in
            (priority(b.element), a.offset) < (priority(a.element), b.offset)
        }.map(\.element)
    }

    /// Whether the rule decides anything for somebody with `roles`: no refusal that is asked before covers all of it.
    func decides(_ rule: Rule, of role: String, for roles: [String], _ kinds: [String]) -> Bool {
        let filter = TopicFilter(rule.topic)
        for name in roles {
            for other in rules(of: name, kinds) {
                if name == role, other.acltype == rule.acltype, other.topic == rule.topic, other.isAllowed {
                    return true
                }
                if !other.isAllowed, TopicFilter(other.topic).covers(filter) { return false }
            }
        }
        return false
    }
}
