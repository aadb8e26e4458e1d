import PicketEvents

/// Reads a fleet file (DESIGN §8): YAML, or CSV with a line for each device.
package enum FleetReader {
    /// Reads the fleet in `text`.
    ///
    /// - Parameter file: the name to use in diagnostics; one that ends in `.csv` is read as CSV.
    /// - Returns: the fleet, unless there is an error in it; and everything there is to say, ordered by place.
    package static func parse(text: String, file: String) -> (fleet: Fleet?, diagnostics: [Diagnostic]) {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        var fleet: Fleet?
        if file.lowercased().hasSuffix(".csv") {
            fleet = FleetTable(collector).read(text)
        } else if let root = YAMLDocument.read(collector), let keys = MappingReader(root, "a fleet file", collector) {
            fleet = read(keys, collector)
        }
        let diagnostics = collector.diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return (collector.hasErrors ? nil : fleet, diagnostics)
    }

    /// Reads the fleet file at `path`.
    package static func load(path: String) -> (fleet: Fleet?, text: String, diagnostics: [Diagnostic]) {
        switch ProfileFiles.text(of: path, isFleet: true) {
        case .success(let text):
            let (fleet, diagnostics) = parse(text: text, file: path)
            return (fleet, text, diagnostics)
        case .failure(let problem): return (nil, "", [problem.diagnostic])
        }
    }

    static func read(_ reader: MappingReader, _ collector: DiagnosticCollector) -> Fleet {
        var keys = reader
        var fleet = Fleet()
        if let entry = keys.take("identity"), let rule = identity(entry, collector) { fleet.identity = rule }
        var places: [String: Place] = [:]
        for (name, entry) in entries(keys.take("groups"), collector) {
            fleet.groups[name] = group(entry, collector)
            places[name] = entry.keyPlace
        }
        for (name, entry) in entries(keys.take("devices"), collector) {
            checkName(name, entry.keyPlace, collector)
            fleet.devices[name] = device(entry, fleet.groups, collector)
        }
        if let entry = keys.take("protected") { fleet.protected = texts(entry, collector) }
        keys.finish(help: "known are identity, groups, devices, protected")
        checkParents(fleet, places, collector)
        return fleet
    }

    private static func entries(
        _ entry: YAMLNode.Entry?, _ collector: DiagnosticCollector
    ) -> [(name: String, entry: YAMLNode.Entry)] {
        guard let entry, !entry.value.isNull else { return [] }
        guard case .mapping(let entries) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.place, "`\(entry.key)` is a mapping of names, not \(entry.value.kindText)")
            return []
        }
        return entries.map { ($0.key, $0) }
    }

    private static func identity(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> Fleet.IdentityRule? {
        if case .mapping = entry.value.content, var keys = MappingReader(entry.value, "`identity`", collector) {
            let topic = keys.text(["topic"])
            keys.finish()
            guard let topic, namesDevice(topic.text) else {
                collector.report(
                    .unknownValue, at: topic?.place ?? entry.keyPlace,
                    "one level of the topic holds `{device}`, and `#` is the last one",
                    help: "as in `identity: { topic: \"telemetry/{device}/#\" }`")
                return nil
            }
            return .topic(topic.text)
        }
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        let known: [String: Fleet.IdentityRule] = ["certificate": .certificate, "user": .user, "client-id": .clientID]
        if let rule = known[text] { return rule }
        collector.report(
            .unknownValue, at: place, "identity cannot be established by `\(text)`",
            help: "known are certificate, user, client-id and `{ topic: \"telemetry/{device}/#\" }`",
            suggestion: DidYouMean.closest(to: text, among: known.keys.sorted()))
        return nil
    }

    /// Whether one level of a topic filter names the device.
    private static func namesDevice(_ topic: String) -> Bool {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        let pieces = levels.map { $0.split(separator: "{device}", omittingEmptySubsequences: false).count - 1 }
        return pieces.reduce(0, +) == 1 && !levels.dropLast().contains("#")
    }

    private static func group(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> Fleet.Group {
        var group = Fleet.Group()
        guard !entry.value.isNull, var keys = MappingReader(entry.value, "a group", collector) else { return group }
        group.type = keys.text(["type"])?.text
        group.parent = keys.text(["group", "in"])?.text
        for (name, entry) in entries(keys.take("topics"), collector) {
            if !["telemetry", "actuation"].contains(name) {
                collector.report(
                    .unknownKey, at: entry.keyPlace, "there is no class of topics `\(name)`",
                    help: "known are telemetry and actuation")
            }
            group.topics[name] = texts(entry, collector)
        }
        keys.finish(help: "known are type, group (that holds it), topics")
        return group
    }

    private static func device(
        _ entry: YAMLNode.Entry, _ groups: [String: Fleet.Group], _ collector: DiagnosticCollector
    ) -> Fleet.Device {
        var device = Fleet.Device()
        guard !entry.value.isNull, var keys = MappingReader(entry.value, "a device", collector) else { return device }
        if let entry = keys.take(["group", "groups"]) {
            device.groups = texts(entry, collector)
            for (name, item) in zip(device.groups, entry.value.items) where groups[name] == nil {
                collector.report(
                    .unknownValue, at: item.place, "there is no group `\(name)` in this file",
                    suggestion: DidYouMean.closest(to: name, among: groups.keys.sorted()))
            }
        }
        device.type = keys.text(["type"])?.text
        device.user = keys.text(["user"])?.text
        if let entry = keys.take(["certificate", "certificates"]) {
            device.certificates = texts(entry, collector).map { serial($0) }
            for (text, item) in zip(device.certificates, entry.value.items) {
                checkSerial(text, item.place, collector)
            }
        }
        for (name, entry) in entries(keys.take("attributes"), collector) {
            if let (text, _) = MappingReader.text(of: entry, collector) { device.attributes[name] = text }
        }
        keys.finish(help: "known are group, type, certificate, user, attributes")
        return device
    }

    static func checkSerial(_ text: String, _ place: Place, _ collector: DiagnosticCollector) {
        guard text.isEmpty || !text.allSatisfy(\.isHexDigit) else { return }
        collector.report(
            .wrongType, at: place, "a certificate is named by its serial number in hexadecimal",
            help: "`openssl x509 -serial -noout -in FILE` prints it; keep it in quotes")
    }

    /// A serial number as it is compared with those of sessions; what is none stays as it is, for the message.
    static func serial(_ text: String) -> String { CertificateSerial.normal(text) ?? text }

    private static func texts(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> [String] {
        entry.value.items.compactMap { item in
            if let text = item.text { return text }
            collector.report(
                .wrongType, at: item.isNull ? entry.keyPlace : item.place,
                "`\(entry.key)` is a list of texts, not of \(item.kindText)")
            return nil
        }
    }

    static func checkName(_ name: String, _ place: Place, _ collector: DiagnosticCollector) {
        guard name.isEmpty || name.utf8.count > ProfileLimits.placeholderBytes else { return }
        collector.report(
            .badName, at: place, "the name of a device has 1 to \(ProfileLimits.placeholderBytes) bytes")
    }

    /// Groups that hold each other hold nothing.
    private static func checkParents(_ fleet: Fleet, _ places: [String: Place], _ collector: DiagnosticCollector) {
        for (name, group) in fleet.groups.sorted(by: { $0.key < $1.key }) {
            guard let parent = group.parent else { continue }
            if fleet.groups[parent] == nil {
                collector.report(
                    .unknownValue, at: places[name], "the group `\(name)` is in `\(parent)`, which is not in this file",
                    suggestion: DidYouMean.closest(to: parent, among: fleet.groups.keys.sorted()))
            }
            var seen: Set<String> = [name]
            var next: String? = parent
            while let above = next {
                guard seen.insert(above).inserted else {
                    collector.report(
                        .conflict, at: places[name], "the group `\(name)` holds itself, through `\(parent)`")
                    break
                }
                next = fleet.groups[above]?.parent
            }
        }
    }
}
