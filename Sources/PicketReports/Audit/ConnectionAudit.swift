import Foundation
import PicketEvents
import PicketLog

/// What the connections in a log say of identities: certificates that several devices used, revoked ones with which
/// somebody is or came in, client ids that two want.
struct ConnectionAudit {
    let folder: String
    /// From which `received` time on the log is looked at, Unix ms.
    let from: Int64
    /// Revoked certificates by serial number, with the time of their revocation, Unix ms.
    let revoked: [String: Int64]

    /// Takeovers of one client id from which on two are likely to share it, and not one that came back before its old
    /// session was found dead.
    private static let takeovers = 3
    /// Client ids, and addresses of each, that are told apart. Whoever connects chooses a client id: what comes beyond is not
    /// looked at, so that a hostile log takes bounded memory.
    private static let mostClients = 200_000
    private static let mostAddresses = 100

    /// A connection with a certificate.
    private struct Use {
        var device: String
        var index: UInt64
        /// Unix ms.
        var time: Int64
    }

    private var devices: [String: Set<String>] = [:]
    private var last: [String: Use] = [:]
    /// Serial numbers of the sessions that stand, by client id.
    private var sessions: [String: String] = [:]
    private var taken: [String: Int] = [:]
    private var addresses: [String: Set<String>] = [:]
    private var connections = 0

    init(folder: String, from: Int64, revoked: [String: Int64]) {
        self.folder = folder
        self.from = from
        self.revoked = revoked
    }

    /// - Throws: `LogError` when the log cannot be read.
    mutating func check(_ audit: inout Audit) throws {
        var query = LogQuery()
        query.from = from
        for kind in ["connect", "disconnect"] { query.add(.kind, kind) }
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches { take(match.line, match.index) }
        }
        audit.look(.clientIDConflict, count: connections)
        if !devices.isEmpty { audit.look(.certificateShared, count: devices.count) }
        if !revoked.isEmpty { audit.look(.certificateRevokedConnected, count: devices.count) }
        reportShared(&audit)
        reportRevoked(&audit)
        for (client, count) in taken.sorted(by: { $0.key < $1.key }) where count >= ConnectionAudit.takeovers {
            let places = addresses[client]?.count ?? 0
            let from = places > 1 ? ", from \(places) addresses" : ""
            audit.report(
                AuditFinding(
                    .clientIDConflict, "client \(client)",
                    "its session was taken over \(count) times\(from): two connections use this id"))
        }
    }

    private mutating func take(_ line: [UInt8], _ index: UInt64) {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { return }
        let device = fields["device"] as? String ?? fields["client"] as? String ?? ""
        let client = fields["client"] as? String ?? device
        guard fields["kind"] as? String == "connect" else {
            sessions[client] = nil
            if fields["reason"] as? String == "takeover",
                taken[client] != nil || taken.count < ConnectionAudit.mostClients
            {
                taken[client, default: 0] += 1
            }
            return
        }
        connections += 1
        sessions[client] = nil
        if let address = fields["address"] as? String,
            addresses[client].map({ $0.count < ConnectionAudit.mostAddresses })
                ?? (addresses.count < ConnectionAudit.mostClients)
        {
            addresses[client, default: []].insert(address)
        }
        guard let text = (fields["certificate"] as? [String: Any])?["serial"] as? String,
            let serial = CertificateSerial.normal(text)
        else { return }
        guard devices[serial] != nil || devices.count < ConnectionAudit.mostClients else { return }
        if devices[serial].map({ $0.count < ConnectionAudit.mostAddresses }) ?? true {
            devices[serial, default: []].insert(device)
        }
        if sessions.count < ConnectionAudit.mostClients { sessions[client] = serial }
        let time = (fields["time"] ?? fields["received"]) as? String
        last[serial] = Use(device: device, index: index, time: time.flatMap(Timestamp.parse) ?? .min)
    }

    private func reportShared(_ audit: inout Audit) {
        for (serial, names) in devices.sorted(by: { $0.key < $1.key }) where names.count > 1 {
            let list = names.sorted().prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
            audit.report(
                AuditFinding(.certificateShared, "serial \(serial)", "\(names.count) devices used it: \(list)"))
        }
    }

    /// A connection before the revocation is none of its business, unless it still stands.
    private func reportRevoked(_ audit: inout Audit) {
        let standing = Set(sessions.values)
        for (serial, use) in last.sorted(by: { $0.key < $1.key }) {
            guard let since = revoked[serial], use.time >= since || standing.contains(serial) else { continue }
            let how =
                use.time >= since
                ? "and \(use.device) connected with it afterwards" : "and the session of \(use.device) still stands"
            audit.report(
                AuditFinding(
                    .certificateRevokedConnected, "serial \(serial)",
                    "it was revoked on \(Timestamp.format(since).prefix(10)), \(how): record \(use.index)"))
        }
    }
}
