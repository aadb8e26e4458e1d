/// The files of a folder: profiles, and outputs of AWS that belong to them.
struct AWSFolder {
    /// What belongs to the profiles.
    private(set) var export = AWSExport()
    /// The files that are, or should be, profiles.
    private(set) var profiles: [String] = []

    /// Looks into the JSON files among `files`; a single file stands for itself.
    init(_ files: [String]) {
        guard files.count > 1 else {
            profiles = files
            return
        }
        for file in files {
            if file.lowercased().hasSuffix(".json"),
                case .success(let text) = ProfileFiles.text(of: file, isFleet: true),
                let root = YAMLDocument.read(DiagnosticCollector(source: SourceText(file: file, text: text)))
            {
                if export.take(root, file: file) { continue }
                export.takeName(of: root)
            }
            profiles.append(file)
        }
    }
}

extension Fleet {
    /// Both together; `other` wins where they differ.
    package func merged(with other: Fleet) -> Fleet {
        var fleet = self
        fleet.groups.merge(other.groups) { _, new in new }
        fleet.devices.merge(other.devices) { _, new in new }
        fleet.protected += other.protected.filter { !fleet.protected.contains($0) }
        if other.identity != .strongest { fleet.identity = other.identity }
        return fleet
    }
}
