import GRDB

/// What records say of devices, added up in memory and written once for many records: a fleet writes thousands of events
/// a second, and a table none of them alone.
struct DeviceTally {
    private struct Device {
        var first: Int64
        var last: Int64
        var events: Int64
        var address: String?
    }

    /// By name as it stands in the line, quotes included.
    private var devices: [[UInt8]: Device] = [:]

    /// Takes one record of a feed.
    mutating func add(_ bytes: [UInt8], device: Range<Int>, received: Int64, address: Range<Int>?) {
        let name = Array(bytes[device])
        let address = address.flatMap { RecordFields.string(bytes, $0) }
        var known = devices[name] ?? Device(first: received, last: received, events: 0)
        known.first = min(known.first, received)
        known.last = max(known.last, received)
        known.events += 1
        known.address = address ?? known.address
        devices[name] = known
    }

    /// Adds what was gathered to the table.
    mutating func write(to database: Database) throws {
        let statement = try database.makeStatement(
            sql: """
                INSERT INTO device (name, first, last, events, address) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last),
                  events = events + excluded.events, address = coalesce(excluded.address, address)
                """)
        for (name, known) in devices {
            guard let text = RecordFields.string(name, 0..<name.count) else { continue }
            try statement.execute(arguments: [text, known.first, known.last, known.events, known.address])
        }
        devices.removeAll(keepingCapacity: true)
    }
}
