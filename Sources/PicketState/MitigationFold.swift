import GRDB

/// Brings records of mitigations into their tables: what was meant, which facts were seen, how it ended, and what a person
/// decided.
enum MitigationFold {
    static func take(_ fields: RecordFields, _ received: Int64, _ database: Database) throws {
        guard let id = fields.string("id") else { return }
        switch fields.string("event") {
        case "intent":
            try database.execute(
                sql: """
                    INSERT INTO mitigation (id, violation, device, playbook, place, step, state, why, began, changed)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET state = excluded.state, why = excluded.why, changed = excluded.changed
                    """,
                arguments: [
                    id, fields.string("violation"), fields.string("device"), fields.string("playbook"),
                    fields.integer("index"), fields.string("step"), fields.string("state"), fields.string("why"),
                    received, received,
                ])
        case "fact":
            try database.execute(
                sql: "INSERT OR REPLACE INTO fact VALUES (?, ?, ?, ?, ?)",
                arguments: [id, fields.string("fact"), fields.string("seen"), fields.string("detail"), received])
        case "outcome":
            try database.execute(
                sql: "UPDATE mitigation SET state = ?, note = ?, changed = ? WHERE id = ?",
                arguments: [fields.string("state"), fields.string("note"), received, id])
        default:
            return
        }
    }

    static func takeDecision(
        _ fields: RecordFields, of mitigation: String, _ received: Int64, _ database: Database
    ) throws {
        try database.execute(
            sql: "UPDATE mitigation SET decision = ?, decidedBy = ?, decidedAt = ? WHERE id = ?",
            arguments: [fields.string("action"), fields.string("by"), received, mitigation])
    }
}
