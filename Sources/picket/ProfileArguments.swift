import ArgumentParser
import PicketProfiles
import PicketService

/// Loads the profiles that a command was given: all of them, or none.
enum ProfileArguments {
    /// - Throws: exit code 2 after saying everything that is wrong with them.
    static func load(_ paths: [String], _ output: OutputOptions) throws -> [SecurityProfile] {
        let (profiles, diagnostics) = ProfileLoader.load(paths: paths)
        let errors = diagnostics.filter { $0.severity == .error }
        if !errors.isEmpty {
            say(diagnostics, output)
            throw Failure.configuration
        }
        say(diagnostics.filter { $0.severity == .warning }, output)
        return profiles
    }

    /// The profiles with the fleet file that belongs to them: the one that is named, and what an export of AWS says.
    ///
    /// - Throws: exit code 2 after saying everything that is wrong with them.
    static func loadSet(_ paths: [String], fleet: String?, _ output: OutputOptions) throws -> ProfileSet {
        let (set, diagnostics) = ProfileSet.load(paths: paths, fleet: fleet)
        say(diagnostics.filter { $0.severity == .warning || set == nil }, output)
        guard let set else { throw Failure.configuration }
        return set
    }

    /// - Throws: exit code 2 after saying everything that is wrong with the fleet file.
    static func loadFleet(_ path: String, _ output: OutputOptions) throws -> Fleet {
        let (fleet, _, diagnostics) = FleetReader.load(path: path)
        say(diagnostics, output)
        guard let fleet else { throw Failure.configuration }
        return fleet
    }

    static func say(_ diagnostics: [Diagnostic], _ output: OutputOptions) {
        guard !diagnostics.isEmpty else { return }
        if output.output == .json {
            for diagnostic in diagnostics {
                StandardOutput.say(String(decoding: DiagnosticRenderer.json(diagnostic), as: UTF8.self))
            }
        } else {
            StandardOutput.say(DiagnosticRenderer(color: output.mayColor(2)).text(diagnostics))
        }
    }
}
