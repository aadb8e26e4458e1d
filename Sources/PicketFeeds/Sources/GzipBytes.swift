import CZlib

/// The contents of a gzip file: of all its members, one after the other.
///
/// What could be read before a place that is cut off or damaged is delivered first; then the failure is thrown.
package struct GzipBytes<Source: ByteSource>: ByteSource {
    private var source: Source
    private let place: String
    private let inflater: Inflater
    /// Compressed bytes, of which `next` is the first not used.
    private var input: [UInt8] = []
    private var next = 0
    /// The last step filled the buffer, so zlib may hold more output than it had room for.
    private var holdsOutput = false
    private var state = State.betweenMembers(first: true)
    private var failure: FeedError?
    /// Compressed bytes that were read, of which the size of the file is the sum.
    private(set) var compressedBytes: UInt64 = 0

    private enum State {
        case betweenMembers(first: Bool)
        case inMember
        /// Zeros after the last member, as tapes and block devices leave them.
        case padding
        case ended
    }

    /// - Parameters:
    ///   - source: the compressed bytes.
    ///   - place: what messages call it.
    package init(_ source: Source, place: String) throws(FeedError) {
        self.source = source
        self.place = place
        guard let inflater = Inflater() else {
            throw FeedError(place: place, problem: "there is no memory to decompress it; free some, then read again")
        }
        self.inflater = inflater
    }

    /// Whether bytes begin like a gzip file.
    package static func recognises(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: gzipMagic)
    }

    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if buffer.isEmpty { return 0 }
        if let failure { throw failure }
        while true {
            if case .ended = state { return 0 }
            if next == input.count, !holdsOutput {
                let more = try fill()
                if !more {
                    try end()
                    return 0
                }
            }
            switch state {
            case .ended:
                return 0
            case .padding:
                next = input[next...].firstIndex { $0 != 0 } ?? input.count
                if next < input.count { try fail("bytes that are no gzip follow its last member") }
            case .betweenMembers(let first):
                if input[next] == gzipMagic[0] {
                    state = .inMember
                } else if !first, input[next] == 0 {
                    state = .padding
                } else if first {
                    try fail("is not gzip, though it was to be read as gzip")
                } else {
                    try fail("bytes that are no gzip follow its last member")
                }
            case .inMember:
                let count = try inflate(into: buffer)
                if count > 0 { return count }
            }
        }
    }

    /// Decompresses what is there into the buffer. A failure is kept for the next read when bytes came before it.
    private mutating func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(FeedError) -> Int {
        let step = inflater.step(input[next...], into: buffer)
        next += step.consumed
        holdsOutput = false
        switch step.outcome {
        case .more:
            holdsOutput = step.produced == buffer.count
        case .memberEnded:
            state = .betweenMembers(first: false)
        case .corrupt(let reason):
            let damage = FeedError(
                place: place,
                problem: "the gzip data is damaged (\(reason)); what was readable before it was read, "
                    + "the rest is lost: take the file from a backup")
            failure = damage
            if step.produced == 0 { throw damage }
        }
        return step.produced
    }

    /// Reads more compressed bytes; false at their end.
    private mutating func fill() throws -> Bool {
        var count = 0
        var problem: (any Error)?
        input = [UInt8](unsafeUninitializedCapacity: SourceLimits.compressedBytes) { buffer, initialized in
            do {
                count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                problem = error
            }
            initialized = count
        }
        next = 0
        compressedBytes += UInt64(count)
        if let problem { throw problem }
        return count > 0
    }

    /// The compressed bytes ended: well only after a member.
    private mutating func end() throws(FeedError) {
        switch state {
        case .betweenMembers(first: true):
            try fail("is empty, where gzip data was to be; check that it was copied as a whole")
        case .inMember:
            try fail(
                "the gzip data is cut off; what was there was read, the rest is missing: "
                    + "check that it was copied as a whole")
        case .betweenMembers, .padding, .ended:
            state = .ended
        }
    }

    private mutating func fail(_ problem: String) throws(FeedError) {
        let error = FeedError(place: place, problem: problem)
        failure = error
        throw error
    }
}

/// The two bytes that every gzip member begins with (RFC 1952).
private let gzipMagic: [UInt8] = [0x1F, 0x8B]
