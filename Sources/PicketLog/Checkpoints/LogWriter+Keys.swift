import PicketEvents

extension LogWriter {
    /// Introduces a new key: the log names it in a record, and from then on checkpoints carry its signature too. Old
    /// and new sign together until the old one is retired, so that nobody who knows only one of them is left behind.
    ///
    /// - Parameter time: now, Unix ms.
    package func addKey(_ signer: NoteSigner, time: Int64) throws(LogError) {
        guard let signing, signer.key.name == origin, !signing.status(of: signer.key).signs else {
            throw LogError(
                .invalidOption, path: path, problem: "key \(signer.key.idText) cannot be added",
                advice: "The log must be signed already, and the key made for '\(origin)'")
        }
        try append(keyRecord("key-added", signer.key, time))
        try waitForSealing()
        try signing.add(signer, from: nextIndex)
        try signNow()
    }

    /// Ends the use of a key: the log says so in a record, and the checkpoint over that record is the last the key signs.
    /// Its private half should be destroyed afterwards, so that whoever steals the new key cannot rewrite the past.
    ///
    /// - Parameter time: now, Unix ms.
    package func retireKey(_ key: NoteKey, time: Int64) throws(LogError) {
        guard let signing, case (true, let count) = signing.status(of: key), count > 1 else {
            throw LogError(
                .invalidOption, path: path, problem: "key \(key.idText) cannot be retired",
                advice: "It must be in use, and another key must sign beside it")
        }
        try append(keyRecord("key-retired", key, time))
        try signNow()
        try signing.retire(key, at: nextIndex)
    }

    private func keyRecord(_ action: String, _ key: NoteKey, _ time: Int64) -> RecordBuffer {
        var line = RecordLine(received: time, kind: .log)
        line.add("action", action)
        line.add("vkey", key.description)
        var buffer = RecordBuffer()
        buffer.append(line: line.finish(), time: time)
        return buffer
    }
}
