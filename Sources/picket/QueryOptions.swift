import ArgumentParser
import PicketEvents
import PicketLog
import PicketProfiles

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

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Only records that show the client certificate with this serial number: hexadecimal, colons allowed.",
            valueName: "serial"))
    var certificate: [String] = []

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
        try check()
        var query = LogQuery()
        let terms: [(IndexedKey, [String])] = [
            (.device, device), (.user, user), (.address, address), (.client, client), (.topic, topic), (.kind, kind),
            (.feed, feed), (.profile, profile), (.behavior, behavior), (.severity, severity),
            (.certificate, certificate),
        ]
        for (key, values) in terms { for value in values { query.add(key, value) } }
        query.from = try time(from)
        query.to = try time(to)
        if let from = query.from, let to = query.to, from >= to {
            throw ValidationError("--from is not before --to: no record can fit. Exchange them.")
        }
        return query
    }

    /// A word that no record can hold finds nothing, and finding nothing looks like an answer.
    private func check() throws {
        for kind in kind where EventKind(name: kind) == nil {
            let known = EventKind.allCases.map { "\($0.name)" }.joined(separator: ", ")
            throw ValidationError("Unknown kind '\(kind)'. Known: \(known).")
        }
        for level in severity where Severity.Level(rawValue: level) == nil {
            let known = Severity.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("Unknown severity '\(level)'. Known: \(known).")
        }
        for serial in certificate where CertificateSerial.normal(serial) == nil {
            throw ValidationError("'\(serial)' is no serial number. Write hexadecimal digits: 4A0F or 4a:0f.")
        }
    }

    private func time(_ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard let time = QueryTime.parse(text) else {
            throw ValidationError("'\(text)' is no time. Write 2026-11-18 or 2026-11-18T11:27:03Z.")
        }
        return time
    }
}
