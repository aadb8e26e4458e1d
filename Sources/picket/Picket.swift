import ArgumentParser

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
}
