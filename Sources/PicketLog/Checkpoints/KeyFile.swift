import Glibc

/// The private keys of one log, one a line, in a file that nobody but its owner may read: whoever has it can sign in the
/// log's name. During a rotation it holds the old key and the new one.
package struct KeyFile {
    /// Where it lies.
    package let path: String
    /// In the order of their introduction.
    package private(set) var signers: [NoteSigner]

    /// Bytes such a file may have.
    private static let byteLimit = 64 << 10

    /// Reads a key file.
    ///
    /// - Throws: `missing` when there is none; `invalidOption` when others may read it, or it holds no keys.
    package static func read(_ path: String) throws(LogError) -> KeyFile {
        try refuseShared(path)
        let bytes = try RealFileSystem().contents(of: path, limit: byteLimit) ?? []
        var signers: [NoteSigner] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let signer = NoteSigner(String(line)), signer.key.name == signers.first?.key.name ?? signer.key.name
            else { throw noKey(path) }
            signers.append(signer)
        }
        guard !signers.isEmpty else { throw noKey(path) }
        return KeyFile(path: path, signers: signers)
    }

    /// Makes a new key for the log `origin`, and its file; an existing file is never touched.
    package static func create(_ path: String, origin: String) throws(LogError) -> KeyFile {
        guard let signer = NoteSigner(newFor: origin) else {
            throw LogError(
                .invalidOption, path: path, problem: "'\(origin)' cannot name a log",
                advice: "Use a name such as example.com/picket/north: no spaces, no '+', at most 255 bytes")
        }
        guard try RealFileSystem().status(path) == nil else {
            throw LogError(
                .invalidOption, path: path, problem: "is there already",
                advice: "A key is never replaced: name another file, or rotate the key of the log")
        }
        let folder = LogFolder(LogFolder(path).parent).path
        try RealFileSystem().makeFolder(folder)
        let file = KeyFile(path: path, signers: [signer])
        try file.write()
        return file
    }

    /// Whether there is a file at `path`.
    package static func exists(_ path: String) throws(LogError) -> Bool { try RealFileSystem().status(path) != nil }

    /// Of the keys those that sign the log in `folder` now. A log without a signature takes the first.
    package func inUse(folder path: String) throws(LogError) -> [NoteSigner] {
        let list = try KeyList.read(LogFolder(path), RealFileSystem())
        guard !list.entries.isEmpty else { return Array(signers.prefix(1)) }
        return signers.filter { signer in list.entries.contains { $0.key == signer.key && $0.to == nil } }
    }

    /// Adds a key, durably.
    mutating func add(_ signer: NoteSigner) throws(LogError) {
        signers.append(signer)
        try write()
    }

    /// Takes a key out, durably. What the disk keeps of the old file is beyond a program.
    mutating func remove(_ key: NoteKey) throws(LogError) {
        signers.removeAll { $0.key == key }
        try write()
    }

    private func write() throws(LogError) {
        let text = signers.map { $0.secretText + "\n" }.joined()
        let system = RealFileSystem()
        // A temporary file that somebody left might be readable by others, and would stay so.
        if try system.status(path + ".tmp") != nil { try system.remove(path + ".tmp") }
        try system.replaceFile(path, in: LogFolder(path).parent, with: Array(text.utf8), secret: true)
    }

    private static func refuseShared(_ path: String) throws(LogError) {
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemCall.error("stat", path) }
        guard info.st_mode & S_IFMT == S_IFREG else { throw noKey(path) }
        let mode = info.st_mode & 0o777
        guard mode & 0o077 == 0 else {
            throw LogError(
                .invalidOption, path: path,
                problem: "others than its owner may use this private key: its mode is 0\(String(mode, radix: 8))",
                advice: "Run `chmod 600 \(path)`; if somebody may have read it, run `picket log keys rotate` too")
        }
    }

    private static func noKey(_ path: String) -> LogError {
        LogError(
            .invalidOption, path: path, problem: "is not a file of private keys of one log",
            advice: "`picket log keys create` makes one: a line PRIVATE+KEY+name+id+key for each key")
    }
}
