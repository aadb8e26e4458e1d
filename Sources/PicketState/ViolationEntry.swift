import GRDB

/// A violation as it stands: its newest transition, and what a person said of it.
package struct ViolationEntry: FetchableRecord, Codable, Equatable, Sendable {
    package var id: String
    /// The newest transition: `in-alarm`, `alarm-cleared` or `alarm-invalidated`.
    package var state: String
    package var profile: String?
    package var behavior: String?
    /// The kind of subject, and its name.
    package var kind: String
    package var subject: String?
    package var severity: String?
    /// Unix milliseconds of engine time.
    package var opened: Int64
    package var ended: Int64?
    /// The index of its first and of its newest record in the log.
    package var firstIndex: Int64
    package var lastIndex: Int64
    /// The newest record, as it stands in the log.
    package var newest: String
    /// What a person decided, who and when (Unix milliseconds).
    package var verification: String?
    package var verifiedBy: String?
    package var verifiedAt: Int64?
    package var note: String?
}

extension ViolationEntry {
    /// The weakest identity of its events, as its newest record spells it; nil when it was only claimed.
    package var identity: String? { newestText("identity") }

    /// The sentence of its newest record.
    package var why: String? { newestText("why") }

    private func newestText(_ key: String) -> String? {
        let line = Array(newest.utf8)
        return RecordFields(line, 0..<line.count).string(key)
    }
}
