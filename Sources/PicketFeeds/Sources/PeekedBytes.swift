import PicketEvents

/// A source whose first bytes can be looked at before they are read.
package struct PeekedBytes<Source: ByteSource>: ByteSource {
    private var source: Source
    /// What was looked at and not read yet.
    private var seen: [UInt8] = []
    /// What stopped the look; it comes again when the bytes before it were read.
    private var failure: (any Error)?

    package init(_ source: Source) {
        self.source = source
    }

    /// The source itself, which may have been read further than this.
    var underlying: Source { source }

    /// The first bytes that were not read yet, at most ``SourceLimits/peekBytes``.
    ///
    /// It does not wait for more than it needs: a source that gives little at a time, as a pipe from a live broker
    /// does, is asked until `count` bytes or, with `wholeLine`, a first whole line are there.
    ///
    /// - Returns: what is there; empty only at the end of the source or before a failure, which the next read reports.
    package mutating func peek(_ count: Int = SourceLimits.peekBytes, wholeLine: Bool = true) -> [UInt8] {
        let wanted = min(count, SourceLimits.peekBytes)
        while seen.count < wanted, failure == nil {
            let room = SourceLimits.peekBytes - seen.count
            var got = 0
            var problem: (any Error)?
            let more = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                do {
                    got = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch {
                    problem = error
                }
                initialized = got
            }
            failure = problem
            if got == 0 { break }
            seen += more
            if wholeLine, got < room, seen.contains(0x0A) { break }
        }
        return Array(seen.prefix(wanted))
    }

    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if !seen.isEmpty {
            let count = min(seen.count, buffer.count)
            buffer.copyBytes(from: seen[..<count])
            seen.removeFirst(count)
            return count
        }
        if let failure {
            self.failure = nil
            throw failure
        }
        return try source.read(into: buffer)
    }
}
