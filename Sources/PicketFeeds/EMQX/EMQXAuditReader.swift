package import PicketEvents

/// Reads EMQX's audit log: what administrators did through the dashboard, the REST interface and the command line. It
/// has had three shapes (4.4, 5.3, 5.4 and later), which are told apart by their keys.
///
/// Bodies are not kept, and neither are the arguments of commands that may hold a password (`users add`).
package struct EMQXAuditReader: RecordReader {
    package let format = FeedFormat.emqxAudit
    package private(set) var visibility: Visibility = []
    private let feed: FeedID

    package init(feed: FeedID) { self.feed = feed }

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows where batch.head[row].feed == feed && batch.head[row].kind == .user {
            visibility.insert(.userActions)
        }
    }

    /// Nothing: what it reads does not depend on what came before; what can be seen is a question of replays only.
    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func read(_ line: [UInt8]) throws(RecordProblem) -> [EventDraft] {
        // 4.4 writes the time before the object.
        guard let brace = line.firstIndex(of: 0x7B) else { throw RecordProblem(.notALine) }
        let object = try JSONReading.object(line[brace...])
        let before = String(decoding: line[..<brace], as: UTF8.self).filter { $0 != " " }
        let time = try RecordTime.need(before.isEmpty ? object["time"] : .string(before))
        var event = EventDraft(.user, time: time)
        event.user = EMQXEventReader.text(object[["source", "username"]])
        event.address = EMQXEventReader.text(object[["source_ip"]])
        guard let action = EMQXAuditReader.action(object) else {
            throw RecordProblem(.notALine, detail: "an entry names no operation", time: time)
        }
        event.add(.action, action.name)
        event.add(.resource, action.resource)
        event.add(.outcome, EMQXAuditReader.outcome(object))
        let request = object["http_request"]?.object
        event.add(.agent, (request ?? object)["headers"]?.object?["user-agent"]?.text)
        // Joined to another word, a token would not be seen as one.
        let from = Redaction.text(EMQXEventReader.text(object[["from", "source_type"]]) ?? "audit")
        event.add(.origin, "emqx-\(from)")
        event.add(.code, object[["http_status_code", "code", "operation_result"]]?.scalarText)
        visibility.insert(.userActions)
        return [event]
    }

    private static func action(_ object: JSONObject) -> (name: String, resource: String?)? {
        if let command = object["cmd"]?.text {
            let words = (object["args"]?.array ?? []).compactMap(\.scalarText)
            // The first argument names what is done, except where it is an expression or a key (`eval`, `license`).
            let name = (["cli", command] + words.prefix(1).filter(isWord)).joined(separator: " ")
            return (name, isOpen(command) ? words.dropFirst().first : nil)
        }
        let request = object["http_request"]?.object ?? object
        let path = object[["operation_id", "operate_id"]]?.text
        let bindings = (request["bindings"]?.object?.members ?? []).compactMap(\.value.scalarText)
        if let path {
            let method = (object["http_method"] ?? request["method"])?.text ?? "call"
            return ("\(method) \(path)", bindings.isEmpty ? nil : bindings.joined(separator: " "))
        }
        guard let name = object["operation_name"]?.text else { return nil }
        return ([object["operation_type"]?.text, name].compactMap(\.self).joined(separator: ":"), bindings.first)
    }

    /// Whether it can be the name of something to do: lower-case words.
    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= 24 && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }

    /// Whether the arguments of a command are names, and none of them a password.
    private static func isOpen(_ command: String) -> Bool {
        ["clients", "subscriptions", "topics", "routes", "listeners", "plugins", "rules", "retainer", "banned"]
            .contains(command)
    }

    private static func outcome(_ object: JSONObject) -> String {
        if object["failure_reason"]?.text.map({ !$0.isEmpty }) ?? false { return "failure" }
        if let code = object[["http_status_code", "code"]]?.integer { return code < 400 ? "success" : "failure" }
        if let result = object["operation_result"]?.text {
            return ["success", "ok"].contains(result.lowercased()) ? "success" : "failure"
        }
        return "success"
    }

    static func recognises(_ first: FirstBytes) -> Bool {
        first.has("duration_ms", "node")
            && (first.has("operation_id") || first.has("operate_id") || first.has("cmd") || first.has("operation_type"))
            || !first.beginsObject && first.mentions("\"operation_name\"") && first.mentions("\"operation_type\"")
    }
}
