import PicketEvents

/// Reads whom a behavior is evaluated for: `subject: user`, or `subject: { address: 24 }` for whole networks.
struct SubjectReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    /// The subject; the device when none is named; nil when it is wrong, which was then reported.
    func read(_ keys: inout MappingReader) -> (kind: SubjectKind, prefix: AddressPrefix?)? {
        guard let entry = keys.take("subject") else { return (.device, nil) }
        if entry.value.isMapping { return network(entry) }
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if let subject = SubjectKind(rawValue: text) { return (subject, nil) }
        let known = SubjectKind.allCases.map(\.rawValue)
        collector.report(
            .unknownSubject, at: place, "there is no kind of subject `\(text)`",
            help: "known are \(known.joined(separator: ", "))", suggestion: DidYouMean.closest(to: text, among: known))
        return nil
    }

    private func network(_ entry: YAMLNode.Entry) -> (kind: SubjectKind, prefix: AddressPrefix?)? {
        let form = "networks are `subject: { address: 24 }`, or `{ address: 24, ipv6: 56 }`"
        guard var keys = MappingReader(entry.value, "a subject", collector) else { return nil }
        let ipv4 = keys.need(["address"], help: form).flatMap { bits($0, most: 32) }
        let ipv6 = keys.take("ipv6").map { bits($0, most: 128) }
        keys.finish(help: form)
        guard let ipv4 else { return nil }
        guard let ipv6 else { return (.address, AddressPrefix(ipv4: ipv4)) }
        return ipv6.map { (.address, AddressPrefix(ipv4: ipv4, ipv6: $0)) }
    }

    private func bits(_ entry: YAMLNode.Entry, most: Int64) -> Int? {
        guard let number = entry.value.integer, (1...most).contains(number) else {
            collector.report(.numberRange, at: entry.value.place, "a network has 1 to \(most) bits")
            return nil
        }
        return Int(number)
    }
}
