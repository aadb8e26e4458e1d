package import Foundation
import PicketEvents
import X509

/// What was revoked before, by whoever ran the authority: no list of ours forgets it.
extension CertificateAuthority {
    /// The list in the file `path`, which the key of `issuer` signed.
    func formerList(_ path: String, of issuer: Certificate) throws -> WrittenRevocationList {
        let lists = WrittenRevocationList.all(pem: try text(of: path))
        guard !lists.isEmpty else {
            throw AuthorityError(
                problem: "\(path) is no revocation list in PEM",
                remedy: "name another file, or convert it: openssl crl -inform DER -in \(path) -out crl.pem")
        }
        guard let list = lists.filter({ $0.isSigned(by: issuer) }).max(by: { $0.number < $1.number }) else {
            throw AuthorityError(
                problem: "this authority has not signed the revocation list \(path)",
                remedy: "name the newest list of the same authority")
        }
        guard !list.isDelta else {
            throw AuthorityError(
                problem: "\(path) holds only what has changed since another list",
                remedy: "name the whole list of the authority")
        }
        guard list.number < UInt64(Int64.max) else {
            throw AuthorityError(
                problem: "the number of \(path) is too large to go on from",
                remedy: "make a new authority with picket ca init")
        }
        return list
    }

    /// Takes over whom an earlier list of this authority revokes, and writes a new list with a larger number.
    ///
    /// - Returns: how many entries are new.
    @discardableResult
    package func takeOver(list path: String, now: Date) throws -> Int {
        try locked {
            let (issuer, _) = try load()
            var register = try register()
            let count = register.takeOver(try formerList(path, of: issuer), until: issuer.notValidAfter)
            try writeList(&register, now)
            return count
        }
    }

    /// Refuses to put `ours` over a list that says more.
    func checkNothingIsForgotten(in installed: String, at path: String, ours: String) throws {
        let remedy =
            "take it over with `picket ca crl --merge \(path) --folder \(folder)`; if nothing in it counts any more, "
            + "remove the file"
        let own = WrittenRevocationList.all(pem: ours)
        // Canaries that have expired are on no list any more.
        var known = Set(try register().canaries?.map { AuthorityRegister.bytes($0.serial) } ?? [])
        for list in own { known.formUnion(list.entries.map(\.serial)) }
        let number = own.map(\.number).max() ?? 0
        for list in WrittenRevocationList.all(pem: installed) {
            let unknown = list.entries.filter { !known.contains($0.serial) }
            if let first = unknown.first {
                throw AuthorityError(
                    problem: "\(path) revokes \(unknown.count) certificates that the list of \(folder) does not, "
                        + "\(CertificateSerial.text(first.serial)) for one; it stays in place, and ours does not count",
                    remedy: remedy)
            }
            if list.number > number {
                throw AuthorityError(
                    problem: "\(path) has the number \(list.number), and the newest list of \(folder) only \(number); "
                        + "it stays in place, and ours does not count",
                    remedy: remedy)
            }
        }
    }
}

extension AuthorityRegister {
    /// Adds what `list` revokes, and goes on from its number.
    ///
    /// - Parameter end: until when the certificates are valid at most; the list does not say.
    /// - Returns: how many entries are new.
    mutating func takeOver(_ list: WrittenRevocationList, until end: Date) -> Int {
        var places: [String: Int] = [:]
        for (index, entry) in entries.enumerated() { places[entry.serial] = index }
        let own = Set((canaries ?? []).map(\.serial))
        var count = 0
        for entry in list.entries {
            let serial = CertificateSerial.text(entry.serial)
            guard !own.contains(serial) else { continue }
            if let index = places[serial] {
                guard entries[index].revokedAt == nil else { continue }
                entries[index].revokedAt = entry.revokedAt
                entries[index].reason = entry.reason
            } else {
                places[serial] = entries.count
                entries.append(
                    Entry(
                        serial: serial, name: "", issuedAt: entry.revokedAt, expiresAt: end,
                        revokedAt: entry.revokedAt, reason: entry.reason))
            }
            count += 1
        }
        listNumber = max(listNumber, list.number)
        return count
    }
}
