import ArgumentParser
import CMalloc

/// The command line: one file for each command, no logic of its own.
@main
struct Picket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "picket",
        abstract: "Watches a fleet of MQTT devices, and keeps a record that nobody can quietly change.",
        discussion: """
            Data goes to standard output, everything else to standard error.

            Exit codes: 0 done, 1 findings, 2 wrong configuration or profile, 3 could not read or reach, 64 wrong usage, \
            70 internal error.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, ReplayCommand.self, ReportCommand.self, AuditCommand.self, TailCommand.self,
            ProfileCommand.self,
            MetricsCommand.self, LogCommand.self, ViolationsCommand.self, WhyCommand.self, DeviceCommand.self,
            FleetCommand.self, CertificateCommand.self,
            MitigationCommand.self, PlaybookCommand.self, SimulateCommand.self,
        ])

    /// Memory of this size goes back to the system as soon as it is free. Else glibc raises the bound up to 32 MiB by itself
    /// and keeps what threads have freed: reading blocks as large as they may be (8 MiB) took 67 MB instead of 56.
    private static let returnedBytes: Int32 = 4 << 20

    static func main() async {
        mallopt(M_MMAP_THRESHOLD, returnedBytes)
        // What is smaller is kept: a block's content goes and comes hundreds of times a second, and giving its memory back
        // each time was a sixth of a query.
        mallopt(M_TRIM_THRESHOLD, returnedBytes)
        await main(nil)
    }
}
