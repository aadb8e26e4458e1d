import Foundation
import PicketEvents
import PicketLog
import PicketProfiles

/// What the connections in a log say of identities: certificates that several devices used, revoked ones with which
/// somebody is or came in, client ids that two want.
struct ConnectionAudit {
    let folder: String
    /// From which `received` time on the log is looked at, Unix ms.
    let from: Int64
    let revoked: Revocations

    /// Takeovers of one client id within ``span`` from which on two are likely to share it, and not one that came back before its
    /// old session was found dead: that happens to any device with a bad connection now and then.
    private static let takeovers = 3
    /// Unix ms.
    private static let span: Int64 = 86_400_000
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

    /// How often a client id was taken over.
    private struct Takeovers {
        var count = 0
        /// Times of the last ones, at most ``ConnectionAudit/takeovers`` of them, Unix ms.
        var recent: [Int64] = []
        /// The last of as many within the span as make a conflict; nil while there were not.
        var conflict: Int64?

        mutating func add(_ time: Int64) {
            count += 1
            recent.append(time)
            if recent.count > ConnectionAudit.takeovers { recent.removeFirst() }
            if recent.count == ConnectionAudit.takeovers, let first = recent.first, time - first < ConnectionAudit.span
            {
                conflict = time
            }
        }
    }

    private var devices: [CertificateName: Set<String>] = [:]
    private var last: [CertificateName: Use] = [:]
    /// Certificates of the sessions that stand, by client id.
    private var sessions: [String: CertificateName] = [:]
    private var taken: [String: Takeovers] = [:]
    private var addresses: [String: Set<String>] = [:]
    private var connections = 0

    init(folder: String, from: Int64, revoked: Revocations) {
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
        for (client, takeovers) in taken.sorted(by: { $0.key < $1.key }) {
            guard let conflict = takeovers.conflict else { continue }
            let places = addresses[client]?.count ?? 0
            let from = places > 1 ? ", from \(places) addresses" : ""
            audit.report(
                AuditFinding(
                    .clientIDConflict, "client \(client)",
                    "its session was taken over \(takeovers.count) times\(from), \(ConnectionAudit.takeovers) of them within a "
                        + "day (until \(Timestamp.format(conflict).prefix(16))): two connections use this id"))
        }
    }

    private mutating func take(_ line: [UInt8], _ index: UInt64) {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { return }
        let device = fields["device"] as? String ?? fields["client"] as? String ?? ""
        let client = fields["client"] as? String ?? device
        let time = ((fields["time"] ?? fields["received"]) as? String).flatMap { Timestamp.parse($0) } ?? .min
        guard fields["kind"] as? String == "connect" else {
            guard fields["reason"] as? String == "takeover" else {
                sessions[client] = nil
                return
            }
            // Whoever took it over stands, and may have been told before the end of the other.
            if taken[client] != nil || taken.count < ConnectionAudit.mostClients {
                taken[client, default: Takeovers()].add(time)
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
        guard let certificate = fields["certificate"] as? [String: Any],
            let serial = (certificate["serial"] as? String).flatMap(CertificateSerial.normal)
        else { return }
        let name = CertificateName(serial: serial, subject: certificate["subject"] as? String ?? "")
        guard devices[name] != nil || devices.count < ConnectionAudit.mostClients else { return }
        if devices[name].map({ $0.count < ConnectionAudit.mostAddresses }) ?? true {
            devices[name, default: []].insert(device)
        }
        if sessions.count < ConnectionAudit.mostClients { sessions[client] = name }
        last[name] = Use(device: device, index: index, time: time)
    }

    /// Two certificates with one serial number and two holders are those of two authorities. A record that says no holder may
    /// be of any of them.
    private func reportShared(_ audit: inout Audit) {
        var holders: [String: [String]] = [:]
        for name in devices.keys { holders[name.serial, default: []].append(name.holder) }
        for (serial, all) in holders.sorted(by: { $0.key < $1.key }) {
            let unnamed = devices[CertificateName(serial: serial, holder: "")] ?? []
            let named = all.filter { !$0.isEmpty }.sorted()
            for holder in named.isEmpty ? [""] : named {
                let names = (devices[CertificateName(serial: serial, holder: holder)] ?? []).union(unnamed)
                guard names.count > 1 else { continue }
                let list = names.sorted().prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
                let resource = named.count > 1 ? "serial \(serial) of \(holder)" : "serial \(serial)"
                audit.report(
                    AuditFinding(.certificateShared, resource, "\(names.count) devices used it: \(list)"))
            }
        }
    }

    /// A connection before the revocation is none of its business, unless it still stands.
    private func reportRevoked(_ audit: inout Audit) {
        let standing = Set(sessions.values)
        let uses = last.sorted { ($0.key.serial, $0.key.holder) < ($1.key.serial, $1.key.holder) }
        for (name, use) in uses {
            guard let (entry, isDoubtful) = revoked.find(name, audit.issuers),
                use.time >= entry.since || standing.contains(name)
            else { continue }
            let how =
                use.time >= entry.since
                ? "and \(use.device) connected with it afterwards" : "and the session of \(use.device) still stands"
            let doubt =
                isDoubtful ? "; \(entry.issuer) revoked this number, and no file tells who issued this certificate" : ""
            let several = last.keys.count { $0.serial == name.serial } > 1
            audit.report(
                AuditFinding(
                    .certificateRevokedConnected,
                    several ? "serial \(name.serial) of \(name.holder)" : "serial \(name.serial)",
                    "it was revoked on \(Timestamp.format(entry.since).prefix(10)), \(how): record \(use.index)\(doubt)",
                    severity: isDoubtful ? .high : nil))
        }
    }
}
