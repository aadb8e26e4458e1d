import PicketEvents

/// What a check of a log found, and what it could not prove.
package struct VerifyReport: Equatable, Sendable {
    /// The answer; its raw value is the exit code of `picket log verify`.
    package enum Verdict: Int32, Sendable {
        case sound = 0
        /// Something is other than it was when it was written or signed.
        case tampered = 1
        /// Something is missing that a sound log has. Absence is never sound.
        case incomplete = 2
        /// It could not be read, or is no log.
        case unreadable = 3

        /// Which verdict stands when a log has several: evidence before absence.
        var weight: Int {
            switch self {
            case .sound: 0
            case .incomplete: 1
            case .unreadable: 2
            case .tampered: 3
            }
        }
    }

    /// One thing that is not as it should be, and where.
    package struct Finding: Equatable, Sendable {
        package var verdict: Verdict
        package var path: String
        package var problem: String
        package var index: UInt64?
        package var offset: Int?

        package var description: String {
            var text = "\(path): \(problem)"
            if let index { text += ", record \(index)" }
            if let offset { text += ", byte \(offset)" }
            return text
        }
    }

    package var origin = ""
    /// The first of them, as many as a person reads.
    package private(set) var findings: [Finding] = []
    /// How many more there are.
    package private(set) var furtherFindings = 0
    /// The worst of all findings.
    package private(set) var verdict = Verdict.sound

    /// Findings that are kept: a log whose every block is damaged has millions.
    private static let findingLimit = 200

    /// Records, blocks and segments that were read and hashed.
    package var records: UInt64 = 0
    package var blocks = 0
    package var segments = 0
    /// Tiles that are those of the records.
    package var tiles = 0
    /// Checkpoints whose signature and tree head were right.
    package var checkpoints = 0
    /// The newest of them.
    package var newest: Checkpoint?
    /// The keys that signed it.
    package var newestSigners: [NoteKey] = []
    /// The keys that count, with their ranges.
    package var keys: [KeyList.Entry] = []
    /// Those whose introduction retention deleted, where no key was given that could be asked for it.
    package var unintroduced: [NoteKey] = []
    /// Whether the keys were given by the caller, not only by the log itself.
    package var keysWereGiven = false
    /// The checkpoint that the caller had kept, if he gave one that the log extends.
    package var since: Checkpoint?
    /// `gap` records: stretches of time that the log itself declares unseen.
    package private(set) var gaps: UInt64 = 0
    /// The first of them.
    package private(set) var declared: [DeclaredGap] = []
    /// Gaps that are told one by one; who wants all asks the log.
    static let declaredLimit = 20
    /// When the oldest record was received that no checkpoint covers, Unix ms; nil when there is none, or it is sealed.
    package var unsignedSince: Int64?
    /// The first index that retention left; 0 when the log is whole.
    package var pruned: UInt64 = 0
    /// Checkpoints below it, whose signatures are good and whose records are gone.
    package var beyondProof = 0
    /// Indexes that are those of their segments; nil when nobody asked.
    package var indexes: Int?
    /// Bytes of a frame that a crash cut off, never acknowledged.
    package var tornBytes = 0

    init() {}

    /// What no check of the files alone can prove.
    package var notProven: [String] {
        var list = ["that everything that happened was sent to the log"]
        if !keysWereGiven { list.append("whose the keys are: they were taken from the log itself (give --key)") }
        for key in unintroduced {
            list.append("how key \(key.idText) came in: retention deleted the record (give it with --key)")
        }
        if pruned > 0 { list.append("what the \(pruned) records said that retention deleted") }
        if since == nil { list.append("that no newer end was cut off: give --since-checkpoint, or ask a witness") }
        return list
    }

    mutating func add(
        _ verdict: Verdict, _ path: String, _ problem: String, index: UInt64? = nil, offset: Int? = nil
    ) {
        if verdict.weight > self.verdict.weight { self.verdict = verdict }
        guard findings.count < VerifyReport.findingLimit else {
            furtherFindings += 1
            return
        }
        findings.append(Finding(verdict: verdict, path: path, problem: problem, index: index, offset: offset))
    }

    /// Counts gaps, and keeps those that are told.
    mutating func add(gaps count: UInt64, _ first: [DeclaredGap]) {
        gaps += count
        declared += first.prefix(VerifyReport.declaredLimit - declared.count)
    }

    mutating func add(_ error: LogError) {
        let verdict: Verdict =
            switch error.kind {
            case .corrupt, .invalidRecord: .tampered
            case .missing: .incomplete
            default: .unreadable
            }
        add(verdict, error.path, error.problem, index: error.index, offset: error.offset)
    }

    /// The report for people, as `picket log verify` prints it.
    package var text: String {
        func row(_ name: String, _ value: String) -> String {
            name + String(repeating: " ", count: max(1, 16 - name.count)) + value + "\n"
        }
        var text = row("origin", origin)
        for entry in keys {
            text += row("key", "\(entry.key.idText) signs \(entry.from)…\(entry.to.map { String($0) } ?? "")")
        }
        if let newest {
            let signers = newestSigners.map(\.idText).joined(separator: " and ")
            text += row(
                "checkpoint",
                "size \(newest.size) root \(newest.rootText), signed by \(signers); \(checkpoints) in all")
        }
        text += row("tree", "\(records) records re-hashed, \(blocks) blocks, \(segments) segments, \(tiles) tiles")
        if let since { text += row("consistency", "\(since.size) → \(records + pruned): your checkpoint is a prefix") }
        let end = records + pruned
        let unsigned = end - min(end, newest?.size ?? 0)
        if unsigned > 0 {
            let since = unsignedSince.map { " (the oldest of \(Timestamp.format($0)))" } ?? ""
            text += row("tail", "\(unsigned) records after the newest checkpoint: NOT YET SIGNED\(since)")
        }
        if tornBytes > 0 { text += row("torn", "\(tornBytes) bytes of a frame that was never acknowledged") }
        if pruned > 0 {
            text += row("pruned", "below index \(pruned), as a record says; \(beyondProof) checkpoints below it")
        }
        if let indexes { text += row("indexes", "\(indexes) say of their segments what is there") }
        text += row("gaps", "\(gaps) declared")
        for gap in declared { text += row("", gap.text) }
        if gaps > declared.count {
            text += row("", "and \(gaps - UInt64(declared.count)) more: picket log query FOLDER --kind gap")
        }
        for finding in findings { text += row("\(finding.verdict)".uppercased(), finding.description) }
        if furtherFindings > 0 { text += row("AND", "\(furtherFindings) more of the kind") }
        for claim in notProven { text += row("NOT PROVEN", claim) }
        return text + row("RESULT", verdict == .sound ? "OK" : "\(verdict)".uppercased())
    }
}
