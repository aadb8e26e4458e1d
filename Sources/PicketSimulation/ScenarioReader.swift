import PicketEvents
package import PicketProfiles

/// Reads a scenario file: YAML with the fleet and what happens to it.
package enum ScenarioReader {
    /// Reads the scenario in `text`.
    ///
    /// - Parameter file: the name to use in diagnostics.
    /// - Returns: the scenario, unless there is an error in it; and everything there is to say.
    package static func parse(text: String, file: String) -> (scenario: Scenario?, diagnostics: [Diagnostic]) {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        var scenario: Scenario?
        if let root = YAMLDocument.read(collector), let keys = MappingReader(root, "a scenario", collector) {
            scenario = read(keys, collector)
        }
        return (collector.hasErrors ? nil : scenario, collector.diagnostics)
    }

    private static func read(_ reader: MappingReader, _ collector: DiagnosticCollector) -> Scenario {
        var keys = reader
        var scenario = Scenario()
        if let (text, place) = keys.text(["start"]) {
            if let time = Timestamp.parse(text) {
                scenario.start = time
            } else {
                collector.report(.unknownValue, at: place, "`\(text)` is no time", help: "as in 2026-11-30T00:00:00Z")
            }
        }
        if let time = duration(&keys, "for", collector, most: Scenario.longest) { scenario.duration = time }
        if let seed = number(&keys, "seed", 0...Int64.max, collector) { scenario.seed = UInt64(seed) }
        if let entry = keys.need(["devices"], help: "as in `devices: { sensor: 40, camera: 10 }`") {
            scenario.fleet = fleet(entry, collector)
        }
        if let entry = keys.take("incidents") {
            for item in entry.value.items {
                if let read = incident(item, scenario, collector) { scenario.entries.append(read) }
            }
            if scenario.entries.count > Scenario.mostEntries {
                collector.report(
                    .tooMany, at: entry.keyPlace, "there are more than \(Scenario.mostEntries) incidents",
                    help: "write several scenarios")
            }
        }
        keys.finish()
        return scenario
    }

    private static func fleet(
        _ entry: YAMLNode.Entry, _ collector: DiagnosticCollector
    ) -> [(type: DeviceType, count: Int)] {
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.place, "`devices` is a mapping of types, not \(entry.value.kindText)",
                help: "as in `devices: { sensor: 40, camera: 10 }`")
            return []
        }
        var fleet: [(type: DeviceType, count: Int)] = []
        for entry in entries {
            if let read = type(entry, collector) { fleet.append(read) }
        }
        if fleet.reduce(0, { $0 + $1.count }) > Scenario.mostDevices {
            collector.report(.tooMany, at: entry.keyPlace, "there are more than \(Scenario.mostDevices) devices")
        }
        return fleet
    }

    /// `sensor: 40`, or `boiler: { count: 3, every: 30s, bytes: 120, jitter: 10, topic: "heat/{device}" }`.
    private static func type(
        _ entry: YAMLNode.Entry, _ collector: DiagnosticCollector
    ) -> (type: DeviceType, count: Int)? {
        var type =
            DeviceType.known.first { $0.name == entry.key }
            ?? DeviceType(name: entry.key, everyMilliseconds: 10_000, bytes: 80, topic: "\(entry.key)/{device}")
        if let text = entry.value.text {
            if let count = Int(text), (0...Scenario.mostDevices).contains(count) { return (type, count) }
            collector.report(
                .unknownValue, at: entry.value.place, "`\(text)` is no number of devices",
                help: "from 0 to \(Scenario.mostDevices)")
            return nil
        }
        guard var keys = MappingReader(entry.value, "a type of device", collector) else { return nil }
        let most = Int64(Scenario.mostDevices)
        let count = number(&keys, "count", 0...most, collector) ?? 1
        if let every = duration(&keys, "every", collector, most: Scenario.longest) { type.everyMilliseconds = every }
        // An MQTT packet has no more (MQTT 5, section 1.5.5).
        if let bytes = number(&keys, "bytes", 1...268_435_455, collector) { type.bytes = bytes }
        if let jitter = number(&keys, "jitter", 0...100, collector) { type.jitterPercent = jitter }
        if let keepalive = number(&keys, "keepalive", 0...65_535, collector) { type.keepaliveSeconds = keepalive }
        if let (topic, _) = keys.text(["topic"]) { type.topic = topic }
        keys.finish()
        return (type, Int(count))
    }

    private static func incident(
        _ node: YAMLNode, _ scenario: Scenario, _ collector: DiagnosticCollector
    ) -> Scenario.Entry? {
        guard var keys = MappingReader(node, "an incident", collector),
            let kind = keys.need(["kind"], help: "known are \(incidentNames.joined(separator: ", "))")
        else { return nil }
        guard let (text, place) = MappingReader.text(of: kind, collector) else { return nil }
        guard let incident = Scenario.Incident(text) else {
            collector.report(
                .unknownValue, at: place, "nobody knows the incident `\(text)`",
                help: "known are \(incidentNames.joined(separator: ", "))",
                suggestion: DidYouMean.closest(to: text, among: incidentNames))
            return nil
        }
        var entry = Scenario.Entry(incident)
        if let (device, place) = keys.text(["device"]) {
            entry.device = device
            if !Simulation.isDevice(device, of: scenario) {
                collector.report(
                    .unknownValue, at: place, "the fleet has no device `\(device)`",
                    help: "devices are called like `sensor-000001`")
            }
        }
        entry.at = duration(&keys, "at", collector, most: Scenario.longest)
        entry.duration = duration(&keys, "for", collector, most: Scenario.longest)
        entry.divisor = number(&keys, "divisor", 1...Scenario.mostDivisor, collector) ?? 1
        keys.finish()
        return entry
    }

    /// The names of everything that can happen.
    package static let incidentNames =
        Scenario.Attack.allCases.map(\.rawValue) + Scenario.Nuisance.allCases.map(\.rawValue)

    /// Milliseconds.
    private static func duration(
        _ keys: inout MappingReader, _ key: String, _ collector: DiagnosticCollector, most: Int64
    ) -> Int64? {
        guard let (text, place) = keys.text([key]) else { return nil }
        if let seconds = Quantity.seconds(in: text), Int64(seconds) * 1_000 <= most { return Int64(seconds) * 1_000 }
        collector.report(
            .duration, at: place, "`\(text)` is no duration that fits here", help: "as in 90s, 10m, 24h or 7d")
        return nil
    }

    private static func number(
        _ keys: inout MappingReader, _ key: String, _ range: ClosedRange<Int64>, _ collector: DiagnosticCollector
    ) -> Int64? {
        guard let (text, place) = keys.text([key]) else { return nil }
        if let number = Int64(text), range.contains(number) { return number }
        collector.report(
            .unknownValue, at: place, "`\(key)` is a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }
}
