import ArgumentParser
import PicketLog
import PicketService

/// Reads the options that choose among violations by time.
enum ReplaySelectionText {
    /// - Throws: `ValidationError` for what is no time, or no period.
    static func selection(from: String?, to: String?) throws -> ReplaySelection {
        var selection = ReplaySelection()
        selection.from = try from.map { try time($0, "--from") }
        selection.to = try to.map { try time($0, "--to") }
        if let from = selection.from, let to = selection.to, from >= to {
            throw ValidationError("--from must be before --to.")
        }
        return selection
    }

    private static func time(_ text: String, _ option: String) throws -> Int64 {
        guard let time = QueryTime.parse(text) else {
            throw ValidationError(
                "\(option) takes a time like 2026-11-18T11:27:03Z or a day like 2026-11-18, not '\(text)'.")
        }
        return time
    }
}
