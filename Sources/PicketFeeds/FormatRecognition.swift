import PicketEvents

extension FeedFormat {
    /// What the first bytes of a feed look like; nil when no format recognises them.
    package static func recognise(_ first: [UInt8]) -> FeedFormat? {
        let first = first.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(first.dropFirst(3)) : first
        guard let start = first.firstIndex(where: { $0 > 0x20 }) else { return nil }
        if first[start] == 0x7B { return .ndjson }
        return MosquittoDecoder.recognises(first) ? .mosquitto : nil
    }
}

/// How the identity behind a user name in a broker's log was proved.
package typealias IdentityRule = MosquittoDecoder.IdentityRule
