import Glibc

/// What every record must be before it may become a line of the log.
enum RecordCheck {
    /// Throws for the first record that is empty, longer than a record may be, or holds a line feed (it would be two
    /// lines) or a zero byte (JSON has none, and recovery tells torn sectors by their zeros).
    static func check(_ buffer: borrowing RecordBuffer, path: String) throws(LogError) {
        var start = 0
        for row in 0..<buffer.count {
            let line = buffer.line(row)
            guard line.lowerBound == start, !line.isEmpty, line.count <= LogLimits.recordBytes else {
                throw LogError(
                    .invalidRecord, path: path, problem: "a record of \(line.count) bytes was to be appended",
                    advice: "Records have 1 to \(LogLimits.recordBytes) bytes")
            }
            start = line.upperBound + 1
        }
        let isClean = buffer.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return true }
            if memchr(base, 0, bytes.count) != nil { return false }
            var start = 0
            for end in buffer.ends {
                guard let found = memchr(base + start, 0x0A, end - start),
                    base.distance(to: UnsafeRawPointer(found)) == end - 1
                else { return false }
                start = end
            }
            return true
        }
        guard isClean else {
            throw LogError(
                .invalidRecord, path: path, problem: "a record with a line feed or a zero byte was to be appended",
                advice: "Escape control characters, as JSON requires")
        }
    }
}
