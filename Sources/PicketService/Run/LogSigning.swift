import PicketLog

/// The keys `picket run` signs with. They are made with the log: a log that was signed from its first record proves more
/// than one that was signed later.
struct LogSigning {
    let place: LogPlace
    let keyFile: String

    init(_ configuration: Configuration) {
        place = LogPlace(configuration.logFolder)
        keyFile = place.keyFile
    }

    /// The keys for the log, made when both are new.
    ///
    /// - Parameter say: is told of a new key, and of a log that is not signed.
    func signers(say: (String) -> Void) throws(LogError) -> [NoteSigner] {
        if try KeyFile.exists(keyFile) {
            let signers = try KeyFile.read(keyFile).inUse(folder: place.folder)
            if !signers.isEmpty { return signers }
            throw LogError(
                .missing, path: keyFile, problem: "holds no key that signs the log \(place.folder)",
                advice: "Put back the key file that belongs to this log")
        }
        guard LogFolder.isLogFolder(place.folder) else {
            let file = try KeyFile.create(keyFile, origin: LogFormat.randomOrigin())
            say("picket: made the key that signs the log: \(keyFile)")
            for signer in file.signers {
                say("picket: give this line to whoever will check the log: \(signer.key)")
            }
            return file.signers
        }
        guard try KeyList.read(LogFolder(place.folder)).entries.isEmpty else {
            throw LogError(
                .missing, path: keyFile, problem: "the private key of the log is not there",
                advice: "Put the file back, with mode 0600; without it nothing can be appended to a signed log")
        }
        say(
            "picket: the log \(place.folder) is not signed. To sign it: picket log keys create \(keyFile) "
                + "--for \(try LogFormat.read(LogFolder(place.folder)).origin)")
        return []
    }
}
