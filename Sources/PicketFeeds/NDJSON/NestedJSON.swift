import PicketEvents

/// Turns the values of rare keys into attributes: nested ones become canonical JSON without white space, of which only
/// what may be kept is kept (DESIGN §4, secrets).
enum NestedJSON {
    struct Problem: Error {
        let reason: RejectionReason
    }

    /// What may be kept of a nested value.
    private enum Policy {
        /// These members, in this order, when they are strings or numbers.
        case members([String])
        /// Numbers, texts and flags, and lists and objects of them.
        case everything
        /// A text, a number or a flag.
        case scalar
        /// Numbers and flags; free text from a device is dropped.
        case numbers
    }

    /// The attribute for `key`; nil when there is nothing to keep.
    static func attribute(
        _ key: EventKey, _ value: LineParser.Value, in batch: inout EventBatch
    ) -> Result<EventBatch.Attribute?, Problem> {
        switch key.form {
        case .text:
            if value.form == .number || value.form == .true { return .success(literal(key, value, in: &batch)) }
            guard value.form == .string else { return value.form == .false ? .success(nil) : bad }
            let text = JSONScanner.decoded(batch.text.span.bytes, value.range, escaped: value.escaped)
            // The batch takes secrets out of all its texts; out of JSON they are taken here, where its texts are.
            return .success(EventBatch.Attribute(key: key, text: batch.appendText(text)))
        case .integer:
            guard value.form == .number, value.isInteger || value.overflows else { return bad }
            guard value.isInteger, value.integer >= 0 else { return .failure(Problem(reason: .badNumber)) }
            return .success(EventBatch.Attribute(key: key, integer: value.integer))
        case .flag:
            guard value.form != .string, value.form != .nested else { return bad }
            let isSet = value.form == .true || (value.isInteger && value.integer == 1)
            return .success(isSet ? EventBatch.Attribute(key: key, integer: 1) : nil)
        case .json:
            return json(key, value, in: &batch)
        }
    }

    private static let bad: Result<EventBatch.Attribute?, Problem> = .failure(Problem(reason: .badValue))

    /// A number or a flag where a text is expected is kept as its text.
    private static func literal(
        _ key: EventKey, _ value: LineParser.Value, in batch: inout EventBatch
    ) -> EventBatch.Attribute {
        let bytes = JSONScanner.decoded(batch.text.span.bytes, value.range, escaped: false)
        return EventBatch.Attribute(key: key, text: batch.appendText(bytes))
    }

    private static func json(
        _ key: EventKey, _ value: LineParser.Value, in batch: inout EventBatch
    ) -> Result<EventBatch.Attribute?, Problem> {
        var out: [UInt8] = []
        switch (key, value.form) {
        case (.value, .number):
            out = JSONScanner.decoded(batch.text.span.bytes, value.range, escaped: false)
        case (.certificate, .string):
            let serial = redacted(JSONScanner.decoded(batch.text.span.bytes, value.range, escaped: value.escaped))
            CanonicalJSON.append("{\"serial\":", to: &out)
            CanonicalJSON.appendString(serial.span.bytes, 0..<serial.count, to: &out)
            out.append(0x7D)
        case (_, .nested):
            let policy: Policy =
                switch key {
                case .tls: .members(["version", "cipher"])
                case .certificate: .members(["serial", "subject"])
                case .payload: .members(["name", "bytes", "chunks", "location"])
                case .symptoms: .numbers
                default: .everything
                }
            guard write(batch.text.span.bytes, value.range.lowerBound, policy, to: &out) else { return .success(nil) }
        default:
            return bad
        }
        return .success(EventBatch.Attribute(key: key, text: batch.appendText(out)))
    }

