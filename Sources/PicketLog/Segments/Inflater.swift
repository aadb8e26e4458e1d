import CZlib

/// Decompresses blocks into memory of a known size: a hostile block cannot make it take more.
final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when zlib has no memory.
    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        if inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) != Z_OK {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The content of the raw deflate stream `bytes[range]`, which must be exactly `size` bytes long and end exactly
    /// with the range; else nil.
    func inflate(_ bytes: [UInt8], _ range: Range<Int>, size: Int) -> [UInt8]? {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count && size >= 0)
        guard inflateReset(stream) == Z_OK else { return nil }
        var code = Z_DATA_ERROR
        // One byte of room more than expected, so that a stream that goes on is seen to.
        let out = [UInt8](unsafeUninitializedCapacity: size + 1) { output, filled in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + range.lowerBound })
                stream.pointee.avail_in = UInt32(range.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(size + 1)
                code = CZlib.inflate(stream, Z_FINISH)
            }
            filled = size + 1 - Int(stream.pointee.avail_out)
        }
        guard code == Z_STREAM_END, out.count == size, stream.pointee.avail_in == 0 else { return nil }
        return out
    }
}
