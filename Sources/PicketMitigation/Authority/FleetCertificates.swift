package import Foundation

/// The certificates of a whole fleet of an authority, in the folder `fleet` beside it: for a simulated fleet.
package struct FleetCertificates: Sendable {
    /// The file of the authority's certificate.
    package let authorities: String
    private let folder: String
    private let authority: String

    /// They are made in parts, so that the authority's register is not written for each of them.
    private static let part = 1_000

    /// Those of `authority`, which is made where it is missing.
    ///
    /// - Throws: ``AuthorityError``, or what the file system says.
    package init(authority: CertificateAuthority, now: Date = Date()) throws {
        if !FileManager.default.fileExists(atPath: authority.certificateFile) {
            try authority.create(name: "Simulated fleet", now: now)
        }
        self.authority = authority.folder
        authorities = authority.certificateFile
        folder = "\(authority.folder)/fleet"
    }

    /// The file of a device's certificate.
    package func certificate(of name: String) -> String { "\(folder)/\(name).crt" }
    /// The file of its key.
    package func key(of name: String) -> String { "\(folder)/\(name).key" }

    /// Makes those that are missing; those that are there serve again.
    ///
    /// - Throws: ``AuthorityError``, or what the file system says.
    package func make(for names: [String], now: Date) throws {
        let files = FileManager.default
        try files.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let authority = CertificateAuthority(folder: authority)
        var missing = names.filter { !files.fileExists(atPath: key(of: $0)) }[...]
        while !missing.isEmpty {
            let part = Array(missing.prefix(Self.part))
            missing = missing.dropFirst(part.count)
            for (name, issued) in zip(part, try authority.issue(names: part, now: now)) {
                try Data(issued.certificate.utf8).write(to: URL(fileURLWithPath: certificate(of: name)))
                // The key last: where it is, its certificate is.
                guard
                    files.createFile(
                        atPath: key(of: name), contents: Data(issued.key.utf8), attributes: [.posixPermissions: 0o600])
                else { throw CocoaError(.fileWriteUnknown) }
            }
        }
    }
}
