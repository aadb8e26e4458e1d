import ArgumentParser
import Foundation
import PicketEvents
import PicketLog
import PicketProfiles
import PicketService
import PicketState

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract:
            "Prints what the log says of a device: when it was seen, from where, whether it is registered, and its violations.",
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
            let fleet = try ProfilesInForce.set(in: state.place.folder)?.fleet
            guard let entry = try tables.device(device) else {
                let registered = fleet?.devices[device] == nil ? "" : ", though it is registered"
                StandardOutput.say(
                    "picket: no event of a device '\(device)' is in \(state.place.folder)\(registered)")
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
                if let fleet, !fleet.devices.isEmpty {
                    try out.line(DeviceCommand.registration(fleet.devices[device]).utf8)
                }
                try out.line("\(violations.count) violations, \(open) open".utf8)
                let silences = try tables.silences()
                let now = Int64(Date().timeIntervalSince1970 * 1_000)
                for violation in violations {
                    let silence = silences.first { $0.isAbout(violation) }
                    try out.line(VisibleLine.text(violation, silence, now: now).utf8)
                }
            }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }

    /// What the fleet file says of it.
    private static func registration(_ device: Fleet.Device?) -> String {
        guard let device else { return "not registered" }
        let groups = device.groups.isEmpty ? "" : " in \(VisibleLine.text(device.groups.joined(separator: ", ")))"
        return "registered\(groups)\(device.type.map { ", type \(VisibleLine.text($0))" } ?? "")"
    }
}
