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

    /// Writes the records that `query` wants into `target`, a folder that does not exist yet.
    package func write(_ query: LogQuery, to target: String) throws(LogError) -> Summary {
        guard try fileSystem.status(target) == nil else {
            throw LogError(
                .invalidOption, path: target, problem: "is there already", advice: "Name a folder that does not exist")
        }
        var prover = try RecordProver(folder: path, fileSystem: fileSystem)
        let keys = try KeyList.read(LogFolder(path), fileSystem)
        var reader = try QueryReader(folder: path, query, isIndexed: false, fileSystem: fileSystem)
        var summary = Summary(checkpoint: prover.checkpoint)
        try fileSystem.makeFolder(target)
        try fileSystem.makeFolder(target + "/proofs")
        let records = try fileSystem.open(target + "/records.ndjson", .create)
        var written = 0
        var piece: [UInt8] = []
        // The lines come from the prover: those that were found are let go.
        while let indexes = try reader.next()?.map(\.index) {
            for index in indexes {
                guard index < prover.checkpoint.size else {
                    summary.unsigned += 1
                    continue
                }
                let (proof, line) = try prover.proof(of: index)
                let name = LogFolder.digits(index) + ".tlog-proof"
                try fileSystem.open(target + "/proofs/" + name, .create).write(proof.bytes, at: 0)
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
        try put(prover.note.bytes, target + "/checkpoint")
        try put(keys.encoded(), target + "/KEYS")
        try put(Array(LogExport.readMe(summary).utf8), target + "/README")
        try fileSystem.syncFolder(target)
        return summary
    }

    private func put(_ bytes: [UInt8], _ path: String) throws(LogError) {
        let file = try fileSystem.open(path, .create)
        try file.write(bytes, at: 0)
        try file.sync()
    }

    private static func readMe(_ summary: Summary) -> String {
        """
        Records of the log \(summary.checkpoint.origin)

        records.ndjson   \(summary.records) records, one a line, in log order
        proofs/          for each line in that order one proof, named by its index (c2sp.org/tlog-proof)
        checkpoint       the signed note that all proofs end with: \(summary.checkpoint.size) records
        KEYS             the public keys of the log, as the log names them. Compare them with the key you were
                         given by somebody you trust: a forger would have put his own here.

        To check by hand that a record is in the log:

        1. The leaf is SHA-256 of a zero byte and the line without its line feed:
             (printf '\\000'; sed -n 1p records.ndjson | tr -d '\\n') | sha256sum
        2. Join it with the hashes of the proof, from the first to the last: SHA-256 of a byte 1, the left and the
           right hash. RFC 9162, section 2.1.3.2, says which is left. The result is the third line of the checkpoint,
           in base64.
        3. The signature covers the three lines of the checkpoint. The last 32 of the 33 bytes after the second '+' of the
           key (base64) are the public key:
             (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000';
              cut -d' ' -f1 KEYS | head -1 | cut -d+ -f3- | base64 -d | tail -c 32) > key.der
             head -3 checkpoint > text
             tail -1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > sig
             openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile sig

        """
    }
}
