import PicketEvents
import X509

/// Who issued which certificate, as far as the files tell that an audit looks at. A serial number is one authority's only: two
/// authorities may give the same, and the records of a broker name no issuer.
struct IssuerRegister {
    /// Certificates of authorities.
    private(set) var authorities: [Certificate] = []
    /// What a finding about each of them names.
    private var resources: [String] = []
    /// There is an authority whose certificate cannot be used to check what it signed.
    var hasUnknown = false
    /// By serial number and common name: who issued it.
    private var issuers: [CertificateName: Set<String>] = [:]
    /// The same where a record says no holder.
    private var bySerial: [String: Set<String>] = [:]

    /// - Parameter authority: what a finding about an authority names; nil for the certificate of somebody else.
    mutating func add(_ certificate: Certificate, _ authority: String?) {
        if let authority {
            authorities.append(certificate)
            resources.append(authority)
        }
        let name = CertificateName(
            serial: CertificateSerial.text(certificate.serialNumber.bytes), subject: "\(certificate.subject)")
        issuers[name, default: []].insert("\(certificate.issuer)")
        bySerial[name.serial, default: []].insert("\(certificate.issuer)")
    }

    /// Looks for authorities that the list of another authority names.
    func reportRevoked(_ revoked: Revocations, _ audit: inout Audit) {
        for (certificate, resource) in zip(authorities, resources)
        where revoked.issuers.contains("\(certificate.issuer)") {
            audit.look(.caRevoked)
            let serial = CertificateSerial.text(certificate.serialNumber.bytes)
            guard let since = revoked.since(serial, by: "\(certificate.issuer)") else { continue }
            audit.report(
                AuditFinding(
                    .caRevoked, resource,
                    "\(certificate.issuer) revoked it on \(Timestamp.format(since).prefix(10)): whatever it issued is no "
                        + "proof any more"))
        }
    }

    /// Who issued the certificate that a record names; empty when no file tells.
    func issuers(of name: CertificateName) -> Set<String> {
        (name.holder.isEmpty ? bySerial[name.serial] : issuers[name]) ?? []
    }
}

/// A certificate as a broker's records name it.
struct CertificateName: Hashable {
    var serial: String
    /// The common name; the whole subject where it has none, and empty where the record does not say.
    var holder: String

    init(serial: String, holder: String) {
        self.serial = serial
        self.holder = holder
    }

    /// - Parameter subject: as some feed writes it, with commas or slashes.
    init(serial: String, subject: String) {
        self.serial = serial
        let parts = subject.split { $0 == "," || $0 == "/" || $0 == "+" }
        let trimmed = parts.map { $0.drop { $0 == " " } }
        holder = trimmed.first { $0.hasPrefix("CN=") }.map { String($0.dropFirst(3)) } ?? subject
    }
}

/// Revoked certificates, as lists name them: by serial number and issuer.
struct Revocations {
    struct Entry {
        var issuer: String
        /// Unix ms.
        var since: Int64
    }

    private var entries: [String: [Entry]] = [:]
    private(set) var issuers: Set<String> = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func add(_ serial: String, _ entry: Entry) { entries[serial, default: []].append(entry) }
    mutating func add(issuer: String) { issuers.insert(issuer) }

    /// Since when the list of this authority names the certificate; nil when it does not.
    func since(_ serial: String, by issuer: String) -> Int64? {
        entries[serial]?.filter { $0.issuer == issuer }.map(\.since).min()
    }

    /// The earliest revocation of the certificate, and whether another authority may have issued it: no file tells who did, and
    /// there are several.
    func find(_ name: CertificateName, _ register: IssuerRegister) -> (entry: Entry, isDoubtful: Bool)? {
        let known = register.issuers(of: name)
        let all = entries[name.serial] ?? []
        let fitting = known.isEmpty ? all : all.filter { known.contains($0.issuer) }
        guard let first = fitting.min(by: { $0.since < $1.since }) else { return nil }
        let authorities = issuers.union(register.authorities.map { "\($0.subject)" })
        return (first, known.isEmpty && authorities.count > 1)
    }
}
