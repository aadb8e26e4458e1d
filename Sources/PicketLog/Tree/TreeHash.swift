import Crypto
import PicketEvents

/// A node of the tree: a SHA-256 hash, 32 bytes. RFC 6962 §2.1: leaves are hashed with 0x00 before them, inner nodes
/// with 0x01, so that no record can be taken for a node.
package struct TreeHash: Hashable, Sendable, CustomStringConvertible {
    // Four words in memory order rather than an array: a hash must not cost an allocation.
    private var words: SIMD4<UInt64>

    /// Bytes of a hash.
    package static let byteCount = 32

    /// The head of a tree without leaves: the hash of nothing.
    package static let empty = TreeHash(SHA256.hash(data: [UInt8]()))

    /// Reads 32 bytes at `offset`; nil when they are not there.
    package init?(_ bytes: [UInt8], at offset: Int = 0) {
        guard offset >= 0, offset + TreeHash.byteCount <= bytes.count else { return nil }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self) }
    }

    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// The leaf of a record: `bytes[range]` is its line without line feed.
    package static func leaf(_ bytes: [UInt8], _ range: Range<Int>) -> TreeHash {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return bytes.withUnsafeBytes { leaf(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The leaf of a record given whole.
    package static func leaf(_ line: [UInt8]) -> TreeHash { leaf(line, 0..<line.count) }

    private static func leaf(_ line: UnsafeRawBufferPointer) -> TreeHash {
        var hasher = SHA256()
        if line.count < shortLine {
            // One update from one piece of memory is a quarter faster than two.
            withUnsafeTemporaryAllocation(byteCount: line.count + 1, alignment: 8) { scratch in
                scratch[0] = 0
                scratch[1...].copyBytes(from: line)
                hasher.update(bufferPointer: UnsafeRawBufferPointer(scratch))
            }
        } else {
            withUnsafeBytes(of: UInt8(0)) { hasher.update(bufferPointer: $0) }
            hasher.update(bufferPointer: line)
        }
        return TreeHash(hasher.finalize())
    }

    /// Lines up to this length are hashed from the stack.
    private static let shortLine = 1_000

    /// The parent of two nodes.
    package static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        var hasher = SHA256()
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 8) { scratch in
            scratch[0] = 1
            scratch.storeBytes(of: left.words, toByteOffset: 1, as: SIMD4<UInt64>.self)
            scratch.storeBytes(of: right.words, toByteOffset: 1 + byteCount, as: SIMD4<UInt64>.self)
            hasher.update(bufferPointer: UnsafeRawBufferPointer(scratch))
        }
        return TreeHash(hasher.finalize())
    }

    /// The head of the tree over `leaves` (RFC 6962 §2.1), in place: neighbours are paired, and an odd last one goes up
    /// as it is, which is the same as splitting at the largest power of two.
    package static func head(of leaves: some Sequence<TreeHash>) -> TreeHash {
        var level = Array(leaves)
        guard !level.isEmpty else { return empty }
        while level.count > 1 {
            var next = 0
            var index = 0
            while index < level.count {
                level[next] = index + 1 < level.count ? node(level[index], level[index + 1]) : level[index]
                next += 1
                index += 2
            }
            level.removeLast(level.count - next)
        }
        return level[0]
    }

    /// Appends the 32 bytes to `bytes`.
    package func append(to bytes: inout [UInt8]) { withUnsafeBytes(of: words) { bytes.append(contentsOf: $0) } }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// 64 hexadecimal digits.
    package var description: String { Hex.string(bytes) }
}
