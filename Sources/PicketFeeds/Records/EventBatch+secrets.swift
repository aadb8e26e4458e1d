import PicketEvents

extension EventBatch {
    /// Takes secrets out of what the events name and say. The decoders that must be fast call it once for a batch; a
    /// draft is redacted when it is appended.
    ///
    /// Nearly all texts are plain, which takes a few nanoseconds to see.
    mutating func redactTexts() {
        let (suspects, suspectAttributes) = suspects()
        for row in suspects {
            let old = names[row]
            let device = redacted(old.device)
            let clean = Names(
                device: device, client: old.client == old.device ? device : redacted(old.client),
                user: old.user == old.device ? device : redacted(old.user), address: redacted(old.address),
                topic: redacted(old.topic))
            names[row] = clean
        }
        for index in suspectAttributes {
            let clean = redacted(attributes[index].text)
            attributes[index].text = clean
        }
    }

    /// The rows and the attributes with a secret in them.
    private func suspects() -> (rows: [Int], attributes: [Int]) {
        let bytes = text.span.bytes
        var rows: [Int] = []
        for row in 0..<count where EventBatch.isSuspect(names[row], bytes) { rows.append(row) }
        var found: [Int] = []
        for index in attributes.indices where attributes[index].text.isPresent && attributes[index].key.form == .text {
            if SecretSearch.finds(bytes, attributes[index].text.range) { found.append(index) }
        }
        return (rows, found)
    }

    @inline(__always)
    private static func isSuspect(_ names: Names, _ text: RawSpan) -> Bool {
        if names.device.isPresent, SecretSearch.finds(text, names.device.range) { return true }
        if names.client.isPresent, names.client != names.device, SecretSearch.finds(text, names.client.range) {
            return true
        }
        if names.user.isPresent, names.user != names.device, SecretSearch.finds(text, names.user.range) { return true }
        if names.address.isPresent, SecretSearch.finds(text, names.address.range) { return true }
        return names.topic.isPresent && SecretSearch.finds(text, names.topic.range)
    }

    private mutating func redacted(_ slice: TextSlice) -> TextSlice {
        guard slice.isPresent, let clean = Redaction.redacted(Array(text[slice.range])) else { return slice }
        return appendText(clean)
    }
}
