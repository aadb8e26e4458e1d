import ArgumentParser

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Reads, proves and checks the record.",
        subcommands: [
            LogVerifyCommand.self, LogQueryCommand.self, LogCatCommand.self, LogProveCommand.self,
            LogExportCommand.self, LogKeysCommand.self, LogRebuildCommand.self,
        ])
}
