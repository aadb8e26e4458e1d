import Foundation
import GRDB
import PicketEvents
import PicketLog

/// Tables of devices, violations, feeds, their positions and mitigations, made from the log and never believed before it: the file can be deleted at any
/// time, and one that does not fit the log is made anew.
package struct StateDatabase {
    private let queue: DatabaseQueue

    /// Changes with the tables or with how records are brought into them; another number means: make them anew.
    private static let version = 3

    /// Blocks brought in by one transaction: enough that its cost is nothing per record, few enough that other readers
    /// wait for less than a second.
    private static let blocksAtOnce = 32

    /// How long to wait for another process that brings the tables up to date, in seconds.
    private static let patienceSeconds = 30.0

    /// - Parameter path: the file; nil for tables in memory. A file that is no database is replaced;
    ///   one that cannot be written is left alone.
    package init(path: String?) throws {
        guard let path else {
            queue = try DatabaseQueue()
            try StateDatabase.prepare(queue)
            return
        }
        do {
            queue = try StateDatabase.open(path)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
        {
            try StateDatabase.remove(path)
            queue = try StateDatabase.open(path)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CANTOPEN || error.resultCode == .SQLITE_READONLY
        {
            // Whoever may only read the log gets the same answer, slower: the tables are made in memory.
            queue = try DatabaseQueue()
            try StateDatabase.prepare(queue)
        }
    }

    /// Deletes the file, which is no database. The log has everything that was in it.
    private static func remove(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patienceSeconds)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try prepare(queue)
        return queue
    }

    private static func prepare(_ queue: DatabaseQueue) throws {
        try queue.inTransaction(.immediate) { database in
            if try Int.fetchOne(database, sql: "PRAGMA user_version") != version { try makeTables(database) }
            return .commit
        }
    }

    private static func makeTables(_ database: Database) throws {
        for table in tables { try database.execute(sql: "DROP TABLE IF EXISTS \(table)") }
        try database.execute(
            sql: """
                CREATE TABLE log (origin TEXT NOT NULL, position INTEGER NOT NULL, lastLine BLOB NOT NULL);
                CREATE TABLE device (name TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
                  events INTEGER NOT NULL, address TEXT);
                CREATE TABLE violation (id TEXT PRIMARY KEY, state TEXT NOT NULL, profile TEXT, behavior TEXT,
                  kind TEXT NOT NULL, subject TEXT, severity TEXT, opened INTEGER NOT NULL, ended INTEGER,
                  firstIndex INTEGER NOT NULL, lastIndex INTEGER NOT NULL, newest TEXT NOT NULL, verification TEXT,
                  verifiedBy TEXT, verifiedAt INTEGER, note TEXT);
                CREATE INDEX violationBySubject ON violation (kind, subject);
                CREATE INDEX openViolations ON violation (state) WHERE state = 'in-alarm';
                CREATE TABLE feed (name TEXT PRIMARY KEY, state TEXT, format TEXT, received INTEGER NOT NULL);
                CREATE TABLE position (feed TEXT PRIMARY KEY, path TEXT NOT NULL, inode INTEGER, offset INTEGER NOT NULL,
                  head TEXT, headBytes INTEGER, received INTEGER NOT NULL);
                CREATE TABLE mitigation (id TEXT PRIMARY KEY, violation TEXT, device TEXT, playbook TEXT, place INTEGER,
                  step TEXT, state TEXT, why TEXT, note TEXT, decision TEXT, decidedBy TEXT, decidedAt INTEGER,
                  began INTEGER NOT NULL, changed INTEGER NOT NULL);
                CREATE INDEX mitigationByViolation ON mitigation (violation);
                CREATE TABLE fact (mitigation TEXT NOT NULL, fact TEXT NOT NULL, seen TEXT, detail TEXT,
                  received INTEGER NOT NULL, PRIMARY KEY (mitigation, fact));
                CREATE TABLE silence (profile TEXT NOT NULL, behavior TEXT NOT NULL, kind TEXT NOT NULL,
                  subject TEXT NOT NULL, violation TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
                  reason TEXT NOT NULL, owner TEXT NOT NULL, "by" TEXT NOT NULL,
                  PRIMARY KEY (profile, behavior, kind, subject));
                PRAGMA user_version = \(version);
                """)
    }

    private static let tables = ["log", "device", "violation", "feed", "position", "mitigation", "fact", "silence"]

    // MARK: From the log

    /// Brings the tables to the present end of the log in `folder`: from where they stand when they fit it, else from its
    /// beginning. Doing it twice changes nothing.
    ///
    /// - Parameter isWanted: is asked now and then; false ends it early, at a place from where it goes on.
    /// - Returns: the records that the tables hold.
    @discardableResult
    package func catchUp(with folder: String, while isWanted: () -> Bool = { true }) throws -> UInt64 {
        let origin = try LogReader(folder: folder).format.origin
        while true {
            var records: UInt64 = 0
            var isAtEnd = false
            try queue.inTransaction(.immediate) { database in
                (records, isAtEnd) = try StateDatabase.advance(database, folder, origin)
                return .commit
            }
            if isAtEnd || !isWanted() { return records }
        }
    }

    /// Makes the tables anew from the first record of the log in `folder`. The file stays: whoever has it open goes on with
    /// the new tables, and whoever asks meanwhile helps to fill them.
    ///
    /// - Returns: the records that the tables hold.
    @discardableResult
    package func rebuild(from folder: String) throws -> UInt64 {
        try queue.inTransaction(.immediate) { database in
            try StateDatabase.makeTables(database)
            return .commit
        }
        return try catchUp(with: folder)
    }

    /// One transaction's worth of blocks.
    private static func advance(
        _ database: Database, _ folder: String, _ origin: String
    ) throws -> (records: UInt64, isAtEnd: Bool) {
        var position = try standing(database, folder, origin)
        if position == 0 { try makeTables(database) }
        var reader = try LogReader(folder: folder, from: position)
        var fold = RecordFold()
        var lastLine: [UInt8]?
        var isAtEnd = false
        for _ in 0..<blocksAtOnce {
            guard let block = try reader.next() else {
                isAtEnd = true
                break
            }
            lastLine = try fold.take(block, into: database)
            position = block.endIndex
        }
        try fold.finish(database)
        if let lastLine {
            try database.execute(sql: "DELETE FROM log")
            try database.execute(
                sql: "INSERT INTO log VALUES (?, ?, ?)", arguments: [origin, Int64(position), Data(lastLine)])
        }
        return (position, isAtEnd)
    }

    /// The records that the tables hold of this very log; 0 when they are of another one, or of one that was cut.
    private static func standing(_ database: Database, _ folder: String, _ origin: String) throws -> UInt64 {
        guard let row = try Row.fetchOne(database, sql: "SELECT origin, position, lastLine FROM log"),
            row["origin"] as String? == origin, let position = row["position"] as Int64?, position > 0,
            let lastLine = row["lastLine"] as Data?
        else { return 0 }
        var reader = try LogReader(folder: folder, from: UInt64(position) - 1)
        guard let block = try reader.next(), block.firstIndex == UInt64(position) - 1,
            block.bytes.prefix(while: { $0 != 0x0A }).elementsEqual(lastLine)
        else { return 0 }
        return UInt64(position)
    }

    // MARK: Questions

    /// Violations, those that opened last first.
    ///
    /// - Parameters:
    ///   - isOpen: only those that are open.
    ///   - device: only those of this device.
    package func violations(isOpen: Bool, device: String? = nil) throws -> [ViolationEntry] {
        var conditions: [String] = []
        var arguments = StatementArguments()
        if isOpen { conditions.append("state = 'in-alarm'") }
        if let device {
            conditions.append("kind = 'device' AND subject = ?")
            arguments += [device]
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return try queue.read { [arguments] database in
            try ViolationEntry.fetchAll(
                database, sql: "SELECT * FROM violation\(filter) ORDER BY opened DESC, firstIndex DESC",
                arguments: arguments)
        }
    }

    /// The violations whose id begins with `prefix`, at most two: enough to see that it is not unique.
    package func violations(idPrefix prefix: String) throws -> [ViolationEntry] {
        try queue.read { database in
            try ViolationEntry.fetchAll(
                database, sql: "SELECT * FROM violation WHERE substr(id, 1, ?) = ? LIMIT 2",
                arguments: [prefix.count, prefix])
        }
    }

    /// The newest silence of each behavior and subject, those that end last first; also those that are over.
    package func silences() throws -> [SilenceEntry] {
        try queue.read { database in
            try SilenceEntry.fetchAll(
                database, sql: "SELECT * FROM silence ORDER BY until DESC, profile, behavior, subject")
        }
    }

    /// How many steps of mitigation stand where, by step and state.
    package func mitigationCounts() throws -> [(step: String, state: String, count: Int)] {
        try queue.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT step, state, COUNT(*) FROM mitigation WHERE step IS NOT NULL AND state IS NOT NULL "
                    + "GROUP BY step, state ORDER BY step, state"
            ).map { ($0[0], $0[1], $0[2]) }
        }
    }

    /// Every device that was seen, by name.
    package func devices() throws -> [DeviceEntry] {
        try queue.read { database in try DeviceEntry.fetchAll(database, sql: "SELECT * FROM device ORDER BY name") }
    }

    /// What is known of a device; nil when it was never seen.
    package func device(_ name: String) throws -> DeviceEntry? {
        try queue.read { database in
            try DeviceEntry.fetchOne(database, sql: "SELECT * FROM device WHERE name = ?", arguments: [name])
        }
    }

    /// The records that the tables hold now.
    package func records() throws -> UInt64 {
        try queue.read { database in
            UInt64(clamping: try Int64.fetchOne(database, sql: "SELECT position FROM log") ?? 0)
        }
    }

    /// Every row of every table as text, in one order: what two databases must agree on.
    package func dump() throws -> [String] {
        try queue.read { database in
            try StateDatabase.tables.flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \(table) ORDER BY 1, 2").map { "\(table) \($0)" }
            }
        }
    }
}
