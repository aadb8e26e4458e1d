/// Checks a whole log: every record is read and hashed again, every checkpoint compared. It needs nothing but the files,
/// changes none, and works on a copy.
package struct LogVerifier {
    private let folder: LogFolder
    private let fileSystem: any LogFileSystem
    private let trusted: [NoteKey]
    private let since: [UInt8]?
    private let comparesIndexes: Bool

    /// - Parameters:
    ///   - trusted: keys that the caller has from elsewhere; empty believes those of the log.
    ///   - since: a checkpoint the caller kept, as bytes of its file: the log must extend it.
    ///   - comparesIndexes: also looks whether an index hides records from queries. No verdict on the records needs it.
    package init(
        folder path: String, trusted: [NoteKey] = [], since: [UInt8]? = nil, comparesIndexes: Bool = false,
        fileSystem: any LogFileSystem = RealFileSystem()
    ) {
        self.comparesIndexes = comparesIndexes
        folder = LogFolder(path)
        self.trusted = trusted
        self.since = since
        self.fileSystem = fileSystem
    }

    /// Checks everything. `progress` is told how many records were read so far.
    package func run(progress: (UInt64) -> Void = { _ in }) -> VerifyReport {
        var report = VerifyReport()
        do throws(LogError) {
            try check(&report, progress)
        } catch {
            report.add(error)
        }
        return report
    }

    private func check(_ report: inout VerifyReport, _ progress: (UInt64) -> Void) throws(LogError) {
        let format = try LogFormat.read(folder, fileSystem)
        report.origin = format.origin
        try readKeys(&report)
        let signed = try CheckpointCheck(folder, origin: format.origin, fileSystem, &report)
        let saved = readSince(&report)
        let tail = try TailCheck(folder, origin: format.origin, fileSystem, &report)

        var sizes = signed.claims.map(\.checkpoint.size) + tail.files.map(\.firstIndex)
        sizes += [signed.state?.size, saved?.size].compactMap { $0 }
        let pruned = try PrunedList.read(folder, fileSystem)
        report.pruned = pruned.below(format.shape)
        var start = HeadCollector(sizes, format.shape)
        for root in pruned.roots where !start.add(subtree: root, level: format.shape.segmentLog2) {
            throw LogError.corrupt(folder.pruned, "names more segments than a log can have")
        }
        let signedSize = signed.claims.map(\.checkpoint.size).max() ?? 0
        let tiles = TileCheck(folder, format.shape, signedSize: signedSize, fileSystem)
        var segments = SegmentCheck(
            folder, format.shape, start, tiles: tiles, fileSystem)
        try segments.run(&report, progress: progress)
        if let torn = segments.torn, !isHeld(torn, tail) { segments.noteTear(&report) }
        var collector = segments.collector
        if segments.isWhole {
            try tail.run(&collector, signedSize: signedSize, &report)
            for tile in collector.takeTiles() { try tiles.check(tile, &report) }
        }
        report.records = collector.size - min(collector.size, report.pruned)
        guard segments.isWhole else { return }
        let sound = compare(signed, saved, tail, collector, &report)
        let belief = try checkIntroductions(signed, sound, collector.size, &report)
        checkSigners(signed.claims, sound, belief, &report)
        if report.pruned > 0 {
            // Nothing that anybody can write counts: what no believed key signed, is not said.
            let end = report.newest?.size ?? 0
            let isOpen = signed.claims.isEmpty || !belief.doubtful.isEmpty
            try checkPruned(pruned, end, isOpen && pruned.record >= end ? .incomplete : .tampered, &report)
        }
        guard comparesIndexes else { return }
        try IndexCheck(folder: folder, shape: format.shape, fileSystem: fileSystem).run(&report)
    }

    /// Retention is told from theft by a record: nobody but a signer of the log can have written it, below what he signed.
    private func checkPruned(
        _ pruned: PrunedList, _ end: UInt64, _ verdict: VerifyReport.Verdict, _ report: inout VerifyReport
    ) throws(LogError) {
        let text = pruned.record < end ? try OwnRecord.line(at: pruned.record, folder, fileSystem) : ""
        guard pruned.record >= report.pruned, OwnRecord.isOfLog(text),
            text.hasSuffix("\"action\":\"pruned\",\"below\":\(report.pruned)}")
        else {
            report.add(
                verdict, folder.pruned, "no signed record says that the records below \(report.pruned) were deleted",
                index: pruned.record)
            return
        }
    }

    /// Whether the write-ahead files hold what was to be written there, so that a block cut short is a crash's doing. The
    /// end of a full segment is durable before the file with its last record is removed.
    private func isHeld(_ tear: SegmentCheck.Tear, _ tail: TailCheck) -> Bool {
        let index = tear.isComplete ? tear.index - 1 : tear.index
        return tear.isCrash && tail.files.contains { $0.firstIndex <= index && index < $0.endIndex }
    }

    private func readKeys(_ report: inout VerifyReport) throws(LogError) {
        report.keys = try KeyList.read(folder, fileSystem).entries
        report.keysWereGiven = !trusted.isEmpty
        guard !trusted.isEmpty else { return }
        if report.keys.isEmpty {
            report.add(.incomplete, folder.keys, "the list of keys is not there")
            report.keys = trusted.map { KeyList.Entry(key: $0, from: 0, to: nil) }
        } else if let first = report.keys.first, !trusted.contains(first.key),
            !report.keys.contains(where: { trusted.contains($0.key) })
        {
            report.add(.tampered, folder.keys, "none of the keys you gave is a key of this log")
        }
    }

    private func readSince(_ report: inout VerifyReport) -> Checkpoint? {
        guard let since else { return nil }
        guard let note = SignedNote(since), let checkpoint = Checkpoint(text: note.text) else {
            report.add(.unreadable, "the checkpoint you gave", "is not a signed note")
            return nil
        }
        guard checkpoint.origin == report.origin else {
            report.add(
                .tampered, folder.path, "is the log '\(report.origin)'; your checkpoint is of '\(checkpoint.origin)'")
            return nil
        }
        guard let signers = note.signers(among: report.keys.map(\.key) + trusted), !signers.isEmpty else {
            report.add(.tampered, folder.keys, "no key of the log signed the checkpoint you gave")
            return nil
        }
        return checkpoint
    }

    /// Compares the heads that were signed with those of the records.
    ///
    /// - Returns: the checkpoints that are right, whoever signed them.
    private func compare(
        _ signed: CheckpointCheck, _ saved: Checkpoint?, _ tail: TailCheck, _ collector: HeadCollector,
        _ report: inout VerifyReport
    ) -> [CheckpointCheck.Claim] {
        func holds(_ checkpoint: Checkpoint, _ path: String, _ offset: Int?) -> Bool {
            let head = checkpoint.size == 0 ? TreeHash.empty : collector.heads[checkpoint.size]
            guard let head else {
                if checkpoint.size < report.pruned {
                    report.beyondProof += 1
                    return false
                }
                report.add(
                    .tampered, path,
                    "was signed for \(checkpoint.size) records, but the log has only \(collector.size): its end is gone",
                    offset: offset)
                return false
            }
            if head == checkpoint.root { return true }
            report.add(
                .tampered, path,
                "the first \(checkpoint.size) records have the root \(head), but \(checkpoint.root) was signed",
                offset: offset)
            return false
        }
        let sound = signed.claims.filter { holds($0.checkpoint, $0.path, $0.offset) }
        report.checkpoints += sound.count
        if let state = signed.state { _ = holds(state, folder.signedState, nil) }
        if let saved {
            if holds(saved, "the checkpoint you gave", nil) {
                report.since = saved
            } else if saved.size < report.pruned, collector.heads[saved.size] == nil {
                report.add(
                    .incomplete, folder.pruned,
                    "the records of your checkpoint, of \(saved.size), were deleted: nothing is left to compare it with"
                )
            }
        }
        for file in tail.files {
            let head = file.firstIndex == 0 ? TreeHash.empty : collector.heads[file.firstIndex]
            if let named = file.header?.treeHead, let head, head != named {
                report.add(.tampered, file.path, "names another tree than the records before it make")
            }
        }
        return sound
    }

    /// The newest head is that of a believed key, and nobody else signed what lies beyond it.
    private func checkSigners(
        _ claims: [CheckpointCheck.Claim], _ sound: [CheckpointCheck.Claim], _ belief: KeyBelief,
        _ report: inout VerifyReport
    ) {
        if let newest = belief.newest(of: sound) {
            report.newest = newest.checkpoint
            report.newestSigners = newest.signers.filter { belief.believed.contains($0) }
        }
        let end = report.newest?.size ?? 0
        for claim in claims where claim.checkpoint.size > end || report.newest == nil {
            guard !belief.isBelieved(claim), !claim.signers.contains(where: { belief.doubtful.contains($0) }) else {
                continue
            }
            report.add(
                .tampered, claim.path,
                "no key that is believed signed the checkpoint of \(claim.checkpoint.size) records: key "
                    + claim.signers.map(\.idText).joined(separator: ", ")
                    + " stands in KEYS, and nobody vouches for it",
                offset: claim.offset)
        }
    }

    /// Every key but the first, or those the caller gave, is named by the record before its first checkpoint, and a key that
    /// is believed signed that record.
    private func checkIntroductions(
        _ signed: CheckpointCheck, _ sound: [CheckpointCheck.Claim], _ end: UInt64, _ report: inout VerifyReport
    ) throws(LogError) -> KeyBelief {
        var belief = KeyBelief(report.keys, trusted: trusted)
        for (place, entry) in report.keys.enumerated() where place > 0 && !trusted.contains(entry.key) {
            guard entry.from > 0, entry.from <= end else {
                report.add(.tampered, folder.keys, "key \(entry.key.idText) has a range outside the log")
                continue
            }
            guard entry.from > report.pruned else {
                // Where no key came from elsewhere, this one is believed as the first is: on the log's own word.
                if trusted.isEmpty {
                    report.unintroduced.append(entry.key)
                    belief.believe(entry.key)
                    continue
                }
                belief.doubt(entry.key)
                report.add(
                    .incomplete, folder.keys,
                    "the record that introduced key \(entry.key.idText) was deleted: give the key, if you know it")
                continue
            }
            let text = try OwnRecord.line(at: entry.from - 1, folder, fileSystem)
            guard OwnRecord.introduces(entry.key, text) else {
                report.add(
                    .tampered, folder.keys, "key \(entry.key.idText) is not introduced by record \(entry.from - 1)",
                    index: entry.from - 1)
                continue
            }
            if belief.vouches(for: entry.from, in: sound) {
                belief.believe(entry.key)
            } else if signed.isWhole, belief.doubtful.isEmpty,
                signed.claims.contains(where: { $0.signers.contains(entry.key) })
            {
                report.add(
                    .tampered, folder.keys,
                    "no key that is believed signed the record that introduces key \(entry.key.idText)",
                    index: entry.from - 1)
            } else {
                // Just introduced, and nothing is signed with it yet; or what vouches for it is not there, which is told.
                belief.doubt(entry.key)
            }
        }
        if let first = report.keys.first, first.from != 0, !trusted.contains(first.key) {
            report.add(.tampered, folder.keys, "the first key does not sign from the beginning")
        }
        return belief
    }
}
