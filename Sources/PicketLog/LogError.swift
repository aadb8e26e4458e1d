/// Why the log could not be opened, written or read: where, what happened, and what to do about it.
package struct LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong, for code that decides.
    package enum Kind: Equatable, Sendable {
        /// The system refused an operation; its errno.
        case inputOutput(errno: Int32)
        /// The disk, a quota or a size limit is exhausted. Nothing is wrong with the log; writing may go on later.
        case full
        /// Another process has the log open for writing.
        case locked
        /// The folder is not a log, or not a finished one.
        case notALog
        /// The log was written by a newer or a different format than this program knows.
        case unknownFormat
        /// Bytes that had been durable are missing or different: a damaged disk, or somebody's hand.
        case corrupt
        /// A part of the log that should be there is not: a segment, a checkpoint, a key.
        case missing
        /// A record that cannot be a line of the log: empty, too long, or with a line feed in it.
        case invalidRecord
        /// An option or argument that makes no sense.
        case invalidOption
        /// The writer stopped after an earlier error and does nothing more.
        case stopped
    }

    /// What became of the records that were being appended.
    package enum Outcome: Equatable, Sendable {
        /// They are not in the log and will not appear later.
        case notWritten
        /// They may or may not be in the log after the next start; nobody can know before (a failed fdatasync).
        case unknown
    }

    package var kind: Kind
    /// The file or folder concerned.
    package var path: String
    /// What happened, a clause without a full stop.
    package var problem: String
    /// What a person can do about it; may be empty.
    package var advice: String
    package var outcome: Outcome
    /// The index of the first record concerned, where known.
    package var index: UInt64?
    /// The byte offset in the file, where known.
    package var offset: Int?

    package init(
        _ kind: Kind, path: String, problem: String, advice: String = "", outcome: Outcome = .notWritten,
        index: UInt64? = nil, offset: Int? = nil
    ) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.advice = advice
        self.outcome = outcome
        self.index = index
        self.offset = offset
    }

    package var description: String {
        var text = "\(path): \(problem)"
        // Most problems name their record themselves.
        if let index, !names(index) { text += ", record \(index)" }
        if let offset { text += ", byte \(offset)" }
        if outcome == .unknown { text += " (whether the last records were kept is unknown until the next start)" }
        if !advice.isEmpty { text += ". \(advice)" }
        return text
    }

    /// Whether what happened says already at which record: that number, and not one that begins with it.
    private func names(_ index: UInt64) -> Bool {
        let words = problem.split { !$0.isLetter && !$0.isNumber }
        return zip(words, words.dropFirst()).contains { $0 == "record" && $1 == "\(index)" }
    }

    /// Damage below the durable end: never repaired silently.
    static func corrupt(_ path: String, _ problem: String, index: UInt64? = nil, offset: Int? = nil) -> LogError {
        LogError(
            .corrupt, path: path, problem: problem,
            advice: "The log is left as it is. Run `picket log verify` and restore the file from a copy",
            index: index, offset: offset)
    }
}
