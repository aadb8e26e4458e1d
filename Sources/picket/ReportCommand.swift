import ArgumentParser
import Foundation
import PicketLog
import PicketProfiles
import PicketReports
import PicketService

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes what a log contributes as evidence to the requirements of a standard.",
        discussion: discussion + "\n\nThe options are those of `picket report write`: picket report write --help",
        subcommands: [ReportWriteCommand.self, ReportCheckCommand.self], defaultSubcommand: ReportWriteCommand.self)

    static let discussion = """
        The log is verified first; of one that is not sound there is no report. The name of the file says what is \
        written: .html for people (it prints well), .json for programs, .csv for the register of controls, \
        .violations.csv, and .incidents.json with the times that reports to authorities are counted from.

        Examples:
          picket report --log picket-data --framework etsi-en-303-645 --to-file report.html
          picket report --log picket-data --framework iec-62443-3-3 --from 2026-10-01 --to 2026-11-01 \\
              --to-file october.json --to-file october.html

        Exit code 1: the log was tampered with. 2: it is incomplete, or the framework is wrong. 3: it cannot be read.
        """

    /// Where frameworks are looked for: below the folder one works in, and below those that this program lies in.
    static var folders: [String] {
        var folders = ["profiles/compliance"]
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            folders.append(folder.path + "/profiles/compliance")
            folders.append(folder.path + "/share/picket/compliance")
            folder.deleteLastPathComponent()
        }
        return folders.filter { FileManager.default.fileExists(atPath: $0) }
    }
}

struct ReportWriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write",
        abstract: "Writes a report. This is what `picket report` does without a further word.",
        discussion: ReportCommand.discussion)

    @Option(help: ArgumentHelp("The log folder, or the data folder of picket run.", valueName: "folder"))
    var log = "picket-data"

    @Option(help: ArgumentHelp("A standard of profiles/compliance, or the path of a file.", valueName: "name"))
    var framework: String

    @Option(
        help: ArgumentHelp("The first time (RFC 3339, or a day in UTC); without it the log's first.", valueName: "time")
    )
    var from: String?

    @Option(help: ArgumentHelp("The time before which records count; without it the log's end.", valueName: "time"))
    var to: String?

    @Option(parsing: .singleValue, help: ArgumentHelp("Where to write; may be repeated.", valueName: "file"))
    var toFile: [String]

    @Option(
        name: .customLong("key"), parsing: .singleValue,
        help: ArgumentHelp("A public key of the log that you have from somebody you trust.", valueName: "vkey"))
    var keys: [String] = []

    mutating func run() async throws {
        let (loaded, diagnostics) = FrameworkReader.read(framework, folders: ReportCommand.folders)
        if !diagnostics.isEmpty { StandardOutput.say(DiagnosticRenderer().text(diagnostics)) }
        guard let loaded else { throw Failure.configuration }
        for file in toFile {
            guard ReportFile(file) != nil else {
                throw ValidationError("'\(file)' does not say what to write. Known endings: \(ReportFile.endings).")
            }
            // Before a log of a year is read, and not after.
            if let problem = ReportFile.problem(file) {
                StandardOutput.say("picket: \(problem)")
                throw Failure.unreachable
            }
        }
        let place = LogPlace(log)
        let folder = place.folder
        var request = ReportRequest(folder: folder, framework: loaded, version: Daemon.version) { sha256 in
            ProfileSet.kept(sha256, logFolder: folder).map {
                ReportRequest.Kept(profiles: $0.profiles, devices: Set($0.fleet.devices.keys))
            }
        }
        request.from = try from.map { try time($0, "--from") }
        request.to = try to.map { try time($0, "--to") }
        request.trusted = try keys.map { text in
            guard let key = NoteKey(text) else {
                throw ValidationError("'\(text)' is no key. A key is NAME+ID+KEY, as picket log keys show prints it.")
            }
            return key
        }
        do {
            // The end of the log is fixed before the reading of it becomes a record.
            if request.to == nil { request.to = try LogExtent.times(folder: folder).map { $0.last + 1 } }
            Access.record(.report, ["framework=\(loaded.id)"], in: place)
            let lanes = ProcessInfo.processInfo.activeProcessorCount
            let report = try ReportBuilder(request, lanes: lanes).build { StandardOutput.say("picket: \($0)") }
            for file in toFile {
                guard let bytes = ReportFile(file)?.bytes(of: report) else { continue }
                try Data(bytes).write(to: URL(fileURLWithPath: file), options: .atomic)
                StandardOutput.say("picket: \(file) (report \(report.id))")
            }
        } catch let refusal as ReportRefusal {
            StandardOutput.say("picket: \(refusal)")
            if case .notSound(let verified) = refusal { throw ExitCode(max(verified.verdict.rawValue, 1)) }
            throw Failure.unreachable
        } catch let error as CocoaError {
            StandardOutput.say("picket: \(error.localizedDescription)")
            throw Failure.unreachable
        } catch {
            throw Failure.reported(error)
        }
    }

    private func time(_ text: String, _ option: String) throws -> Int64 {
        guard let time = QueryTime.parse(text) else {
            throw ValidationError(
                "\(option) takes a time like 2026-11-18T11:27:03Z or a day like 2026-11-18, not '\(text)'.")
        }
        return time
    }
}

/// What a file is to hold, as its name says.
enum ReportFile {
    case html, json, controls, violations, incidents

    static let endings = ".html, .json, .csv, .violations.csv, .incidents.json"

    init?(_ path: String) {
        let name = path.lowercased()
        if name.hasSuffix("incidents.json") {
            self = .incidents
        } else if name.hasSuffix("violations.csv") {
            self = .violations
        } else if name.hasSuffix(".html") {
            self = .html
        } else if name.hasSuffix(".json") {
            self = .json
        } else if name.hasSuffix(".csv") {
            self = .controls
        } else {
            return nil
        }
    }

    /// Why nothing can be written to `path`; nil when it can. A folder that is not there is made.
    static func problem(_ path: String) -> String? {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            return "the folder \(folder) is not there and cannot be made: \(error.localizedDescription)"
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            return "\(path) is a folder; name a file"
        }
        return FileManager.default.isWritableFile(atPath: folder) ? nil : "the folder \(folder) cannot be written to"
    }

    func bytes(of report: Report) -> [UInt8] {
        switch self {
        case .html: ReportHTML(report).bytes
        case .json: report.json.pretty
        case .controls: ReportCSV(report).controls
        case .violations: ReportCSV(report).violations
        case .incidents: IncidentExport(report).json.pretty
        }
    }
}
