/// An MQTT topic filter (MQTT 5 §4.7), whose levels may hold `{device}`.
package struct TopicPattern: Hashable, Sendable {
    enum Level: Hashable, Sendable {
        /// `+`: one level, whatever it is.
        case any
        /// `#`: all levels that follow, also none.
        case rest
        case text(TextTemplate)
    }

    let levels: [Level]

    /// Whether a level holds `{device}`.
    var needsDevice: Bool {
        levels.contains { level in
            if case .text(let template) = level { template.needsDevice } else { false }
        }
    }

    /// Whether `topic` matches, where no level holds `{device}`.
    package func matches(_ topic: String) -> Bool {
        let bytes = Array(topic.utf8)
        return matches(bytes.span.bytes, 0..<bytes.count, device: nil)
    }

    /// Whether the topic in `range` matches. Wildcards do not match a first level that begins with `$`.
    func matches(_ text: RawSpan, _ range: Range<Int>, device: Range<Int>?) -> Bool {
        let isReserved =
            !range.isEmpty && text.unsafeLoad(fromByteOffset: range.lowerBound, as: UInt8.self) == 0x24
        // The place of the next level; one beyond the end when the topic has no further one.
        var position = range.lowerBound
        for index in levels.indices {
            if case .rest = levels[index] { return index > 0 || !isReserved }
            guard position <= range.upperBound else { return false }
            var end = position
            while end < range.upperBound, text.unsafeLoad(fromByteOffset: end, as: UInt8.self) != 0x2F { end += 1 }
            switch levels[index] {
            case .any where index == 0 && isReserved: return false
            case .any, .rest: break
            case .text(let template):
                guard template.match(text, at: position, end: end, device: device) == end else { return false }
            }
            position = end + 1
        }
        return position == range.upperBound + 1
    }
}

extension TopicPattern {
    /// The filter in `source`; nil when MQTT does not allow it.
    package init?(filter source: String) {
        do throws(Failure) {
            try self.init(source)
        } catch {
            return nil
        }
    }

    /// What is wrong with a topic filter.
    enum Failure: Error {
        /// A rule of MQTT is broken; `offset` in Unicode scalars.
        case malformed(message: String, offset: Int, length: Int)
        case placeholder(TextTemplate.UnknownPlaceholder)
    }

    /// Reads a topic filter.
    init(_ source: String) throws(Failure) {
        guard !source.isEmpty else {
            throw .malformed(message: "a topic has at least one character", offset: 0, length: 1)
        }
        var levels: [Level] = []
        var offset = 0
        let parts = source.split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let length = part.unicodeScalars.count
            switch part {
            case "+": levels.append(.any)
            case "#" where index == parts.count - 1: levels.append(.rest)
            case "#":
                throw .malformed(message: "`#` may only be the last level", offset: offset, length: length)
            case _ where part.contains("+") || part.contains("#"):
                throw .malformed(
                    message: "`+` and `#` stand for whole levels, `\(part)` mixes them with other characters",
                    offset: offset, length: length)
            case _ where part.unicodeScalars.contains("\0"):
                throw .malformed(message: "a topic cannot hold the character 0", offset: offset, length: length)
            default:
                do throws(TextTemplate.UnknownPlaceholder) {
                    levels.append(.text(try TextTemplate(part)))
                } catch {
                    throw .placeholder(.init(text: error.text, offset: error.offset + offset))
                }
            }
            offset += length + 1
        }
        self.levels = levels
    }
}
