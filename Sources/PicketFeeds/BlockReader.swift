import Crypto
import PicketEvents

/// Cuts the bytes of a source into blocks of whole lines.
package struct BlockReader<Source: ByteSource> {
    private var source: Source
    private let blockBytes: Int
    /// The beginning of a line whose end was not read yet.
    private var carry: [UInt8] = []
    /// `carry` was read along with the end of a line that was too long, and may hold whole lines.
    private var carryHasLines = false
    /// The place of `carry` in the source.
    private var position: UInt64 = 0
    private var atEnd = false
    /// What stopped the source after something that had to be returned first.
    private var failure: (any Error)?
    private var cutter: LineCutter?

    /// - Parameters:
    ///   - blockBytes: how much to read at once.
    ///   - cutter: what makes lines of the bytes; nil where they are lines.
    package init(_ source: Source, blockBytes: Int = Limits.blockBytes, cutter: LineCutter? = nil) {
        self.source = source
        self.blockBytes = blockBytes
        self.cutter = cutter
    }

    /// The next block, or nil at the end.
    ///
    /// When the source fails, all whole lines before were returned. A line that it broke off in is none: what it would
    /// have said is not known, so it is not returned, and the error says so.
    ///
    /// - Throws: ``FeedError`` from the source.
    package mutating func next() throws -> InputBlock? {
        while true {
            if let failure {
                self.failure = nil
                atEnd = true
                throw brokenOff(failure)
            }
            if atEnd {
                guard !carry.isEmpty else { return nil }
                let last = carry
                carry = []
                return .lines(last, start: position, isLast: true)
            }
            if carryHasLines {
                carryHasLines = false
                if let lines = cut(carry, searched: 0) { return lines }
                continue
            }
            let kept = carry.count
            let block = read(after: carry)
            if failure != nil { continue }
            if block.count == kept {
                atEnd = true
                continue
            }
            if let lines = cut(block, searched: kept) { return lines }
            if carry.count > Limits.lineBytes { return skipLongLine() }
        }
    }

    /// The whole lines of `block`, if there are any; the rest is carried.
    private mutating func cut(_ block: consuming [UInt8], searched: Int) -> InputBlock? {
        guard let newline = block[searched...].lastIndex(of: 0x0A) else {
            carry = block
            return nil
        }
        let end = newline + 1
        carry = Array(block[end...])
        block.removeSubrange(end...)
        let start = position
        position += UInt64(end)
        return .lines(block, start: start, isLast: false)
    }

    /// `before` and what the source gives next: nothing at its end or when it fails, which `failure` then holds.
    private mutating func read(after before: [UInt8]) -> [UInt8] {
        let kept = before.count
        var bytes = [UInt8](unsafeUninitializedCapacity: kept + blockBytes + 16) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.copyBytes(from: before)
            initialized = kept
            do {
                initialized += try source.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: raw[kept..<kept + blockBytes]))
            } catch {
                failure = error
            }
        }
        cutter?.cut(&bytes, from: kept)
        return bytes
    }

    /// Reads on to the end of a line that is too long, keeping only its length and hash.
    private mutating func skipLongLine() -> InputBlock {
        var hash = SHA256()
        hash.update(data: carry)
        let start = position
        var length = UInt64(carry.count)
        carry = []
        while true {
            let bytes = read(after: [])
            if bytes.isEmpty {
                atEnd = failure == nil
                position = start + length
                break
            }
            let end = bytes.firstIndex(of: 0x0A)
            hash.update(data: bytes[..<(end ?? bytes.count)])
            length += UInt64(end ?? bytes.count)
            if let end {
                carry = Array(bytes[(end + 1)...])
                carryHasLines = true
                position = start + length + 1
                break
            }
        }
        return .overlong(length: length, sha256: Array(hash.finalize()), start: start)
    }

    /// The source's error, with what became of the line it broke off in.
    private mutating func brokenOff(_ failure: any Error) -> any Error {
        guard !carry.isEmpty, var error = failure as? FeedError else { return failure }
        error.problem += "; the line at byte \(position) broke off after \(carry.count) bytes and was left out"
        carry = []
        return error
    }
}

extension BlockReader where Source == InputBytes {
    /// The bytes of a compressed file that were read; nil where it is not compressed.
    package var compressedBytes: UInt64? { source.compressedBytes }
}
