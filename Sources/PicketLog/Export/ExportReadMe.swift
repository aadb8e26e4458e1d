/// The page in an export that says what is there, and how to check it with commands that every system has.
struct ExportReadMe {
    let summary: LogExport.Summary
    /// The keys whose signatures the checkpoint has, in the order of the signatures.
    let signers: [NoteKey]
    /// All keys of the log.
    let keys: KeyList

    var text: String {
        """
        Records of the log \(summary.checkpoint.origin)

        records.ndjson   \(summary.records) records, one a line, in log order
        proofs/          for each line in that order one proof, named by its index (c2sp.org/tlog-proof)
        checkpoint       the signed note that all proofs end with: \(summary.checkpoint.size) records
        vkey             the public key that signed this checkpoint; several in the order of its signature lines
        KEYS             all public keys of the log, each with the sizes of the checkpoints that it signs
        \(introductions)
        \(signatures)
        Compare the key with the one you were given by somebody you trust: a forger would have put his own here.

        To check by hand that a record is in the log:

        1. The leaf is SHA-256 of a zero byte and the line without its line feed:
             (printf '\\000'; sed -n 1p records.ndjson | tr -d '\\n') | sha256sum
        2. Join it with the hashes of the proof, from the first to the last: SHA-256 of a byte 1, the left and the
           right hash. RFC 9162, section 2.1.3.2, says which is left. The result is the third line of the checkpoint,
           in base64.
        3. The signature covers the three lines of the checkpoint. The last 32 of the 33 bytes after the second '+' of the
           key (base64) are the public key\(severally):
             (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000';
              tail -1 vkey | cut -d+ -f3- | base64 -d | tail -c 32) > key.der
             head -3 checkpoint > text
             tail -1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > sig
             openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile sig

        """
    }

    private var severally: String {
        signers.count > 1 ? ". Below is the last of \(signers.count); for another take its line in both files" : ""
    }

    private var introductions: String {
        keys.entries.count < 2
            ? ""
            : """
            introductions/   the record that named each later key, with its proof: its checkpoint is signed by the key before

            """
    }

    private var signatures: String {
        var text = "The checkpoint is signed by\n\n"
        for key in signers { text += "  \(key)\(range(key))\n" }
        let others = keys.entries.filter { !signers.contains($0.key) }
        if !others.isEmpty {
            text += "\nThe log has other keys, which did not sign this checkpoint:\n\n"
            for entry in others { text += "  \(entry.key)\(range(entry.key))\n" }
        }
        return text
    }

    private func range(_ key: NoteKey) -> String {
        guard let entry = keys.entries.last(where: { $0.key == key }) else { return "" }
        return ", which signs the sizes from \(entry.from) " + (entry.to.map { "to \($0)" } ?? "on")
    }
}
