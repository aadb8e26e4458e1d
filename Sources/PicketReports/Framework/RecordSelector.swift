package import PicketEvents
import PicketLog

/// Which records of a log are evidence for something: those of some kinds, perhaps with or without a key, or with one of
/// some values. So simple that anybody can count them again with `zcat` and `jq`.
package struct RecordSelector: Equatable, Sendable {
    /// A condition on one key of the record.
    package struct Condition: Equatable, Sendable {
        package enum Test: Equatable, Sendable {
            case has
            case hasNot
            /// One of these texts.
            case isOneOf([String])
        }

        package var key: String
        package var test: Test
    }

    /// What the evidence is, in words: `connections with TLS`.
    package var label: String
    package var kinds: [EventKind]
    package var conditions: [Condition]
    /// They are counted, and are no evidence by themselves: connections of which nothing is known, say.
    package var isContext = false

    /// Kinds as bits.
    var mask: EventKindSet { kinds.reduce(into: EventKindSet(rawValue: 0)) { $0.formUnion(EventKindSet($1)) } }

    /// Whether the record in `line` of `bytes` fits; its kind was looked at before.
    func fits(_ bytes: [UInt8], _ line: Range<Int>) -> Bool {
        guard !conditions.isEmpty else { return true }
        var met = conditions.map { $0.test == .hasNot }
        LineFields.forEach(bytes, line) { key, value in
            for (place, condition) in conditions.enumerated() where bytes[key].elementsEqual(condition.key.utf8) {
                switch condition.test {
                case .has: met[place] = true
                case .hasNot: met[place] = false
                case .isOneOf(let texts):
                    let content = value.dropFirst().dropLast()
                    met[place] = texts.contains { bytes[content].elementsEqual($0.utf8) }
                }
            }
            return true
        }
        return met.allSatisfy { $0 }
    }

    var json: JSONValue {
        .object([
            "context": isContext ? .flag(true) : nil,
            "kinds": .texts(kinds.map { "\($0.name)" }),
            "where": conditions.isEmpty
                ? nil
                : .list(
                    conditions.map { condition in
                        switch condition.test {
                        case .has: .object(["key": .text(condition.key), "is": .text("present")])
                        case .hasNot: .object(["key": .text(condition.key), "is": .text("absent")])
                        case .isOneOf(let texts): .object(["key": .text(condition.key), "is": .texts(texts)])
                        }
                    }),
        ])
    }
}
