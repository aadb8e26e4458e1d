/// Durations as configuration files write them, for other rooms.
package enum Durations {
    /// The seconds of `5m`, `90 s`, `1h`; nil when it is no duration of whole seconds.
    package static func seconds(_ text: String) -> Int? {
        do {
            return try AlarmWords.parseDuration(text)
        } catch {
            return nil
        }
    }
}
