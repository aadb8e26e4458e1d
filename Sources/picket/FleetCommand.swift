import ArgumentParser
import PicketEvents
import PicketLog
import PicketProfiles
import PicketService
import PicketState

struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Compares the fleet file with the devices that the log has seen.",
        subcommands: [FleetListCommand.self, FleetCheckCommand.self], defaultSubcommand: FleetListCommand.self)
}

/// Which fleet and which log are compared.
struct FleetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The fleet file, YAML or CSV. Without it: the one in force when the log was written.", valueName: "file"))
    var fleet: String?

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func census() throws -> FleetCensus {
        let tables = try state.tables()
        let file = try fleet.map { try ProfileArguments.loadFleet($0, output) }
        guard let known = try file ?? ProfilesInForce.set(in: state.place.folder)?.fleet else {
            StandardOutput.say("picket: the log does not say which fleet file was in force; name one with --fleet")
            throw Failure.configuration
        }
        Access.record(.query, ["fleet"], in: state.place)
        return FleetCensus(fleet: known, seen: try tables.devices())
    }

    func write(_ member: FleetCensus.Member, to out: inout StandardOutput) throws {
        try out.line(output.isJSON ? FleetText.json(member) : Array(FleetText.line(member).utf8))
    }
}

struct FleetListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists every device: registered, seen, or both.",
        discussion: """
            Examples:
              picket fleet list --data picket-data
              picket fleet list --fleet fleet.csv --data picket-data --state unregistered
            """)

    @Option(help: "Only devices in this state: seen, never-seen or unregistered.")
    var state: FleetCensus.Member.State?

    @OptionGroup var fleet: FleetOptions

    mutating func run() async throws {
        do {
            var out = StandardOutput()
            for member in try fleet.census().members where state == nil || state == member.state {
                try fleet.write(member, to: &out)
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct FleetCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says which devices are registered and were never seen, and which were seen and are not registered.",
        discussion: """
            Exit code 0: every device is both. 1: some are not; they are listed. 2: the fleet file is wrong.

            Example:
              picket fleet check --fleet fleet.yaml --data picket-data
            """)

    @OptionGroup var fleet: FleetOptions

    mutating func run() async throws {
        do {
            let census = try fleet.census()
            var out = StandardOutput()
            for member in census.members where member.state != .seen { try fleet.write(member, to: &out) }
            if !fleet.output.isJSON {
                let counts = FleetCensus.Member.State.allCases.map { "\(census.count($0)) \($0.rawValue)" }
                try out.line("\(census.members.count) devices: \(counts.joined(separator: ", "))".utf8)
            }
            try out.flush()
            if census.members.count > census.count(.seen) { throw Failure.findings }
        } catch {
            throw Failure.reported(error)
        }
    }
}

extension FleetCensus.Member.State: ExpressibleByArgument {}
