/// A device is in a group from here on, or is not, because mitigation moved it. It lies over what the fleet file says, and
/// changes who is meant by profiles: detection must see it again when the log is read.
package struct MembershipRecord: Equatable, Sendable {
    /// Unix milliseconds.
    package var received: Int64
    /// The request id of the mitigation.
    package var mitigation: String
    package var device: String
    package var group: String
    package var isMember: Bool

    package init(received: Int64, mitigation: String, device: String, group: String, isMember: Bool) {
        self.received = received
        self.mitigation = mitigation
        self.device = device
        self.group = group
        self.isMember = isMember
    }

    /// What a `mitigation` record of this kind says of its event.
    package static let event = "membership"

    package func line() -> [UInt8] {
        var line = RecordLine(received: received, kind: .mitigation)
        line.add("event", MembershipRecord.event)
        line.add("id", mitigation)
        line.add("device", device)
        line.add("group", group)
        line.add("state", isMember ? "joined" : "left")
        return line.finish()
    }
}
