import Foundation
package import PicketEvents

/// Which certificates each device was seen with lately, and from where others tried to speak in its name.
package struct SessionTable: Sendable {
    /// A certificate that a device showed.
    struct Sighting: Equatable, Sendable {
        var serial: String
        /// The time of the newest event that it proved, Unix milliseconds.
        var last: Int64
        /// The feed that told it.
        var feed: FeedID
    }

    /// A certificate, and who saw it.
    package struct Certificate: Equatable, Sendable {
        package var serial: String
        /// The name of the feed that told it last; nil where that has none.
        package var seenOn: String?

        package init(_ serial: String, seenOn: String? = nil) {
            self.serial = serial
            self.seenOn = seenOn
        }
    }

    /// The newest sighting comes last.
    private var sightings: [String: [Sighting]] = [:]
    private var addresses: [String: String] = [:]
    /// `connect` events by serial: how often somebody came in with it.
    private var connects: [String: Int] = [:]
    /// `connect` events of devices that proved themselves by a password.
    private var connectsByPassword: [String: Int] = [:]
    /// `connect-failed` events by the device in whose name it was tried.
    private var refused: [String: Int] = [:]
    /// The sessions of each device that began and did not end, by client id, with the certificate that began them, or "".
    private var open: [String: [String: String]] = [:]
    /// When a session of a device ended last, Unix milliseconds by the record.
    private var ends: [String: Int64] = [:]

    /// Devices that are remembered: as many as a large fleet has; what is forgotten becomes an approval.
    private static let mostDevices = 200_000
    /// Certificates of one device: a renewal has two, a copy has one; whoever has more is asked about in any case.
    private static let mostSerials = 4
    /// Names that were tried: anybody can make more of them.
    private static let mostTried = 4_096

    package init() {}

    /// Learns from events in the log.
    package mutating func observe(_ batch: borrowing EventBatch, rows: Range<Int>) {
        for row in rows {
            let head = batch.head[row]
            switch head.kind {
            case .connect, .publish:
                guard let device = batch.string(batch.names[row].device) else { continue }
                if head.kind == .connect, let client = batch.string(batch.names[row].client) {
                    let serial = head.identity == .certificate ? SessionTable.serial(batch, row) : nil
                    open[device, default: [:]][client] = serial ?? ""
                }
                if head.identity == .certificate, let serial = SessionTable.serial(batch, row) {
                    if sightings.count >= Self.mostDevices, sightings[device] == nil { sightings.removeAll() }
                    Self.note(
                        Sighting(serial: serial, last: batch.time[row], feed: head.feed),
                        in: &sightings[device, default: []])
                    if head.kind == .connect { connects[serial, default: 0] += 1 }
                } else if head.identity != .certificate {
                    if head.kind == .connect, head.identity == .password {
                        connectsByPassword[device, default: 0] += 1
                    }
                    remember(batch, row, device)
                }
            case .disconnect:
                guard let device = batch.string(batch.names[row].device) else { continue }
                if let client = batch.string(batch.names[row].client) { open[device]?[client] = nil }
                if open[device]?.isEmpty ?? false { open[device] = nil }
                if ends.count >= Self.mostDevices, ends[device] == nil { ends.removeAll() }
                ends[device] = batch.received[row]
            case .connectFailed, .denied:
                guard let device = batch.string(batch.names[row].device) else { continue }
                if head.kind == .connectFailed {
                    if refused.count >= Self.mostTried, refused[device] == nil { refused.removeAll() }
                    refused[device, default: 0] += 1
                }
                remember(batch, row, device)
            default: continue
            }
        }
        if connects.count > Self.mostDevices { connects.removeAll() }
        if connectsByPassword.count > Self.mostDevices { connectsByPassword.removeAll() }
        if open.count > Self.mostDevices { open.removeAll() }
    }

    private mutating func remember(_ batch: borrowing EventBatch, _ row: Int, _ device: String) {
        guard let address = batch.string(batch.names[row].address) else { return }
        if addresses.count >= Self.mostTried, addresses[device] == nil { addresses.removeAll() }
        addresses[device] = address
    }

    private static func note(_ new: Sighting, in seen: inout [Sighting]) {
        if let last = seen.indices.last, seen[last].serial == new.serial {
            seen[last].last = max(seen[last].last, new.last)
            seen[last].feed = new.feed
            return
        }
        let before = seen.firstIndex { $0.serial == new.serial }.map { seen.remove(at: $0) }
        seen.append(new)
        if let before { seen[seen.count - 1].last = max(before.last, new.last) }
        if seen.count > mostSerials { seen.removeFirst() }
    }

    /// The certificates that a device showed at `time` or after it, the newest first, and those of its sessions that are
    /// open: not every event says whose it was. Where it showed none since, the one that it showed last: of a session
    /// that was silent.
    ///
    /// - Parameter feeds: the names of feeds, by their numbers.
    package func certificates(of device: String, since time: Int64, feeds: [String]) -> [Certificate] {
        guard let seen = sightings[device], let newest = seen.last else { return [] }
        let sessions = Set((open[device] ?? [:]).values)
        let others = seen.dropLast().reversed().filter { $0.last >= time || sessions.contains($0.serial) }
        return ([newest] + others).map {
            Certificate($0.serial, seenOn: Int($0.feed.index) < feeds.count ? feeds[Int($0.feed.index)] : nil)
        }
    }

    /// From where somebody spoke in the name of a device without its certificate.
    package func address(for device: String) -> String? { addresses[device] }

    /// How often somebody connected with the certificate since the start.
    package func connects(with serial: String) -> Int { connects[serial] ?? 0 }

    /// How often the device came in by its password since the start.
    package func connectsByPassword(of device: String) -> Int { connectsByPassword[device] ?? 0 }

    /// How often somebody was refused in the name of the device since the start.
    package func refusals(of device: String) -> Int { refused[device] ?? 0 }

    /// Whether the broker said at `time` or after it that a session of the device ended, and none began since.
    package func isGone(_ device: String, since time: Int64) -> Bool {
        open[device] == nil && ends[device].map { $0 >= time } ?? false
    }

    /// The serial in `{"serial":"4A0F",…}`, in the form of the authority's register.
    private static func serial(_ batch: borrowing EventBatch, _ row: Int) -> String? {
        guard let attribute = batch.attributes(of: row).first(where: { $0.key == .certificate }),
            let json = batch.string(attribute.text), let key = json.range(of: "\"serial\":\"")
        else { return nil }
        return CertificateSerial.normal(String(json[key.upperBound...].prefix { $0 != "\"" }))
    }
}

extension SessionTable: StateCoded {
    /// Only their growth counts, within one run.
    package static let rebuilt = ["connects", "connectsByPassword", "refused"]

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("sightings", &sightings)
        try coder.field("addresses", &addresses)
        try coder.field("open", &open)
        try coder.field("ends", &ends)
    }
}

extension SessionTable.Sighting: StateElement {
    static var blank: SessionTable.Sighting { SessionTable.Sighting(serial: "", last: 0, feed: FeedID(0)) }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("serial", &serial)
        try coder.field("last", &last)
        var number = Int(feed.index)
        try coder.field("feed", &number)
        feed = FeedID(number)
    }
}
