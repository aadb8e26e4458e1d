import ArgumentParser
import Foundation
import PicketEvents
import PicketLog
import PicketState

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "Prints what the log says of a device: when it was seen, from where, and its violations.",
        discussion: """
            Example:
              picket device sensor-000614 --data picket-data
            """)

    @Argument(help: ArgumentHelp("The device.", valueName: "device"))
    var device: String

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        do {
            let tables = try state.tables()
            Access.record(.query, ["device=\(device)"], in: state.place)
            guard let entry = try tables.device(device) else {
                StandardOutput.say("picket: no event of a device '\(device)' is in \(state.place.folder)")
                throw Failure.findings
            }
            let violations = try tables.violations(isOpen: false, device: device)
            var out = StandardOutput()
            if output.isJSON {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                try out.line(try encoder.encode(entry))
                for violation in violations { try out.line(violation.newest.utf8) }
            } else {
                let open = violations.filter { $0.state == Violation.Event.inAlarm.rawValue }.count
                let address = entry.address.map { ", last from \(VisibleLine.text($0))" } ?? ""
                let times = "from \(Timestamp.format(entry.first)) to \(Timestamp.format(entry.last))"
                try out.line("\(VisibleLine.text(entry.name)): \(entry.events) events \(times)\(address)".utf8)
                try out.line("\(violations.count) violations, \(open) open".utf8)
                for violation in violations { try out.line(VisibleLine.text(violation).utf8) }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
