/// The public keys that a path has to offer.
package enum KeyListing {
    /// A line for each key: of a log with its range, of a key file the key alone.
    package static func lines(_ path: String) throws(LogError) -> [String] {
        let place = LogPlace(path)
        guard LogFolder.isLogFolder(place.folder) else { return try KeyFile.read(path).signers.map(\.key.description) }
        let entries = try KeyList.read(LogFolder(place.folder)).entries
        guard !entries.isEmpty else {
            throw LogError(
                .missing, path: place.folder, problem: "the log is not signed: it has no keys",
                advice: "`picket log keys create` makes one")
        }
        return entries.map { "\($0.key) \($0.from) \($0.to.map { String($0) } ?? "-")" }
    }
}
