import GRDB
import PicketEvents
import PicketLog

/// Brings records into the tables, in log order. The same records in the same order give the same tables, however they
/// are cut into pieces.
struct RecordFold {
    private var tally = DeviceTally()

    private static let violation = Array("\"violation\"".utf8)
    private static let feed = Array("\"feed\"".utf8)
    private static let decision = Array("\"operator\"".utf8)
    private static let mitigation = Array("\"mitigation\"".utf8)
    private static let refused = Array("\"connect-failed\"".utf8)
    private static let own = Array("\"\(RecordLine.feedName)\"".utf8)

    /// Takes the records of one block.
    ///
    /// - Returns: the last line, without its LF.
    mutating func take(_ block: LogBlock, into database: Database) throws -> [UInt8] {
        var start = 0
        var index = block.firstIndex
        var last = 0..<0
        while start < block.bytes.count {
            let end = block.bytes[start...].firstIndex(of: 0x0A) ?? block.bytes.count
            try take(block.bytes, start..<end, index, database)
            last = start..<end
            start = end + 1
            index += 1
        }
        return Array(block.bytes[last])
    }

    /// Writes what is gathered in memory.
    mutating func finish(_ database: Database) throws { try tally.write(to: database) }

    private mutating func take(_ bytes: [UInt8], _ line: Range<Int>, _ index: UInt64, _ database: Database) throws {
        var received: Int64?
        var isOwn = false
        var kind: Range<Int>?
        var device: Range<Int>?
        var address: Range<Int>?
        LineFields.forEach(bytes, line) { key, value in
            let name = bytes[key]
            if name.elementsEqual("received".utf8) {
                received = RecordFields.time(bytes, value)
            } else if name.elementsEqual("feed".utf8) {
                isOwn = bytes[value].elementsEqual(RecordFold.own)
            } else if name.elementsEqual("kind".utf8) {
                kind = value
            } else if name.elementsEqual("device".utf8) {
                device = value
            } else if name.elementsEqual("address".utf8) {
                address = value
            }
            return true
        }
        guard let received, let kind else { return }
        let name = bytes[kind]
        guard isOwn else {
            // A claimed name is no device until it is let in; who tries it is not its owner.
            if let device, !name.elementsEqual(RecordFold.refused) {
                tally.add(bytes, device: device, received: received, address: address)
            }
            return
        }
        if name.elementsEqual(RecordFold.violation) {
            try takeViolation(RecordFields(bytes, line), String(decoding: bytes[line], as: UTF8.self), index, database)
        } else if name.elementsEqual(RecordFold.feed) {
            try takeFeed(RecordFields(bytes, line), received, database)
        } else if name.elementsEqual(RecordFold.decision) {
            try takeDecision(RecordFields(bytes, line), received, database)
        } else if name.elementsEqual(RecordFold.mitigation) {
            try MitigationFold.take(RecordFields(bytes, line), received, database)
        }
    }

    /// Whom a record is about.
    private static func subject(of fields: RecordFields, _ kind: String) -> String? {
        fields.string(SubjectKind(rawValue: kind)?.recordKey ?? kind)
    }

    private func takeViolation(
        _ fields: RecordFields, _ line: String, _ index: UInt64, _ database: Database
    ) throws {
        guard let id = fields.string("id"), let event = fields.string("event"), let time = fields.time("time"),
            let kind = fields.string("subject")
        else { return }
        let isOpen = event == Violation.Event.inAlarm.rawValue
        try database.execute(
            sql: """
                INSERT INTO violation (id, state, profile, behavior, kind, subject, severity, opened, ended, firstIndex,
                  lastIndex, newest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity,
                  ended = excluded.ended, lastIndex = excluded.lastIndex, newest = excluded.newest
                """,
            arguments: [
                id, event, fields.string("profile"), fields.string("behavior"), kind,
                RecordFold.subject(of: fields, kind),
                fields.string("severity"), fields.time("first") ?? time, isOpen ? nil : time, Int64(index),
                Int64(index), line,
            ])
    }

    private func takeFeed(_ fields: RecordFields, _ received: Int64, _ database: Database) throws {
        guard let name = fields.string("name"), let state = fields.string("state") else { return }
        // A position says where reading stands, not that the feed has opened or ended.
        let isPosition = state == FeedRecord.State.position.rawValue
        try database.execute(
            sql: """
                INSERT INTO feed (name, state, format, received) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET state = coalesce(excluded.state, state),
                  format = coalesce(excluded.format, format), received = excluded.received
                """,
            arguments: [name, isPosition ? nil : state, fields.string("format"), received])
        guard let path = fields.string("path"), let offset = fields.integer("offset") else { return }
        try database.execute(
            sql: "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                name, path, fields.integer("inode"), offset, fields.string("head"), fields.integer("headBytes"),
                received,
            ])
    }

    private func takeDecision(_ fields: RecordFields, _ received: Int64, _ database: Database) throws {
        if let mitigation = fields.string("mitigation") {
            try MitigationFold.takeDecision(fields, of: mitigation, received, database)
        }
        guard let id = fields.string("violation") else { return }
        if fields.string("action") == SilenceRecord.action { try takeSilence(fields, id, received, database) }
        guard fields.string("action") == VerdictRecord.action else { return }
        try database.execute(
            sql: "UPDATE violation SET verification = ?, verifiedBy = ?, verifiedAt = ?, note = ? WHERE id = ?",
            arguments: [fields.string("state"), fields.string("by"), received, fields.string("note"), id])
    }

    private func takeSilence(
        _ fields: RecordFields, _ violation: String, _ received: Int64, _ database: Database
    ) throws {
        guard let kind = fields.string("subject"), let subject = RecordFold.subject(of: fields, kind),
            let until = fields.time("until")
        else { return }
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO silence (profile, behavior, kind, subject, violation, since, until, reason, owner,
                  "by") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                fields.string("profile") ?? "", fields.string("behavior") ?? "", kind, subject, violation, received,
                until, fields.string("reason") ?? "", fields.string("owner") ?? "", fields.string("by") ?? "",
            ])
    }
}
