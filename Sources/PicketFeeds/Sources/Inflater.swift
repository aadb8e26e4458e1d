import CZlib

/// zlib's decompressor for gzip members, and its memory.
final class Inflater {
    /// What one step did.
    struct Step {
        enum Outcome {
            /// There is more, as soon as there is more input or room.
            case more
            /// A member ended, checksum and length agree; the next may begin.
            case memberEnded
            /// The data is damaged, in zlib's words.
            case corrupt(String)
        }

        var consumed: Int
        var produced: Int
        var outcome: Outcome
    }

    /// zlib keeps a pointer to its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// nil when there is no memory for it.
    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 asks for gzip with its header and checksum, and nothing else.
        let gzipOnly = MAX_WBITS + 16
        let result = inflateInit2_(stream, gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        if result != Z_OK {
            // A class whose initializer returns nil after its last property is set runs deinit, which frees the stream.
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Decompresses as much of `input` as fits into `output`.
    func step(_ input: ArraySlice<UInt8>, into output: UnsafeMutableRawBufferPointer) -> Step {
        input.withUnsafeBufferPointer { source in
            let available = min(source.count, Int(UInt32.max))
            let room = min(output.count, Int(UInt32.max))
            // zlib declares its input as writable; it does not write to it.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            let result = inflate(stream, Z_NO_FLUSH)
            let outcome: Step.Outcome
            switch result {
            case Z_STREAM_END:
                inflateReset(stream)
                outcome = .memberEnded
            case Z_OK, Z_BUF_ERROR:
                outcome = .more
            default:
                outcome = .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
            }
            return Step(
                consumed: available - Int(stream.pointee.avail_in), produced: room - Int(stream.pointee.avail_out),
                outcome: outcome)
        }
    }
}
