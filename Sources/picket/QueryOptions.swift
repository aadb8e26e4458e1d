import ArgumentParser
import PicketLog

/// Which records a command is about. Values of one option are alternatives; all options must fit.
struct QueryOptions: ParsableArguments {
    @Option(parsing: .singleValue, help: "Only records of this device; may be repeated, as all of these.")
    var device: [String] = []

    @Option(parsing: .singleValue, help: "Only records of this user.")
    var user: [String] = []

    @Option(parsing: .singleValue, help: "Only records of this network address.")
    var address: [String] = []

    @Option(parsing: .singleValue, help: "Only records of this client id.")
    var client: [String] = []

    @Option(parsing: .singleValue, help: "Only records of this topic.")
    var topic: [String] = []

    @Option(parsing: .singleValue, help: "Only records of this kind: connect, publish, violation, log and so on.")
    var kind: [String] = []

    @Option(parsing: .singleValue, help: "Only records of this feed; Picket's own are of the feed picket.")
    var feed: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this profile.")
    var profile: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this behavior.")
    var behavior: [String] = []

    @Option(parsing: .singleValue, help: "Only violations of this severity.")
    var severity: [String] = []

    @Option(help: ArgumentHelp("Only records received from then on: 2026-11-18 or RFC 3339.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Only records received before then.", valueName: "time"))
    var to: String?

    func query() throws -> LogQuery {
        var query = LogQuery()
        let terms: [(IndexedKey, [String])] = [
            (.device, device), (.user, user), (.address, address), (.client, client), (.topic, topic), (.kind, kind),
            (.feed, feed), (.profile, profile), (.behavior, behavior), (.severity, severity),
        ]
        for (key, values) in terms { for value in values { query.add(key, value) } }
        query.from = try time(from)
        query.to = try time(to)
        return query
    }

    private func time(_ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard let time = QueryTime.parse(text) else {
            throw ValidationError("'\(text)' is no time. Write 2026-11-18 or 2026-11-18T11:27:03Z.")
        }
        return time
    }
}
