/// Which keys of a log are believed, and why. KEYS is a table that anybody can write, and so is a record of an unsigned tail:
/// a key is believed because the caller has it from elsewhere, or because a key that was believed before signed the record
/// that introduced it.
struct KeyBelief {
    private(set) var believed: [NoteKey]
    /// Keys of which it cannot be said any more: retention deleted their introduction.
    private(set) var doubtful: [NoteKey] = []

    /// - Parameters:
    ///   - keys: the log's, in their order.
    ///   - trusted: those that the caller gave; where he gave none, the first of the log is believed on its own word.
    init(_ keys: [KeyList.Entry], trusted: [NoteKey]) {
        believed = trusted.isEmpty ? keys.prefix(1).map(\.key) : keys.map(\.key).filter { trusted.contains($0) }
    }

    mutating func believe(_ key: NoteKey) { believed.append(key) }

    mutating func doubt(_ key: NoteKey) { doubtful.append(key) }

    /// Whether a believed key signed a head that covers the record before `size`.
    func vouches(for size: UInt64, in claims: [CheckpointCheck.Claim]) -> Bool {
        claims.contains { $0.checkpoint.size >= size && isBelieved($0) }
    }

    /// Whether a believed key is among its signers.
    func isBelieved(_ claim: CheckpointCheck.Claim) -> Bool { claim.signers.contains { believed.contains($0) } }

    /// The newest checkpoint that a believed key signed.
    func newest(of claims: [CheckpointCheck.Claim]) -> CheckpointCheck.Claim? {
        var newest: CheckpointCheck.Claim?
        for claim in claims where isBelieved(claim) && claim.checkpoint.size >= newest?.checkpoint.size ?? 0 {
            newest = claim
        }
        return newest
    }
}
