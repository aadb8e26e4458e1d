import Foundation

/// Reads a time of day: `outside 06:00-22:00 Europe/Berlin`.
enum HoursReader {
    private static let form = "hours are written `outside 06:00-22:00 Europe/Berlin` or `inside 22:00-06:00 UTC`"

    /// The window; nil when it is wrong, which was then reported.
    static func read(_ entry: YAMLNode.Entry, _ collector: DiagnosticCollector) -> HoursWindow? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 3, ["outside", "inside"].contains(words[0]) else {
            collector.report(.hours, at: place, "`\(text)` is no time of day", help: form)
            return nil
        }
        let ends = words[1].split(separator: "-", omittingEmptySubsequences: false).map { minute(String($0)) }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start != end else {
            collector.report(.hours, at: place, "`\(words[1])` is no stretch of a day", help: form)
            return nil
        }
        guard let zone = TimeZone(identifier: words[2]), words[2].contains("/") || words[2] == "UTC" else {
            collector.report(
                .hours, at: place, "there is no time zone `\(words[2])`",
                help: "zones have names such as `Europe/Berlin`, or `UTC`",
                suggestion: DidYouMean.closest(to: words[2], among: TimeZone.knownTimeZoneIdentifiers))
            return nil
        }
        return HoursWindow(
            isOutside: words[0] == "outside", startMinute: start, endMinute: end, zone: words[2], offsets: offsets(zone)
        )
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hours = Int(parts[0]),
            let minutes = Int(parts[1]),
            (0...24).contains(hours), (0...59).contains(minutes), hours * 60 + minutes <= 1_440
        else { return nil }
        return hours * 60 + minutes
    }

    /// The offsets of the zone in the years that events can have (DESIGN §5: 2000 to 2100).
    private static func offsets(_ zone: TimeZone) -> [HoursWindow.Offset] {
        var date = Date(timeIntervalSince1970: 946_684_800)
        let last = Date(timeIntervalSince1970: 4_102_444_800)
        var offsets = [HoursWindow.Offset(time: 0, seconds: zone.secondsFromGMT(for: date))]
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next < last {
            let seconds = zone.secondsFromGMT(for: next.addingTimeInterval(1))
            if seconds != offsets[offsets.count - 1].seconds {
                offsets.append(HoursWindow.Offset(time: Int64(next.timeIntervalSince1970) * 1_000, seconds: seconds))
            }
            date = next
        }
        return offsets
    }
}
