import PicketProfiles

/// Reads the `log` part of a configuration file.
enum LogConfigurationReader {
    static func read(_ entry: YAMLNode.Entry, into configuration: inout Configuration, _ collector: DiagnosticCollector)
    {
        guard var log = MappingReader(entry.value, "`log`", collector) else { return }
        if let entry = log.take("level") {
            if let level = entry.value.integer, (1...9).contains(level) {
                configuration.logLevel = Int(level)
            } else {
                collector.report(.numberRange, at: entry.value.place, "`level` is a number from 1 to 9")
            }
        }
        if let retention = log.text(["retention"]) {
            // Below a day a wrong unit is likelier than a wish, and what is deleted does not come back.
            if let seconds = seconds(retention.text), seconds >= 86_400 {
                configuration.retention = seconds
            } else {
                collector.report(
                    .duration, at: retention.place, "`retention` is a duration of at least a day",
                    help: "for example 400d")
            }
        }
        if let entry = log.take("anchor") { configuration.anchor = anchor(entry, collector) }
        log.finish()
    }

    /// A duration, also in days: alarms have no use for those, keeping records has for nothing else.
    private static func seconds(_ text: String) -> Int? {
        guard text.hasSuffix("d") else { return Durations.seconds(text) }
        guard let days = Int(text.dropLast()), (1...36_500).contains(days) else { return nil }
        return days * 86_400
    }

    private static func anchor(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> AnchorTarget? {
        guard var keys = MappingReader(entry.value, "`anchor`", collector) else { return nil }
        let folder = keys.text(["folder"])
        let command = keys.take("command")
        keys.finish()
        if let folder, command == nil { return .folder(folder.text) }
        guard let command, folder == nil else {
            collector.report(
                .wrongType, at: entry.value.place, "`anchor` is one of `folder` and `command`",
                help: "for example { folder: /mnt/auditor } or { command: [/usr/local/bin/send-checkpoint, north] }")
            return nil
        }
        let arguments = command.value.items.compactMap(\.text)
        guard let program = arguments.first, program.hasPrefix("/"), arguments.count == command.value.items.count else {
            collector.report(
                .wrongType, at: command.value.place,
                "`command` is a list of texts, and the first is the whole path of a program",
                help: "it is started as it is, without a shell: nothing in it is expanded")
            return nil
        }
        return .command(arguments)
    }
}
