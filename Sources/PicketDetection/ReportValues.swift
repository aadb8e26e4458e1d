import PicketEvents
import PicketProfiles

/// What the report at hand says of the metrics that rules look at. `metrics` is a flat canonical JSON object: a number,
/// a list of numbers, or a list of strings under each name.
struct ReportValues: Sendable {
    /// The metrics, with their names as canonical JSON writes them.
    private let metrics: [(name: [UInt8], metric: Metric)]
    /// By metric: the number, in the metric's fixed point; nil when the report does not say it.
    private(set) var numbers: [Int64?]
    /// By metric: the listed values as text; nil when the report does not have the list.
    private(set) var lists: [[String]?]

    init(_ metrics: [Metric]) {
        self.metrics = metrics.map { metric in
            var name: [UInt8] = []
            CanonicalJSON.appendString(metric.rawValue, to: &name)
            return (name, metric)
        }
        numbers = Array(repeating: nil, count: metrics.count)
        lists = Array(repeating: nil, count: metrics.count)
    }

    /// Whether any rule looks at reports.
    var isWanted: Bool { !metrics.isEmpty }

    /// Reads the report in event `row`.
    mutating func read(_ row: Int, of batch: borrowing EventBatch) {
        for index in metrics.indices {
            numbers[index] = nil
            lists[index] = nil
        }
        var slice = TextSlice.none
        for attribute in batch.attributes(of: row) where attribute.key == .metrics { slice = attribute.text }
        guard slice.isPresent else { return }
        var reader = Reader(text: Array(batch.text[slice.range]))
        reader.skip(0x7B)
        while let key = reader.string() {
            reader.skip(0x3A)
            let value = reader.value()
            reader.skip(0x2C)
            for index in metrics.indices where metrics[index].name.elementsEqual(reader.text[key]) {
                take(value, index)
            }
        }
    }

    private mutating func take(_ value: Reader.Value, _ index: Int) {
        let metric = metrics[index].metric
        switch value {
        case .number(let text) where metric.values == .number:
            numbers[index] = FixedPoint.read(text, places: metric.decimals)
        case .list(let items) where metric.values != .number: lists[index] = items
        default: break
        }
    }

    /// Goes through canonical JSON, which has no white space and was checked when the event came in.
    private struct Reader {
        enum Value {
            case number(String)
            case list([String])
            case other
        }

        let text: [UInt8]
        var position = 0

        init(text: [UInt8]) { self.text = text }

        mutating func skip(_ byte: UInt8) {
            if position < text.count, text[position] == byte { position += 1 }
        }

        /// A string with its quotes.
        mutating func string() -> Range<Int>? {
            guard position < text.count, text[position] == 0x22 else { return nil }
            let start = position
            position += 1
            while position < text.count, text[position] != 0x22 {
                position += text[position] == 0x5C ? 2 : 1
            }
            position = min(position + 1, text.count)
            return start..<position
        }

        mutating func value() -> Value {
            guard position < text.count else { return .other }
            switch text[position] {
            case 0x22:
                _ = string()
                return .other
            case 0x5B:
                position += 1
                var items: [String] = []
                while position < text.count, text[position] != 0x5D {
                    if let range = string() {
                        items.append(Reader.unquoted(text[range]))
                    } else {
                        let start = position
                        skipScalar()
                        // Nested values are no list that a metric has; nothing else moves on without this.
                        if position == start { position += 1 }
                        items.append(String(decoding: text[start..<position], as: UTF8.self))
                    }
                    skip(0x2C)
                }
                position = min(position + 1, text.count)
                return .list(items)
            default:
                let start = position
                skipScalar()
                if position == start { position += 1 }
                return .number(String(decoding: text[start..<position], as: UTF8.self))
            }
        }

        private mutating func skipScalar() {
            while position < text.count, ![0x2C, 0x5D, 0x7D, 0x5B, 0x7B, 0x22].contains(text[position]) {
                position += 1
            }
        }

        /// The text between the quotes. Canonical JSON escapes `"`, `\` and control characters alone; the latter stay as
        /// they are written, for no set has them.
        private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String {
            let inner = bytes.dropFirst().dropLast()
            guard inner.contains(0x5C) else { return String(decoding: inner, as: UTF8.self) }
            var out: [UInt8] = []
            var isEscaped = false
            for byte in inner {
                if byte == 0x5C, !isEscaped {
                    isEscaped = true
                    continue
                }
                if isEscaped, byte != 0x22, byte != 0x5C { out.append(0x5C) }
                isEscaped = false
                out.append(byte)
            }
            return String(decoding: out, as: UTF8.self)
        }
    }
}

/// Decimal numbers as integers.
enum FixedPoint {
    /// `text`, a JSON number, times ten to the power of `places`, without what is behind; nil when it is no number. What is
    /// beyond all that can be kept is the greatest that can.
    static func read(_ text: String, places: Int) -> Int64? {
        let scale = (0..<places).reduce(Int64(1)) { power, _ in power * 10 }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        if let whole = Int64(parts[0]), parts.count == 1 || parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let digits = parts.count == 1 ? "" : String(parts[1].prefix(places))
            let padded = digits + String(repeating: "0", count: places - digits.count)
            let fraction = places == 0 ? 0 : Int64(padded) ?? 0
            let (scaled, overflow) = whole.multipliedReportingOverflow(by: scale)
            guard !overflow else { return whole < 0 ? -Aggregate.largest : Aggregate.largest }
            return clamp(text.hasPrefix("-") ? scaled - fraction : scaled + fraction)
        }
        // An exponent: conversion to the nearest binary number is the same everywhere (IEEE 754).
        guard let number = Double(text), number.isFinite else { return nil }
        let scaled = (number * Double(scale)).rounded(.towardZero)
        guard scaled.magnitude < Double(Aggregate.largest) else {
            return scaled < 0 ? -Aggregate.largest : Aggregate.largest
        }
        return Int64(scaled)
    }

    private static func clamp(_ value: Int64) -> Int64 { min(max(value, -Aggregate.largest), Aggregate.largest) }
}
