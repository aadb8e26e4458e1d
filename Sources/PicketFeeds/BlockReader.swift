import Crypto
import PicketEvents

/// Cuts the bytes of a source into blocks of whole lines.
package struct BlockReader<Source: ByteSource> {
    private var source: Source
    private let blockBytes: Int
    /// The beginning of a line whose end was not read yet.
    private var carry: [UInt8] = []
    /// The place of `carry` in the source.
    private var position: UInt64 = 0
    private var atEnd = false

    /// - Parameter blockBytes: how much to read at once.
    package init(_ source: Source, blockBytes: Int = Limits.blockBytes) {
        self.source = source
        self.blockBytes = blockBytes
    }

    /// The next block, or nil at the end.
    ///
    /// - Throws: ``FeedError`` from the source.
    package mutating func next() throws -> InputBlock? {
        while true {
            if atEnd {
                guard !carry.isEmpty else { return nil }
                let last = carry
                carry = []
                return .lines(last, start: position, isLast: true)
            }
            var count = 0
            var failure: (any Error)?
            let kept = carry.count
            var block = [UInt8](unsafeUninitializedCapacity: kept + blockBytes + 16) { buffer, initialized in
                let raw = UnsafeMutableRawBufferPointer(buffer)
                raw.copyBytes(from: carry)
                do {
                    count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[kept..<kept + blockBytes]))
                } catch {
                    failure = error
                }
                initialized = kept + count
            }
            if let failure { throw failure }
            if count == 0 {
                atEnd = true
                continue
            }
            guard let end = BlockReader.endOfLastLine(block) else {
                carry = block
                if carry.count > Limits.lineBytes { return try skipLongLine() }
                continue
            }
            carry = Array(block[end...])
            block.removeSubrange(end...)
            let start = position
            position += UInt64(end)
            return .lines(block, start: start, isLast: false)
        }
    }

    /// The offset after the last LF, or nil when there is none.
    private static func endOfLastLine(_ block: [UInt8]) -> Int? {
        var index = block.count
        while index > 0 {
            if block[index - 1] == 0x0A { return index }
            index -= 1
        }
        return nil
    }

    /// Reads on to the end of a line that is too long, keeping only its length and hash.
    private mutating func skipLongLine() throws -> InputBlock {
        var hash = SHA256()
        hash.update(data: carry)
        let start = position
        var length = UInt64(carry.count)
        carry = []
        var buffer = [UInt8](repeating: 0, count: blockBytes)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
            if count == 0 {
                atEnd = true
                break
            }
            let end = buffer[..<count].firstIndex(of: 0x0A)
            hash.update(data: buffer[..<(end ?? count)])
            length += UInt64(end ?? count)
            if let end {
                carry = Array(buffer[(end + 1)..<count])
                position = start + length + 1
                return .overlong(length: length, sha256: Array(hash.finalize()), start: start)
            }
        }
        position = start + length
        return .overlong(length: length, sha256: Array(hash.finalize()), start: start)
    }
}
