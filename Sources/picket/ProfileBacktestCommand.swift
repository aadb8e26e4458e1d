import ArgumentParser
import Foundation
import PicketLog
import PicketProfiles
import PicketService

struct ProfileBacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Says what other profiles would have said of a log, and which limits would have been better.",
        discussion: """
            The log is read with both sets of profiles, by the engine that picket run uses. What would fire, what would not \
            any more and what stays is told by behavior and by subject. Each limit of the new profiles is tried narrower \
            and wider too, and one is suggested.

            Whether an alarm is right is known from --truth, a file as picket simulate writes it; else from what people said \
            of violations in the log with picket violations verify. Where nobody said anything, each alarm counts as false.

            A log folder, or the data folder of picket run, in the place of profiles stands for those in force there.

            Examples:
              picket profile backtest old/ new/ --log picket-data
              picket profile backtest picket-data new.yaml --log picket-data --from 2026-11-01 --to-file backtest.html
              picket profile backtest profiles/ profiles/ --log simulated-log --truth truth.ndjson --output json
            """)

    @Argument(help: ArgumentHelp("Profiles: a file, a folder of them, or a log.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("What they are compared with.", valueName: "new"))
    var new: String

    @Option(help: ArgumentHelp("The log folder, or the data folder of picket run.", valueName: "folder"))
    var log: String

    @Option(help: ArgumentHelp("The fleet file; without it the one that the log names.", valueName: "file"))
    var fleet: String?

    @Option(help: ArgumentHelp("What really happened: a line of JSON for each incident.", valueName: "file"))
    var truth: String?

    @Option(help: ArgumentHelp("Only alarms from this time on (RFC 3339, or a day in UTC).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Only alarms before this time.", valueName: "time"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "False alarms for each device and week that can be borne; limits are suggested by it where no attack is known.",
            valueName: "number"))
    var budget = 0.01

    @Option(
        parsing: .singleValue, help: ArgumentHelp("Also write the result there: .html or .json.", valueName: "file"))
    var toFile: [String] = []

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        for file in toFile where !file.hasSuffix(".html") && !file.hasSuffix(".json") {
            throw ValidationError("'\(file)' does not say what to write. Known endings: .html, .json.")
        }
        guard budget.isFinite, (0...1_000_000).contains(budget) else {
            throw ValidationError("--budget is a number of alarms from 0 to 1000000.")
        }
        let place = LogPlace(log)
        do {
            Access.record(.query, ["backtest"], in: place)
            var backtest = Backtest(folder: place.folder, old: try profiles(old), new: try profiles(new))
            backtest.fleet = try knownFleet(place.folder)
            backtest.selection = try ReplaySelectionText.selection(from: from, to: to)
            backtest.truth = try truth.map { try BacktestTruth.read($0) }
            backtest.budgetThousandths = Int64((budget * 1_000).rounded())
            let bar = ProgressBar("reading")
            backtest.progress = { bar.update($0) }
            defer { bar.finish() }
            let result = try backtest.run()
            bar.finish()
            try write(result)
        } catch let problem as BacktestTruth.Problem {
            StandardOutput.say("picket: \(problem)")
            throw Failure.configuration
        } catch let error as CocoaError {
            StandardOutput.say("picket: \(error.localizedDescription)")
            throw Failure.unreachable
        } catch {
            throw Failure.reported(error)
        }
    }

    private func write(_ result: BacktestResult) throws {
        let lines = result.jsonLines
        for file in toFile {
            let bytes =
                file.hasSuffix(".html")
                ? BacktestPage(result, title: "\(old) and \(new) on \(log)").bytes
                : Array(lines.map { $0 + [0x0A] }.joined())
            try Data(bytes).write(to: URL(fileURLWithPath: file), options: .atomic)
            StandardOutput.say("picket: \(file)")
        }
        var out = StandardOutput()
        if output.isJSON {
            for line in lines { try out.line(line) }
        } else {
            for line in result.text { try out.line(line.utf8) }
        }
        try out.flush()
    }

    private func profiles(_ path: String) throws -> [SecurityProfile] {
        let folder = LogPlace(path).folder
        guard LogFolder.isLogFolder(folder) else { return try ProfileArguments.load([path], output) }
        guard let inForce = try ProfilesInForce.profiles(in: folder) else {
            StandardOutput.say("picket: the log in \(folder) does not say which profiles were in force")
            throw Failure.unreachable
        }
        return inForce
    }

    private func knownFleet(_ folder: String) throws -> Fleet {
        if let fleet { return try ProfileArguments.loadFleet(fleet, output) }
        return try ProfilesInForce.set(in: folder)?.fleet ?? .none
    }
}
