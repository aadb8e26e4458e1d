import PicketEvents
package import PicketMitigation

/// Mitigations for a person, and as JSON.
package enum MitigationText {
    /// One line for one mitigation.
    package static func line(_ intent: Intent) -> String {
        let proposes = intent.proposes.map { "; proposed: \(ViolationText.printable($0))" } ?? ""
        return "\(intent.id)  \(intent.state.rawValue)  \(intent.playbook)/\(intent.step)  "
            + "\(ViolationText.printable(intent.device))  \(ViolationText.printable(intent.why))\(proposes)"
    }

    /// One object, in its present state.
    package static func json(_ intent: Intent) -> [UInt8] {
        var line = RecordLine()
        line.add("id", intent.id)
        line.add("state", intent.state.rawValue)
        line.add("device", intent.device)
        line.add("violation", intent.violation)
        line.add("behavior", intent.behavior)
        line.add("playbook", intent.playbook)
        line.add("step", intent.step)
        if let serial = intent.serial { line.add("serial", serial) }
        line.add("why", intent.why)
        if let proposes = intent.proposes { line.add("proposes", proposes) }
        return line.finish()
    }

    /// Its records with their places in the log.
    package static func chain(
        _ intent: Intent, _ records: [OutboxReading.Found], _ decisions: [OutboxReading.Decision], asJSON: Bool
    ) -> [[UInt8]] {
        var lines: [(index: UInt64, line: [UInt8])] = []
        for entry in records {
            var out = RecordLine()
            out.add("record", Int64(entry.index))
            let text: String
            switch entry.record {
            case .intent(let other) where other.id == intent.id:
                out.add("intent", other.state.rawValue)
                text = "intent: \(other.state.rawValue), for violation \(other.violation)"
            case .fact(intent.id, _, let fact, let isSeen, let detail):
                out.add("fact", fact)
                out.add("seen", isSeen ? "yes" : "no")
                if let detail { out.add("detail", detail) }
                text = "\(isSeen ? "seen" : "NOT SEEN"): \(fact)\(detail.map { " (\($0))" } ?? "")"
            case .outcome(intent.id, _, let state, let note):
                out.add("outcome", state.rawValue)
                if let note { out.add("note", note) }
                text = "outcome: \(state.rawValue)\(note.map { ", \($0)" } ?? "")"
            case .membership(let move) where move.mitigation == intent.id:
                out.add(move.isMember ? "joined" : "left", move.group)
                text = "\(move.isMember ? "joined" : "left") the group \(move.group)"
            default: continue
            }
            lines.append((entry.index, asJSON ? out.finish() : indented(entry.index, text)))
        }
        for decision in decisions where decision.mitigation == intent.id {
            var out = RecordLine()
            out.add("record", Int64(decision.index))
            out.add("decision", decision.action)
            out.add("by", decision.by)
            if let note = decision.note { out.add("note", note) }
            let text = "\(decision.action) by \(decision.by)\(decision.note.map { ": \($0)" } ?? "")"
            lines.append((decision.index, asJSON ? out.finish() : indented(decision.index, text)))
        }
        return [asJSON ? json(intent) : Array(line(intent).utf8)] + lines.sorted { $0.index < $1.index }.map(\.line)
    }

    private static func indented(_ index: UInt64, _ text: String) -> [UInt8] {
        Array("  record \(index)  \(ViolationText.printable(text))".utf8)
    }
}
