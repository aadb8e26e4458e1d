import ArgumentParser
import Foundation
import PicketEvents
import PicketLog
import PicketProfiles
import PicketReports

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Looks for weaknesses in certificates, the broker's configuration and the identities in a log.",
        discussion: """
            What to look at is given here, or in a file (--config) with the keys mosquitto, dynamicSecurity, certificates, \
            revocationLists, log, expiring, old, period, every and suppressions. Files that a mosquitto.conf names are \
            looked at too. A daemon repeats the audit that its configuration names (audit: FILE).

            Examples:
              picket audit --mosquitto /etc/mosquitto/mosquitto.conf --certificates pki/ --log picket-data
              picket audit --config audit.yaml --record

            Exit code 0: nothing that needs attention. 1: findings. 2: the file of the audit is wrong.
            """)

    @Option(help: ArgumentHelp("A file that says what to look at.", valueName: "file"))
    var config: String?

    @Option(parsing: .singleValue, help: ArgumentHelp("A mosquitto.conf; may be repeated.", valueName: "file"))
    var mosquitto: [String] = []

    @Option(parsing: .singleValue, help: ArgumentHelp("A file of the dynamic security plugin.", valueName: "file"))
    var dynamicSecurity: [String] = []

    @Option(parsing: .singleValue, help: ArgumentHelp("Certificates in PEM, or a folder of them.", valueName: "path"))
    var certificates: [String] = []

    @Option(parsing: .singleValue, help: ArgumentHelp("A list of revoked certificates.", valueName: "file"))
    var crl: [String] = []

    @Option(
        help: ArgumentHelp("A log folder: who connected with what, and which topics were used.", valueName: "folder"))
    var log: String?

    @Flag(help: "Write the findings into the log.")
    var record = false

    @Option(help: ArgumentHelp("The time that expiry is compared with.", visibility: .hidden))
    var at: String?

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        var plan = AuditPlan()
        if let config {
            let (read, diagnostics) = AuditPlan.read(path: config)
            ProfileArguments.say(diagnostics, output)
            guard let read else { throw Failure.configuration }
            plan = read
        }
        plan.mosquitto += mosquitto
        plan.dynamicSecurity += dynamicSecurity
        plan.certificates += certificates
        plan.revocationLists += crl
        let place = (log ?? plan.log).map { LogPlace($0) }
        plan.log = place?.folder
        if record, place == nil { throw ValidationError("--record writes into a log; name it with --log.") }
        if plan.mosquitto.isEmpty, plan.dynamicSecurity.isEmpty, plan.certificates.isEmpty,
            plan.revocationLists.isEmpty, plan.log == nil
        {
            throw ValidationError("There is nothing to look at. Name a mosquitto.conf, certificates or a log.")
        }
        var now = Int64(Date().timeIntervalSince1970 * 1_000)
        if let at {
            guard let time = QueryTime.parse(at) else { throw ValidationError("--at takes a time.") }
            now = time
        }
        var out = StandardOutput()
        do {
            var audit = Audit(plan, now: now)
            let result = try audit.run()
            for finding in result.findings {
                if output.isJSON { try out.line(finding.json) } else { try out.line(finding.text.utf8) }
            }
            if !output.isJSON {
                let looked = Counted.text(result.looked.count, "check")
                let open = Counted.text(result.open.count, "finding needs", "findings need")
                try out.line("\(looked) had something to look at; \(open) attention".utf8)
            }
            try out.flush()
            if record, let place {
                let received = Int64(Date().timeIntervalSince1970 * 1_000)
                let open = try OpenFindings(folder: place.folder)
                let closed = open.closed(by: result).count
                if closed > 0 {
                    let words = Counted.text(closed, "finding of earlier audits was", "findings of earlier audits were")
                    StandardOutput.say("picket: \(words) not found any more: closed")
                }
                let records = result.records(received: received, open: open)
                if let reason = OfflineRecords(records).append(to: place, time: received) {
                    StandardOutput.say(
                        "picket: the findings could not be written into the log: \(reason). A daemon records audits of its "
                            + "own: name the file of the audit in its configuration, audit: FILE")
                    throw Failure.unreachable
                }
            }
            if !result.open.isEmpty { throw Failure.findings }
        } catch {
            throw Failure.reported(error)
        }
    }
}
