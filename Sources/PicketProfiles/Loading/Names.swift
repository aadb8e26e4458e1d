/// The names of profiles, behaviors and playbooks: they stand in records, paths of the API and topics of metrics, so
/// they are as narrow as AWS's.
enum Names {
    /// The name in `entry`, if it is one.
    static func read(_ entry: YAMLNode.Entry, _ what: String, _ collector: DiagnosticCollector) -> String? {
        guard let (name, place) = MappingReader.text(of: entry, collector) else { return nil }
        let bad = name.unicodeScalars.firstIndex { !isAllowed($0) }
        if name.isEmpty || bad != nil {
            let offset = bad.map { name.unicodeScalars.distance(from: name.unicodeScalars.startIndex, to: $0) }
            collector.report(
                .badName, at: offset.map { collector.place(place, part: $0..<$0 + 1, of: name) } ?? place,
                name.isEmpty ? "the name of a \(what) is empty" : "the name of a \(what) cannot hold this character",
                help: "letters, digits, `-`, `_` and `:`, as AWS has it", suggestion: suggestion(name))
            return nil
        }
        guard name.unicodeScalars.count <= ProfileLimits.nameLength else {
            collector.report(
                .badName, at: place, "the name of a \(what) has at most \(ProfileLimits.nameLength) characters")
            return nil
        }
        return name
    }

    /// `name` where it can stand in a command or an example as it is; else a stand-in.
    static func plain(_ name: String) -> String {
        !name.isEmpty && name.unicodeScalars.count <= 64 && name.unicodeScalars.allSatisfy(isAllowed) ? name : "NAME"
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ":", "_", "-": true
        default: false
        }
    }

    private static func suggestion(_ name: String) -> String? {
        let mended = String(String.UnicodeScalarView(name.unicodeScalars.map { isAllowed($0) ? $0 : "-" }))
        return mended.contains { $0 != "-" } ? mended : nil
    }
}
