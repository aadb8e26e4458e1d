import ArgumentParser
import Foundation
import PicketEvents
import PicketLog
import PicketMitigation

struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "A small certificate authority for the fleet, and its revocation list.",
        subcommands: [
            CertificateInitCommand.self, CertificateIssueCommand.self, CertificateRevokeCommand.self,
            CertificateListCommand.self, CertificateCRLCommand.self,
        ])

    /// Runs `body`; what the authority refuses is said, with exit code 3.
    static func run(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as AuthorityError {
            StandardOutput.say("picket: \(error)")
            throw Failure.unreachable
        } catch {
            throw Failure.reported(error)
        }
    }
}

/// Where the authority lies.
struct AuthorityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the authority.", valueName: "folder"))
    var folder = "./picket-ca"

    var authority: CertificateAuthority { CertificateAuthority(folder: folder) }
}

struct CertificateInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes an authority, or brings in an existing one.",
        discussion: """
            Examples:
              picket ca init --folder picket-ca --name "North fleet"
              picket ca init --folder picket-ca --certificate ca.crt --key ca.key --crl crl.pem
            """)

    @OptionGroup var place: AuthorityOptions
    @Option(help: "The name of a new authority.") var name = "Picket fleet"
    @Option(help: ArgumentHelp("The certificate of an existing authority, PEM.", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("Its private key, PEM.", valueName: "file")) var key: String?
    @Option(help: ArgumentHelp("Its newest revocation list, PEM: whom it revokes stays revoked.", valueName: "file"))
    var crl: String?
    @Flag(
        name: .customLong("no-crl"),
        help: "It has revoked nothing that still counts; whom it did revoke gets in again.")
    var hasNoList = false

    mutating func validate() throws {
        guard certificate != nil || key != nil else {
            guard crl == nil, !hasNoList else {
                throw ValidationError(
                    "--crl and --no-crl are about an existing authority: name its --certificate and --key.")
            }
            return
        }
        guard (crl == nil) == hasNoList else {
            throw ValidationError(
                "An existing authority may have revoked certificates. Name its newest list with --crl; or say --no-crl, and "
                    + "whoever was revoked before gets in again.")
        }
    }

    mutating func run() async throws {
        try CertificateCommand.run {
            switch (certificate, key) {
            case (nil, nil): try place.authority.create(name: name, now: Date())
            case (let certificate?, let key?):
                try place.authority.adopt(certificate: certificate, key: key, list: crl, now: Date())
            default: throw ValidationError("An existing authority needs both --certificate and --key.")
            }
            StandardOutput.say(
                "picket: \(place.authority.certificateFile) is for brokers and devices; keep ca.key safe")
        }
    }
}

struct CertificateIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issues a certificate with a new key: NAME.crt and NAME.key.",
        discussion: """
            Example:
              picket ca issue t-7 --folder picket-ca --to devices/
            """)

    @Argument(help: "The device: the common name of the certificate.") var name: String
    @OptionGroup var place: AuthorityOptions
    @Option(help: ArgumentHelp("The folder of the two files.", valueName: "folder")) var to = "."
    @Option(help: "For how many days it is valid.") var days = CertificateAuthority.deviceDays

    mutating func run() async throws {
        guard (1...3_650).contains(days) else { throw ValidationError("--days is a number from 1 to 3650.") }
        try CertificateCommand.run {
            let issued = try place.authority.issue(name: name, days: days, now: Date())
            let files = RealFileSystem()
            try files.makeFolder(to)
            try files.replaceFile("\(to)/\(name).key", in: to, with: Array(issued.key.utf8), secret: true)
            try files.replaceFile("\(to)/\(name).crt", in: to, with: Array(issued.certificate.utf8))
            print(issued.serial)
        }
    }
}

struct CertificateRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revokes a certificate by its serial number, and writes a new list.",
        discussion: """
            The broker reads the list anew when it is told to: copy crl.pem to where the broker reads it, and send SIGHUP.

            Example:
              picket ca revoke 4A0F17 --reason keyCompromise --folder picket-ca
            """)

    @Argument(help: "The serial number, hexadecimal.") var serial: String
    @OptionGroup var place: AuthorityOptions
    @Option(help: "Why: \(RevocationReason.allCases.map(\.rawValue).joined(separator: ", ")).")
    var reason = RevocationReason.unspecified.rawValue

    mutating func run() async throws {
        guard let reason = RevocationReason(rawValue: reason) else {
            throw ValidationError(
                "Unknown reason. Known: \(RevocationReason.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        try CertificateCommand.run {
            let entry = try place.authority.revoke(serial: serial, reason: reason, now: Date())
            StandardOutput.say("picket: \(entry.serial) is revoked; the list is \(place.authority.listFile)")
        }
    }
}

struct CertificateCRLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl", abstract: "Writes a new revocation list, and prints it.",
        discussion: """
            Examples:
              picket ca crl --folder picket-ca
              picket ca crl --folder picket-ca --merge /etc/mosquitto/crl.pem
            """)

    @OptionGroup var place: AuthorityOptions
    @Option(
        help: ArgumentHelp(
            "Another list of this authority, PEM: whom it revokes is taken over, and so is its number.",
            valueName: "file"))
    var merge: String?

    mutating func run() async throws {
        try CertificateCommand.run {
            if let merge {
                let count = try place.authority.takeOver(list: merge, now: Date())
                StandardOutput.say("picket: \(count) revoked certificates were taken over from \(merge)")
            } else {
                try place.authority.renewList(now: Date())
            }
            print(try place.authority.list(), terminator: "")
        }
    }
}

struct CertificateListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "What was issued and revoked.")

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        try CertificateCommand.run {
            var out = StandardOutput()
            for entry in try place.authority.register().entries {
                let expires = Timestamp.format(Int64(entry.expiresAt.timeIntervalSince1970) * 1_000)
                let revoked = entry.revokedAt.map { Timestamp.format(Int64($0.timeIntervalSince1970) * 1_000) }
                if output.isJSON {
                    var line = RecordLine()
                    line.add("serial", entry.serial)
                    line.add("name", entry.name)
                    line.add("expires", expires)
                    if let revoked { line.add("revoked", revoked) }
                    if let reason = entry.reason { line.add("reason", reason.rawValue) }
                    try out.line(line.finish())
                } else {
                    let end =
                        revoked.map { "revoked \($0) \(entry.reason?.rawValue ?? "")" } ?? "valid until \(expires)"
                    try out.line("\(entry.serial)  \(SafeName.visible(entry.name))  \(end)".utf8)
                }
            }
            try out.flush()
        }
    }
}
