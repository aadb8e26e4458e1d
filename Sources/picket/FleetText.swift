import PicketEvents
import PicketProfiles
import PicketService
import PicketState

/// A device of the fleet, for people and for programs.
enum FleetText {
    static func line(_ member: FleetCensus.Member) -> String {
        var parts = [member.state.rawValue, VisibleLine.text(member.name)]
        if let device = member.device {
            if !device.groups.isEmpty { parts.append("in \(VisibleLine.text(device.groups.joined(separator: ", ")))") }
            if let type = device.type { parts.append("type \(VisibleLine.text(type))") }
        }
        if let entry = member.entry {
            parts.append(
                "\(entry.events) events from \(Timestamp.format(entry.first)) to \(Timestamp.format(entry.last))")
            if let address = entry.address { parts.append("last from \(VisibleLine.text(address))") }
        }
        return parts.joined(separator: "  ")
    }

    static func json(_ member: FleetCensus.Member) -> [UInt8] {
        var line = RecordLine()
        line.add("device", member.name)
        line.add("state", member.state.rawValue)
        line.add("groups", member.device?.groups ?? [])
        if let type = member.device?.type { line.add("type", type) }
        line.add("certificates", member.device?.certificates ?? [])
        if let entry = member.entry {
            line.add("first", time: entry.first)
            line.add("last", time: entry.last)
            line.add("events", entry.events)
            if let address = entry.address { line.add("address", address) }
        }
        return line.finish()
    }
}
