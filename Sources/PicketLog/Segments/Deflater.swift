import CZlib

/// Compresses blocks: one zlib stream (raw deflate, RFC 1951), reset for each, because setting one up costs more than
/// compressing a small block.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>
    let level: Int

    /// Nil when zlib has no memory.
    init?(level: Int) {
        self.level = level
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits: no zlib wrapper. 8 is zlib's default memory level.
        let code = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        if code != Z_OK {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends `content`, compressed, to `out`. False when zlib fails, which it does not with room enough.
    func append(_ content: [UInt8], to out: inout [UInt8]) -> Bool {
        guard deflateReset(stream) == Z_OK else { return false }
        let bound = Int(deflateBound(stream, UInt(content.count)))
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: bound))
        let code = content.withUnsafeBufferPointer { input in
            out.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress.map { $0 + start }
                stream.pointee.avail_out = UInt32(bound)
                return deflate(stream, Z_FINISH)
            }
        }
        guard code == Z_STREAM_END else { return false }
        out.removeLast(Int(stream.pointee.avail_out))
        return true
    }
}
