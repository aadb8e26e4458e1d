import PicketEvents

/// A topic filter of which one level names the device, as in `telemetry/{device}/#`: how messages behind a gateway say whose
/// they are.
package struct DeviceTopic: Hashable, Sendable {
    private enum Level: Hashable {
        case exact([UInt8])
        /// `+`
        case any
        /// `#`, the last one: any levels or none.
        case rest
        /// The level that names the device, between these texts.
        case device(before: [UInt8], after: [UInt8])
    }

    /// As it was written.
    package let pattern: String
    private let levels: [Level]

    private static let mark = "{device}"

    /// - Returns: nil when no level, or more than one, holds `{device}`, or `#` is not the last level.
    package init?(_ pattern: String) {
        var levels: [Level] = []
        for text in pattern.split(separator: "/", omittingEmptySubsequences: false) {
            if levels.last == .rest { return nil }
            let parts = text.split(separator: DeviceTopic.mark, omittingEmptySubsequences: false)
            switch (parts.count, text) {
            case (_, "+"): levels.append(.any)
            case (_, "#"): levels.append(.rest)
            case (1, _): levels.append(.exact(Array(text.utf8)))
            case (2, _): levels.append(.device(before: Array(parts[0].utf8), after: Array(parts[1].utf8)))
            default: return nil
            }
        }
        let names = levels.count { if case .device = $0 { true } else { false } }
        guard names == 1 else { return nil }
        self.pattern = pattern
        self.levels = levels
    }

    /// Where the name of the device stands in a topic; nil when the topic is no such one, or is a filter itself.
    package func device(_ text: RawSpan, _ topic: Range<Int>) -> Range<Int>? {
        var found: Range<Int>?
        var start = topic.lowerBound
        var index = 0
        while index < levels.count {
            // Behind the last level of the topic only `#` fits, for no level at all.
            guard start <= topic.upperBound else { return levels[index] == .rest ? found : nil }
            let end = text.first(0x2F, in: start..<topic.upperBound) ?? topic.upperBound
            switch levels[index] {
            case .rest: return found
            case .any: break
            case .exact(let bytes): guard text.equals(bytes, start..<end) else { return nil }
            case .device(let before, let after):
                guard end - start > before.count + after.count, text.holds(before, at: start),
                    text.holds(after, at: end - after.count)
                else { return nil }
                let name = start + before.count..<end - after.count
                // A filter of a subscription names no device.
                for byte in name where text.byte(at: byte) == 0x2B || text.byte(at: byte) == 0x23 { return nil }
                found = name
            }
            start = end + 1
            index += 1
        }
        return start > topic.upperBound ? found : nil
    }

    /// The name of the device in a topic.
    package func device(in topic: String) -> String? {
        let bytes = Array(topic.utf8)
        return device(bytes.span.bytes, 0..<bytes.count).map { String(decoding: bytes[$0], as: UTF8.self) }
    }
}
