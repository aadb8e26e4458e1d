import PicketEvents

/// Which records are wanted. Values of one key are alternatives; keys and times must all fit.
package struct LogQuery: Equatable, Sendable {
    /// For every key the canonical JSON text of the values that fit.
    private(set) var terms: [IndexedKey: [[UInt8]]] = [:]
    /// The first `received` time, Unix ms.
    package var from: Int64?
    /// The `received` time before which records are wanted, Unix ms.
    package var to: Int64?
    /// The first index.
    package var fromIndex: UInt64 = 0
    /// The index before which records are wanted.
    package var toIndex = UInt64.max

    package init() {}

    /// Wants records whose `key` is `value`, or one of the other values given for that key.
    package mutating func add(_ key: IndexedKey, _ value: String) {
        var text: [UInt8] = []
        CanonicalJSON.appendString(value, to: &text)
        terms[key, default: []].append(text)
    }

    /// The query in words, one for each condition: `device=sensor-1`.
    package var words: [String] {
        var words: [String] = []
        for key in IndexedKey.allCases {
            for value in terms[key] ?? [] {
                words.append("\(key.name)=\(String(decoding: value.dropFirst().dropLast(), as: UTF8.self))")
            }
        }
        if let from { words.append("from=\(Timestamp.format(from))") }
        if let to { words.append("to=\(Timestamp.format(to))") }
        return words
    }

    /// Whether a block of these times can hold a wanted record.
    func fits(earliest: Int64, latest: Int64) -> Bool { latest >= from ?? .min && earliest < to ?? .max }

    /// Whether the record in `bytes[line]` is wanted.
    func fits(_ bytes: [UInt8], _ line: Range<Int>) -> Bool {
        var open = terms.count
        var isInTime = from == nil && to == nil
        LineFields.forEach(bytes, line) { key, value in
            if !isInTime, bytes[key].elementsEqual("received".utf8) {
                guard value.count > 2 else { return false }
                let time = Timestamp.parse(bytes.span.bytes, (value.lowerBound + 1)..<(value.upperBound - 1))
                guard let time, time >= from ?? .min, time < to ?? .max else { return false }
                isInTime = true
            }
            for (wanted, values) in terms where bytes[key].elementsEqual(wanted.name.utf8) {
                guard
                    values.contains(where: { bytes[value].elementsEqual($0) })
                        || wanted == .certificate && values.contains(where: { isSerial($0, in: bytes, value) })
                else { return false }
                open -= 1
            }
            return open > 0 || !isInTime
        }
        return open == 0 && isInTime
    }

    /// Whether the certificate that stands in `bytes[value]` has the serial number `wanted`. A record of an event holds an
    /// object with what the broker said of it, in the broker's spelling; a violation the number alone.
    private func isSerial(_ wanted: [UInt8], in bytes: [UInt8], _ value: Range<Int>) -> Bool {
        var serial = value
        if bytes[value.lowerBound] == 0x7B {
            LineFields.forEach(bytes, value) { key, value in
                let isFound = bytes[key].elementsEqual("serial".utf8)
                if isFound { serial = value }
                return !isFound
            }
        }
        guard serial.count > 2, bytes[serial.lowerBound] == 0x22 else { return false }
        func normal(_ quoted: some Collection<UInt8>) -> String? {
            CertificateSerial.normal(String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self))
        }
        guard let found = normal(bytes[serial]) else { return false }
        return found == normal(wanted)
    }

    /// Bytes that every wanted record holds, the rarest first guess: a block without them needs no closer look.
    var needle: [UInt8]? {
        for key in [IndexedKey.device, .client, .user, .address, .topic, .behavior, .profile, .severity, .kind] {
            if let values = terms[key], values.count == 1 { return Array("\"\(key.name)\":".utf8) + values[0] }
        }
        return nil
    }
}
