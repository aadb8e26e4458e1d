/// A time of day in a place: `outside 06:00-22:00 Europe/Berlin`.
///
/// The offsets of the zone are part of it, so that detection reads no clock and no time zone data, and a replay on
/// another machine finds the same.
package struct HoursWindow: Hashable, Sendable {
    /// From `time` on (Unix milliseconds), local time is that much ahead of UTC.
    package struct Offset: Hashable, Sendable {
        package let time: Int64
        package let seconds: Int

        package init(time: Int64, seconds: Int) {
            self.time = time
            self.seconds = seconds
        }
    }

    /// Whether events outside of the hours count, rather than those inside.
    package let isOutside: Bool
    /// Minutes of the day; when the end is not after the start, it is on the next day.
    package let startMinute: Int
    package let endMinute: Int
    /// The zone's name, as the profile has it.
    package let zone: String
    /// In ascending order; the first holds for all time before the second.
    package let offsets: [Offset]

    package init(isOutside: Bool, startMinute: Int, endMinute: Int, zone: String, offsets: [Offset]) {
        self.isOutside = isOutside
        self.startMinute = startMinute
        self.endMinute = endMinute
        self.zone = zone
        self.offsets = offsets
    }

    /// Whether an event at `time` (Unix milliseconds) counts.
    package func contains(_ time: Int64) -> Bool {
        var low = 0
        var high = offsets.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if offsets[middle].time <= time { low = middle } else { high = middle }
        }
        let offset = offsets.isEmpty ? 0 : offsets[low].seconds
        let minute = Int((time / 1_000 + Int64(offset)) / 60 % 1_440)
        let isInside =
            startMinute < endMinute
            ? startMinute <= minute && minute < endMinute : minute >= startMinute || minute < endMinute
        return isInside != isOutside
    }
}

extension HoursWindow: CustomStringConvertible {
    /// As it is written: `outside 06:00-22:00 Europe/Berlin`.
    package var description: String {
        "\(isOutside ? "outside" : "inside") \(HoursWindow.clock(startMinute))-\(HoursWindow.clock(endMinute)) \(zone)"
    }

    private static func clock(_ minute: Int) -> String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
    }
}
