/// Evidence for somebody who has neither the log nor Picket: the records, a proof for each, the checkpoint, the keys, and
/// a page that says how to check them.
package struct LogExport {
    private let path: String
    private let fileSystem: any LogFileSystem

    /// Records are written in pieces of about this many bytes.
    private static let pieceBytes = 1 << 20

    package init(folder path: String, fileSystem: any LogFileSystem = RealFileSystem()) {
        self.path = path
        self.fileSystem = fileSystem
    }

    /// What an export holds.
    package struct Summary: Equatable, Sendable {
        package var records = 0
        /// Records that fit but are not signed yet, and so were left out.
        package var unsigned = 0
        package var checkpoint: Checkpoint

        /// What a person is told.
        package func sentence(_ target: String) -> String {
            "\(records) records with their proofs in \(target), covered by the checkpoint of \(checkpoint.size)"
                + (unsigned > 0 ? "; \(unsigned) more fit, but are not signed yet" : "")
        }
    }

    /// Writes the records that `query` wants into `target`, a folder that does not exist yet. It is made under another name
    /// beside it and gets its own at the end: what is called `target` is whole.
    package func write(_ query: LogQuery, to target: String) throws(LogError) -> Summary {
        let target = LogFolder(target)
        guard try fileSystem.status(target.path) == nil else {
            throw LogError(
                .invalidOption, path: target.path, problem: "is there already",
                advice: "Name a folder that does not exist")
        }
        let prover = try RecordProver(folder: path, fileSystem: fileSystem)
        let draft = target.path + ".unfinished-" + String(UInt64.random(in: 0..<1 << 48), radix: 16)
        do throws(LogError) {
            let summary = try fill(draft, query, prover)
            try fileSystem.rename(draft, to: target.path)
            try fileSystem.syncFolder(target.parent)
            return summary
        } catch {
            discard(draft)
            throw error
        }
    }

    private func fill(
        _ target: String, _ query: LogQuery, _ prover: RecordProver
    ) throws(LogError) -> Summary {
        var prover = prover
        let keys = try KeyList.read(LogFolder(path), fileSystem)
        // An export hands KEYS on: a key in it that nobody vouches for would be lent our word.
        if let refusal = try BelievedKeys.read(LogFolder(path), origin: prover.checkpoint.origin, fileSystem).refusal {
            throw refusal
        }
        var reader = try QueryReader(folder: path, query, isIndexed: false, fileSystem: fileSystem)
        var summary = Summary(checkpoint: prover.checkpoint)
        try fileSystem.makeFolder(target)
        try fileSystem.makeFolder(target + "/proofs")
        let records = try fileSystem.open(target + "/records.ndjson", .create)
        var written = 0
        var piece: [UInt8] = []
        var proved: [UInt64] = []
        // The lines come from the prover: those that were found are let go.
        while let indexes = try reader.next()?.map(\.index) {
            for index in indexes {
                guard index < prover.checkpoint.size else {
                    summary.unsigned += 1
                    continue
                }
                let (proof, line) = try prover.proof(of: index)
                try fileSystem.open(proofPath(target, index), .create).write(proof.bytes, at: 0)
                proved.append(index)
                piece += line + [0x0A]
                summary.records += 1
                if piece.count >= LogExport.pieceBytes {
                    try records.write(piece, at: written)
                    written += piece.count
                    piece = []
                }
            }
        }
        if !piece.isEmpty { try records.write(piece, at: written) }
        try records.sync()
        // All after all are written: the disk takes many small files together faster than one by one.
        for index in proved { try fileSystem.open(proofPath(target, index), .write).sync() }
        try put(prover.note.bytes, target + "/checkpoint")
        try put(Array(prover.signers.map { "\($0)\n" }.joined().utf8), target + "/vkey")
        try put(keys.encoded(), target + "/KEYS")
        try introduce(keys, target + "/introductions")
        let readMe = ExportReadMe(summary: summary, signers: prover.signers, keys: keys)
        try put(Array(readMe.text.utf8), target + "/README")
        try fileSystem.syncFolder(target + "/proofs")
        try fileSystem.syncFolder(target)
        return summary
    }

    private func proofPath(_ target: String, _ index: UInt64) -> String {
        target + "/proofs/" + LogFolder.digits(index) + ".tlog-proof"
    }

    /// The records that introduced the later keys, proved by checkpoints of the keys before them: who was given an older
    /// key follows them to the one that signed this export.
    private func introduce(_ keys: KeyList, _ target: String) throws(LogError) {
        let extent = try LogExtent.read(folder: path, fileSystem: fileSystem)
        let introduced = keys.entries.indices.dropFirst().filter { keys.entries[$0].from > extent.first }
        guard !introduced.isEmpty else { return }
        try fileSystem.makeFolder(target)
        for number in introduced {
            let from = keys.entries[number].from
            var prover = try RecordProver(
                folder: path, covering: from - 1, signedBy: keys.entries[..<number].map(\.key), fileSystem: fileSystem)
            let (proof, line) = try prover.proof(of: from - 1)
            let name = target + "/" + LogFolder.digits(from - 1)
            try put(proof.bytes, name + ".tlog-proof")
            try put(line + [0x0A], name + ".ndjson")
        }
        try fileSystem.syncFolder(target)
    }

    private func put(_ bytes: [UInt8], _ path: String) throws(LogError) {
        let file = try fileSystem.open(path, .create)
        try file.write(bytes, at: 0)
        try file.sync()
    }

    /// Takes away what a failed export left. What cannot be removed keeps the name that says what it is.
    private func discard(_ draft: String) {
        for folder in [draft + "/proofs", draft + "/introductions", draft] {
            for name in (try? fileSystem.names(in: folder)) ?? [] { try? fileSystem.remove(folder + "/" + name) }
            try? fileSystem.remove(folder)
        }
    }
}
