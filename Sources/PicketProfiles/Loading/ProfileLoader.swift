import Foundation
import PicketEvents

/// Reads profile files. Every file is read to its end, whatever is wrong with it or with another, so that one run
/// tells all; whether to load what could be read is for the caller, who should not after an error.
package enum ProfileLoader {
    /// What a folder is searched for.
    static let extensions: Set<String> = ["yaml", "yml", "json"]

    /// Reads files, and the profile files that lie directly in folders (in the order of their names).
    ///
    /// - Parameter paths: files and folders; each file is read once.
    /// - Returns: the profiles without errors, in the order of their files, and everything there is to say, ordered by
    ///   file and place. Any diagnostic of severity error means that the set is not whole.
    package static func load(paths: [String]) -> (profiles: [SecurityProfile], diagnostics: [Diagnostic]) {
        let (profiles, _, diagnostics) = loadWithFleet(paths: paths)
        return (profiles, diagnostics)
    }

    /// Reads files and folders, and the things and groups of AWS that lie beside profiles.
    ///
    /// - Returns: as ``load(paths:)``, and the fleet that an export of AWS names; nil where there is none.
    package static func loadWithFleet(
        paths: [String]
    ) -> (profiles: [SecurityProfile], fleet: Fleet?, diagnostics: [Diagnostic]) {
        var fleet: Fleet?
        var profiles: [SecurityProfile] = []
        var diagnostics: [Diagnostic] = []
        var names: [String: SecurityProfile] = [:]
        var seen: Set<String> = []
        for path in paths {
            let (files, problem) = ProfileFiles.list(path)
            if let problem { diagnostics.append(problem) }
            let folder = AWSFolder(files)
            if let named = folder.export.fleet { fleet = fleet?.merged(with: named) ?? named }
            for file in folder.profiles where seen.insert(ProfileFiles.identity(file)).inserted {
                let (profile, found) = read(file: file, folder)
                diagnostics += found
                guard let profile else { continue }
                if let other = names[profile.name] {
                    diagnostics.append(
                        Diagnostic(
                            code: .duplicateName, file: file,
                            message: "a profile named `\(profile.name)` is in \(other.source) already",
                            help: "violations are told apart by the names of profiles"))
                    continue
                }
                names[profile.name] = profile
                profiles.append(profile)
            }
        }
        diagnostics += tooManyNetworks(profiles)
        return (profiles, fleet, diagnostics)
    }

    /// A behavior that there is no room for would be silent forever.
    static func tooManyNetworks(_ profiles: [SecurityProfile]) -> [Diagnostic] {
        var sizes: Set<AddressPrefix> = []
        for profile in profiles {
            for behavior in profile.behaviors where behavior.subject == .address {
                guard let prefix = behavior.prefix, sizes.insert(prefix).inserted else { continue }
                guard sizes.count > ProfileLimits.networkSizes else { continue }
                return [
                    Diagnostic(
                        code: .tooMany, file: profile.source,
                        message:
                            "`\(behavior.name)` is for networks of a size that there is no room for: the profiles name more than "
                            + "\(ProfileLimits.networkSizes)",
                        help: "use one of the sizes that other behaviors use")
                ]
            }
        }
        return []
    }

    /// Reads one profile from `text`.
    ///
    /// - Parameter file: the name to use in diagnostics.
    /// - Returns: the profile, unless there is an error in it; and everything there is to say, ordered by place.
    package static func parse(text: String, file: String) -> (profile: SecurityProfile?, diagnostics: [Diagnostic]) {
        parse(text: text, file: file, AWSFolder([]))
    }

    private static func parse(
        text: String, file: String, _ folder: AWSFolder
    ) -> (profile: SecurityProfile?, diagnostics: [Diagnostic]) {
        let collector = DiagnosticCollector(source: SourceText(file: file, text: text))
        var profile: SecurityProfile?
        if let root = YAMLDocument.read(collector) {
            let reader = ProfileReader(collector, folder: folder)
            profile = reader.read(root)
        }
        let diagnostics = collector.diagnostics.enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
        }.map(\.element)
        return (collector.hasErrors ? nil : profile, diagnostics)
    }

    private static func read(file: String, _ folder: AWSFolder) -> (
        profile: SecurityProfile?, diagnostics: [Diagnostic]
    ) {
        switch ProfileFiles.text(of: file) {
        case .success(let text): parse(text: text, file: file, folder)
        case .failure(let problem): (nil, [problem.diagnostic])
        }
    }
}
