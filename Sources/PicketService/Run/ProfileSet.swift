import Crypto
package import Foundation
import PicketEvents
import PicketLog
package import PicketProfiles

/// The profiles in force, with the text they came from: the log names them by hash and keeps a copy, so that a replay
/// of last year uses last year's profiles.
package struct ProfileSet: Sendable {
    /// One file as it was read.
    private struct Source: Codable {
        var file: String
        var text: String
        /// `fleet` for the fleet file; absent for a profile.
        var role: String?
    }

    private static let fleetRole = "fleet"

    /// The largest copy that is kept, and read: profiles of a thousand behaviors and a fleet of a hundred thousand devices
    /// are a quarter of it. Whoever can write into a log folder must not decide how much memory its readers need.
    package static let copyBytes = 32 << 20

    package let profiles: [SecurityProfile]
    /// Which devices there are.
    package let fleet: Fleet
    /// SHA-256 of ``copy``, in hexadecimal.
    package let sha256: String
    /// What is kept in the log folder: a JSON list of `{"file", "text"}`; the fleet file has a `"role"` besides.
    package let copy: Data

    /// Loads the profiles in `paths` and the fleet file at `fleet`: all of them, or none.
    ///
    /// - Returns: the set, unless there is an error in any file; and everything there is to say.
    package static func load(
        paths: [String], fleet fleetPath: String? = nil
    ) -> (set: ProfileSet?, diagnostics: [Diagnostic]) {
        let (profiles, named, found) = ProfileLoader.loadWithFleet(paths: paths)
        var diagnostics = found
        var fleet = named ?? .none
        var fleetSource: Source?
        if let fleetPath {
            let (read, text, problems) = FleetReader.load(path: fleetPath)
            diagnostics += problems
            fleet = fleet.merged(with: read ?? .none)
            fleetSource = Source(
                file: fleetPath, text: named == nil ? text : FleetWriter.yaml(fleet), role: fleetRole)
        } else if named != nil {
            fleetSource = Source(file: "aws-export.yaml", text: FleetWriter.yaml(fleet), role: fleetRole)
        } else {
            diagnostics += profiles.compactMap(ProfileSet.missingFleet)
        }
        // An export of AWS says itself what it lacks.
        if fleetPath != nil { diagnostics += TargetCheck.diagnostics(profiles, fleet) }
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return (nil, diagnostics) }
        var sources: [Source] = []
        for profile in profiles {
            // Read again, and compared: a file that changed in between is an error, not a wrong copy.
            // A profile of AWS takes parts from other files; written in our form it is whole.
            let own = FileManager.default.contents(atPath: profile.source).map { String(decoding: $0, as: UTF8.self) }
            let texts = [own, own == nil ? nil : ProfileWriter.yaml(profile)].compactMap { $0 }
            guard
                let text = texts.first(where: {
                    ProfileLoader.parse(text: $0, file: profile.source).profile == profile
                })
            else {
                let problem = Diagnostic(
                    code: .unreadable, file: profile.source, message: "the file changed while it was read",
                    help: "try again")
                return (nil, diagnostics + [problem])
            }
            sources.append(Source(file: profile.source, text: text))
        }
        if let fleetSource { sources.append(fleetSource) }
        guard let copy = try? encoder.encode(sources) else { return (nil, diagnostics) }
        guard copy.count <= copyBytes else {
            let problem = Diagnostic(
                code: .fileTooLarge, file: fleetPath ?? paths.first ?? "",
                message: "the profiles and the fleet file together are larger than \(copyBytes >> 20) MB",
                help: "the log keeps a copy of them; a pattern says of many devices at once what a list says of each")
            return (nil, diagnostics + [problem])
        }
        return (ProfileSet(profiles: profiles, fleet: fleet, copy: copy), diagnostics)
    }

    /// What to say of a profile whose targets nobody can tell.
    private static func missingFleet(_ profile: SecurityProfile) -> Diagnostic? {
        guard profile.targets.contains(where: \.needsGroups) else { return nil }
        return Diagnostic(
            code: .needsFleet, severity: .warning, file: profile.source,
            message:
                "the targets of `\(profile.name)` are told by a fleet file, and there is none: it may be for nothing",
            help: "name one with `fleet:` in the configuration, or with --fleet")
    }

    /// The set that `copy` holds; nil when it cannot be read.
    package init?(copy: Data) {
        guard let sources = try? JSONDecoder().decode([Source].self, from: copy) else { return nil }
        let fleets = sources.filter { $0.role == ProfileSet.fleetRole }
        let profiles = sources.filter { $0.role == nil }
            .compactMap { ProfileLoader.parse(text: $0.text, file: $0.file).profile }
        guard profiles.count + fleets.count == sources.count, fleets.count <= 1 else { return nil }
        var fleet = Fleet.none
        if let source = fleets.first {
            guard let read = FleetReader.parse(text: source.text, file: source.file).fleet else { return nil }
            fleet = read
        }
        self.init(profiles: profiles, fleet: fleet, copy: copy)
    }

    private init(profiles: [SecurityProfile], fleet: Fleet, copy: Data) {
        self.profiles = profiles
        self.fleet = fleet
        self.copy = copy
        sha256 = Hex.string(SHA256.hash(data: copy))
    }

    /// No profile at all.
    package static let none = ProfileSet(profiles: [], fleet: .none, copy: Data("[]".utf8))

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    // MARK: The copy in the log folder

    /// The file that holds the copy with `sha256`.
    private static func path(_ sha256: String, logFolder: String) -> String { "\(logFolder)/profiles/\(sha256).json" }

    /// Keeps the copy in the log folder, durably: the record that names it comes after it.
    ///
    /// - Throws: `LogError` when it cannot be written.
    package func keep(logFolder: String) throws {
        let path = ProfileSet.path(sha256, logFolder: logFolder)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        guard copy.count <= ProfileSet.copyBytes else {
            throw LogError(
                .invalidOption, path: path,
                problem: "the profiles and the fleet file together have \(copy.count) bytes; a log keeps copies of at "
                    + "most \(ProfileSet.copyBytes)",
                advice: "Shorten them; patterns say of many devices at once what a list says of each")
        }
        let files = RealFileSystem()
        try files.makeFolder("\(logFolder)/profiles")
        try files.syncFolder(logFolder)
        try files.replaceFile(path, in: "\(logFolder)/profiles", with: Array(copy))
    }

    /// The set with `sha256`, from the log folder; nil when it is not there, is larger than ``copyBytes``, or is not what its
    /// name says.
    package static func kept(_ sha256: String, logFolder: String) -> ProfileSet? {
        let path = path(sha256, logFolder: logFolder)
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd(), size <= copyBytes,
            (try? file.seek(toOffset: 0)) != nil, let copy = try? file.read(upToCount: copyBytes + 1),
            copy.count <= copyBytes,
            sha256 == Hex.string(SHA256.hash(data: copy)), let set = ProfileSet(copy: copy)
        else { return nil }
        return set
    }
}
