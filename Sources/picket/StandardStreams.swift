import Glibc

/// Writes to standard output in large pieces, and to standard error at once.
struct StandardOutput {
    private var buffer: [UInt8] = []

    /// How much is gathered before it is written.
    private static let gathered = 64 << 10

    /// Adds a line; its newline is added here.
    ///
    /// - Throws: ``Failure/brokenPipe`` when the reader has gone away.
    mutating func line(_ bytes: some Collection<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        buffer.append(0x0A)
        if buffer.count >= StandardOutput.gathered { try flush() }
    }

    /// Adds lines that have their newlines.
    mutating func raw(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= StandardOutput.gathered { try flush() }
    }

    /// Writes what was gathered.
    mutating func flush() throws {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure.brokenPipe
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Says something to the person in front of the screen.
    static func say(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n") }

    /// Writes to standard error as it is.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // Nothing can be said about a standard error that is gone.
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
