import PicketEvents

/// What is remembered of the connections of clients, to bring their events into order.
struct LifecycleClients: Sendable {
    /// What two deliveries of one event have in common.
    struct Key: Hashable, Sendable {
        var version: Int64
        var isConnect: Bool
        var session: String
    }

    fileprivate struct Client {
        var address: String?
        /// The newest connection, by its version.
        var version: Int64 = -1
        /// The earliest time that an event of it had.
        var since: Int64 = 0
        /// The latest time of any event.
        var latest: Int64 = 0
        /// The events of the newest connections.
        var seen: [Key] = []
    }

    private var clients: RecentValues<Client>

    /// Events remembered of one client, to notice that they come again: those of eight connections.
    private static let remembered = 16
    /// AWS's times are good to two minutes; a version that begins anew comes after about an hour.
    private static let clockError: Int64 = 10 * 60_000

    init(limit: Int = Limits.rememberedValues) { clients = RecentValues(limit: limit) }

    mutating func connect(_ name: String, address: String?) {
        var client = clients[name] ?? Client()
        client.address = address
        clients[name] = client
    }

    func address(of client: String) -> String? { clients[client]?.address }

    /// The time that an event of `client` is to have; nil when it came before. An event of the log has the time already that
    /// it was given, and gets it again.
    @discardableResult
    mutating func place(_ name: String, _ key: Key, at time: Int64) -> Int64? {
        var client = clients[name] ?? Client()
        guard !client.seen.contains(key) else { return nil }
        var placed = time
        if key.version < client.version, time > client.latest + LifecycleClients.clockError {
            // The versions of this client have begun anew.
            client.seen = []
            client.version = key.version
            client.since = time
        } else if key.version > client.version {
            client.version = key.version
            client.since = time
        } else if key.version == client.version {
            // Both events of one connection: it begins before it ends.
            placed = key.isConnect ? min(time, client.since) : max(time, client.since)
            client.since = min(client.since, placed)
        } else {
            placed = min(time, client.since - 1)
        }
        client.latest = max(client.latest, time)
        client.seen.append(key)
        if client.seen.count > LifecycleClients.remembered { client.seen.removeFirst() }
        clients[name] = client
        return placed
    }
}

extension LifecycleClients: StateCoded {
    mutating func code(_ coder: inout StateCoder) throws { try coder.field("clients", &clients) }
}

extension LifecycleClients.Client: StateElement {
    static var blank: LifecycleClients.Client { LifecycleClients.Client() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("address", &address)
        try coder.field("version", &version)
        try coder.field("since", &since)
        try coder.field("latest", &latest)
        try coder.field("seen", &seen)
    }
}

extension LifecycleClients.Key: StateElement {
    static var blank: LifecycleClients.Key { LifecycleClients.Key(version: 0, isConnect: false, session: "") }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("version", &version)
        try coder.field("isConnect", &isConnect)
        try coder.field("session", &session)
    }
}
