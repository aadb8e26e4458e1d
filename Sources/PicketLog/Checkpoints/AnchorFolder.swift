/// Copies of checkpoints in a folder that somebody else keeps.
package enum AnchorFolder {
    /// Writes `note` as a file named by its size, whole or not at all. One that is there already is not replaced: the first
    /// word about a size counts.
    ///
    /// - Throws: also when the file that is there says something else: the log has two pasts.
    package static func write(
        _ note: SignedNote, to folder: String, fileSystem: any LogFileSystem = RealFileSystem()
    ) throws(LogError) {
        guard let checkpoint = Checkpoint(text: note.text) else {
            throw LogError(.invalidOption, path: folder, problem: "a note that is no checkpoint was to be written")
        }
        let path = LogFolder(folder).path + "/" + LogFolder.digits(checkpoint.size) + ".checkpoint"
        if let there = try fileSystem.contents(of: path, limit: SignedNote.byteLimit) {
            guard SignedNote(there)?.text == note.text else {
                throw LogError(
                    .corrupt, path: path, problem: "another checkpoint of \(checkpoint.size) records is there",
                    advice: "Two logs write into this folder, or the log was put back to an older copy")
            }
            return
        }
        try fileSystem.replaceFile(path, in: LogFolder(folder).path, with: note.bytes)
    }
}