    /// The strings of the array at `value`; for the `unknown` list of a canonical line.
    static func strings(_ text: RawSpan, _ value: LineParser.Value) -> [[UInt8]] {
        guard value.form == .nested, JSONScanner.byte(text, Int(value.start)) == 0x5B else { return [] }
        var scanner = JSONScanner()
        var found: [[UInt8]] = []
        _ = scanner.array(text, Int(value.start), depth: 2) { scanner, position in
            var escaped = false
            guard JSONScanner.byte(text, position) == 0x22 else { return scanner.value(text, position, depth: 3) }
            let end = scanner.string(text, position + 1, escaped: &escaped)
            guard end >= 0 else { return end }
            found.append(JSONScanner.decoded(text, position + 1..<end, escaped: escaped))
            return end + 1
        }
        return found
    }

    /// Writes the value at `start`, as far as `policy` allows; false when nothing of it may be kept. The value was
    /// scanned before, so it is known to be well formed. Texts in a secret are not written.
    private static func write(
        _ text: RawSpan, _ start: Int, _ policy: Policy, _ secrecy: Redaction.Secrecy = .none, to out: inout [UInt8]
    ) -> Bool {
        var scanner = JSONScanner()
        let first = JSONScanner.byte(text, start)
        switch policy {
        case .scalar where first == 0x7B || first == 0x5B: return false
        // Members are those of the value itself, not of elements of a list.
        case .members where first != 0x7B: return false
        default: break
        }
        switch first {
        case 0x7B:
            var members: [(name: [UInt8], json: [UInt8])] = []
            var written: Set<[UInt8]> = []
            _ = scanner.object(text, start, depth: 1) { scanner, position, key in
                let end = scanner.value(text, position, depth: 2)
                guard end >= 0 else { return end }
                let escaped = text.withUnsafeBytes { $0[key].contains(0x5C) }
                let spelled = JSONScanner.decoded(text, key, escaped: escaped)
                var name = redacted(spelled)
                // A device chooses these names, so they can be free text too.
                if case .numbers = policy { name = UnknownKey.kept(spelled) }
                // Names that are the same without their secrets are one: the first stays.
                guard written.insert(name).inserted else { return end }
                var json: [UInt8] = []
                var inner = policy
                if case .members(let names) = policy {
                    guard names.contains(String(decoding: name, as: UTF8.self)) else { return end }
                    inner = .scalar
                }
                if write(text, position, inner, secrecy.of(spelled), to: &json) { members.append((name, json)) }
                return end
            }
            if case .members(let names) = policy {
                let order = names.map { Array($0.utf8) }
                members.sort { (order.firstIndex(of: $0.name) ?? 0) < (order.firstIndex(of: $1.name) ?? 0) }
                if members.isEmpty { return false }
            }
            out.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(0x2C) }
                CanonicalJSON.appendString(member.name.span.bytes, 0..<member.name.count, to: &out)
                out.append(0x3A)
                out += member.json
            }
            out.append(0x7D)
        case 0x5B:
            var elements: [[UInt8]] = []
            _ = scanner.array(text, start, depth: 1) { scanner, position in
                let end = scanner.value(text, position, depth: 2)
                guard end >= 0 else { return end }
                var json: [UInt8] = []
                if write(text, position, policy, secrecy, to: &json) { elements.append(json) }
                return end
            }
            out.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(0x2C) }
                out += element
            }
            out.append(0x5D)
        case 0x22:
            if case .numbers = policy { return false }
            var escaped = false
            let end = scanner.string(text, start + 1, escaped: &escaped)
            guard end >= 0 else { return false }
            let plain = JSONScanner.decoded(text, start + 1..<end, escaped: escaped)
            let decoded = secrecy == .none ? redacted(plain) : Redaction.mark
            CanonicalJSON.appendString(decoded.span.bytes, 0..<decoded.count, to: &out)
        default:
            let end = scanner.value(text, start, depth: 2)
            guard end >= 0 else { return false }
            let isNumber = first == 0x2D || (0x30...0x39).contains(first)
            if secrecy == .everything, isNumber {
                // Where only numbers are kept, a text in the place of one is free text again.
                if case .numbers = policy { return false }
                CanonicalJSON.appendString("***", to: &out)
            } else {
                CanonicalJSON.append(text, start..<end, to: &out)
            }
        }
        return true
    }

    private static func redacted(_ text: [UInt8]) -> [UInt8] { Redaction.redacted(text) ?? text }
}
