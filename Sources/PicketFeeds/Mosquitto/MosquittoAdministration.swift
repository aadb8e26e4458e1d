/// What an administrator did through the broker's control topics:
/// "dynsec: CLIENT/USER | disableClient | username=dev-01", and 2.1's "Broker: CLIENT/USER | listPlugins".
///
/// The plugin logs a command after it has succeeded. Passwords are masked by it ("password=*****"); that part is left
/// out all the same. Client id and user name may hold `/` and ` | `: a pair that is connected is taken first; else the
/// first ` | ` before a known command and the last `/` before it, as user names hold `/` less often than client ids.
/// Source: eclipse-mosquitto `src/dynamic_security/*.c` (2.0), `plugins/dynamic-security/*.c` and
/// `src/control_common.c` (2.1).
struct MosquittoAdministration {
    var client: Range<Int>
    var user: Range<Int>
    var action: Range<Int>
    /// "username=dev-01 | rolename=quarantine": what the command was about.
    var resource: Range<Int>?
    var origin: StaticString
    /// The session of the administrator, where client and user fit one.
    var session: Int?

    private static let commands: [StaticString] = [
        "addClientRole", "addGroupClient", "addGroupRole", "addRoleACL", "createClient", "createGroup", "createRole",
        "deleteClient", "deleteGroup", "deleteRole", "disableClient", "enableClient", "getAnonymousGroup", "getClient",
        "getDefaultACLAccess", "getDetails", "getGroup", "getRole", "listClients", "listGroups", "listListeners",
        "listPlugins", "listRoles", "modifyClient", "modifyGroup", "modifyRole", "removeClientRole",
        "removeGroupClient", "removeGroupRole", "removeRoleACL", "setAnonymousGroup", "setClientId",
        "setClientPassword", "setDefaultACLAccess",
    ]

    init?(_ text: RawSpan, _ message: Range<Int>, sessions: MosquittoSessions?) {
        let start: Int
        if text.begins("dynsec: ", message) {
            origin = "dynsec"
            start = message.lowerBound + 8
        } else if text.begins("Broker: ", message) {
            origin = "broker"
            start = message.lowerBound + 8
        } else {
            return nil
        }
        let bar: StaticString = " | "
        var fallback: (who: Range<Int>, slash: Int, action: Range<Int>)?
        var index = start
        while let end = text.first(bar, in: index..<message.upperBound) {
            index = end + 1
            let rest = end + 3..<message.upperBound
            let actionEnd = text.first(bar, in: rest) ?? rest.upperBound
            let action = rest.lowerBound..<actionEnd
            guard MosquittoAdministration.commands.contains(where: { text.equals($0, action) }),
                let last = text.last(0x2F, in: start..<end)
            else { continue }
            if fallback == nil { fallback = (start..<end, last, action) }
            guard let sessions else { break }
            var slash: Int? = last
            while let split = slash {
                if let id = sessions.find(text, start..<split), sessions.hasUser(id, text, split + 1..<end) {
                    session = id
                    fallback = (start..<end, split, action)
                    break
                }
                slash = text.last(0x2F, in: start..<split)
            }
            if session != nil { break }
        }
        guard let found = fallback else { return nil }
        client = found.who.lowerBound..<found.slash
        user = found.slash + 1..<found.who.upperBound
        action = found.action
        let rest = min(found.action.upperBound + 3, message.upperBound)..<message.upperBound
        let secret = text.begins("password=", rest) ? rest.lowerBound : text.first(" | password=", in: rest)
        resource = rest.lowerBound..<(secret ?? rest.upperBound)
        if resource?.isEmpty ?? true { resource = nil }
    }
}
