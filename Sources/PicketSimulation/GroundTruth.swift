import PicketEvents

/// What really happened, for those who want to know what was found of it.
package struct GroundTruth: Sendable, Equatable {
    package var incident: Scenario.Incident
    /// Whom it befell; nil for all.
    package var device: String?
    /// Where the attacker came from, if not from the device.
    package var address: String?
    /// The certificate that was used, where that is what gives it away.
    package var certificate: String?
    /// Where it is a topic, or the feed itself, that gives it away.
    package var topic: String?
    package var feed: String?
    package var from: Int64
    package var to: Int64
    package var divisor: Int64

    /// One line of JSON, without a newline.
    package var json: [UInt8] {
        var line = RecordLine()
        if case .attack = incident { line.add("truth", "attack") } else { line.add("truth", "nuisance") }
        line.add("kind", incident.name)
        if let device { line.add("device", device) }
        if let address { line.add("address", address) }
        if let certificate { line.add("certificate", certificate) }
        if let topic { line.add("topic", topic) }
        if let feed { line.add("feed", feed) }
        line.add("from", time: from)
        line.add("to", time: to)
        if divisor != 1 { line.add("divisor", divisor) }
        return line.finish()
    }
}
