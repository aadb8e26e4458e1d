package import PicketEvents

/// One entry of `where`: a test of one column. The values are alternatives; `not` turns the result round.
///
/// An absent value matches nothing, so that a term with `not` holds for it.
package struct Term: Hashable, Sendable {
    /// What the column is compared with. Several values are alternatives.
    package enum Test: Hashable, Sendable {
        case text([TextPattern])
        case number([NumberTest])
        /// Bits `1 << rawValue` of ``Reason``.
        case reasons(UInt32)
        /// Bits `1 << rawValue` of ``Identity``.
        case identities(UInt32)
        case flag(Bool)
    }

    /// The one column it reads.
    package let field: Field
    /// Whether it holds when no value matches.
    package let isNegated: Bool
    package let test: Test
    /// Whether it compares with the device of the event too (`{device}`), so that a result belongs to both.
    package let needsDevice: Bool

    package init(_ field: Field, _ test: Test, isNegated: Bool = false) {
        self.field = field
        self.test = test
        self.isNegated = isNegated
        if case .text(let patterns) = test {
            needsDevice = patterns.contains { $0.needsDevice }
        } else {
            needsDevice = false
        }
    }

    /// Whether the term holds for event `row`.
    package func matches(_ row: Int, of batch: borrowing EventBatch) -> Bool {
        let head = batch.head[row]
        switch test {
        case .text:
            let slice = field.slice(row, of: batch)
            guard slice.isPresent else { return isNegated }
            let device = batch.names[row].device
            return matches(batch.text.span.bytes, slice.range, device: device.isPresent ? device.range : nil)
        case .number(let tests):
            let value: Int64
            if field == .bytes {
                guard head.flags.contains(.hasBytes) else { return isNegated }
                value = batch.bytes[row]
            } else {
                guard head.flags.contains(.hasQoS) else { return isNegated }
                value = Int64(head.qos)
            }
            return tests.contains { $0.matches(value) } != isNegated
        case .reasons(let bits): return (bits & 1 << UInt32(head.reason.rawValue) != 0) != isNegated
        case .identities(let bits): return (bits & 1 << UInt32(head.identity.rawValue) != 0) != isNegated
        case .flag(let wanted): return (head.flags.contains(.retain) == wanted) != isNegated
        }
    }

    /// Whether the result depends on nothing but the text of a column.
    package var canBeRemembered: Bool {
        guard case .text = test else { return false }
        return field.isColumn && !needsDevice
    }

    /// Whether comparing costs more than looking a text up that was compared before.
    package var isCostly: Bool {
        guard case .text(let patterns) = test else { return false }
        return patterns.count > Term.cheapPatterns || patterns.contains(where: \.isCostly)
    }

    /// Patterns that are compared faster than one text is looked up.
    private static let cheapPatterns = 4

    /// Whether the term holds for a text that is present; what a caller may remember for each distinct text (and
    /// device, if ``needsDevice``).
    ///
    /// - Parameters:
    ///   - text: the bytes that hold the value, and the device.
    ///   - range: where the value of ``field`` lies in `text`.
    ///   - device: where the device of the event lies in `text`; nil when it has none.
    /// - Returns: false for a field that holds no text.
    package func matches(_ text: RawSpan, _ range: Range<Int>, device: Range<Int>?) -> Bool {
        guard case .text(let patterns) = test else { return false }
        for index in patterns.indices where patterns[index].matches(text, range, device: device) { return !isNegated }
        return isNegated
    }
}

/// One comparison with a number.
package struct NumberTest: Hashable, Sendable {
    /// How the value relates to the number; the raw values are Sigma's modifiers.
    package enum Relation: String, CaseIterable, Sendable {
        case equal = ""
        case less = "lt"
        case lessOrEqual = "lte"
        case greater = "gt"
        case greaterOrEqual = "gte"
    }

    package let relation: Relation
    package let number: Int64

    package init(_ relation: Relation, _ number: Int64) {
        self.relation = relation
        self.number = number
    }

    /// Whether `value` relates to the number as it should.
    @inlinable
    package func matches(_ value: Int64) -> Bool {
        switch relation {
        case .equal: value == number
        case .less: value < number
        case .lessOrEqual: value <= number
        case .greater: value > number
        case .greaterOrEqual: value >= number
        }
    }
}

extension Term: CustomStringConvertible {
    /// The term in words: `topic is not telemetry/{device}/#`.
    package var description: String {
        let values: String
        switch test {
        case .text(let patterns):
            values = list(patterns.map { ($0.verb(isNegated: isNegated), $0.source) })
        case .number(let tests):
            values = list(tests.map { ($0.relation.verb(isNegated: isNegated), "\($0.number)") })
        case .reasons(let bits):
            let names = Reason.allCases.filter { bits & 1 << UInt32($0.rawValue) != 0 }.map { "\($0.name)" }
            values = list(names.map { (isNegated ? "is not" : "is", $0) })
        case .identities(let bits):
            let names = Identity.allCases.filter { bits & 1 << UInt32($0.rawValue) != 0 }.map { "\($0.name)" }
            values = list(names.map { (isNegated ? "is not" : "is", $0) })
        case .flag(let wanted):
            values = "is \(isNegated ? "not " : "")\(wanted)"
        }
        return "\(field.rawValue) \(values)"
    }

    /// `is a or b`; the verb is said once while it stays the same.
    private func list(_ items: [(verb: String, value: String)]) -> String {
        var out = ""
        var last: String?
        for (verb, value) in items {
            if last != nil { out += isNegated ? " nor " : " or " }
            if verb != last { out += verb + " " }
            out += value
            last = verb
        }
        return out
    }
}

extension NumberTest.Relation {
    /// How it is said in a sentence.
    fileprivate func verb(isNegated: Bool) -> String {
        let not = isNegated ? "not " : ""
        return switch self {
        case .equal: "is \(not)".trimmed
        case .less: "is \(not)less than"
        case .lessOrEqual: "is \(not)at most"
        case .greater: "is \(not)more than"
        case .greaterOrEqual: "is \(not)at least"
        }
    }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
