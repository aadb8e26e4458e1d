import CTreeHash
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

    private init(filledBy fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        words = .zero
        withUnsafeMutableBytes(of: &words) { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { if let base = $0.baseAddress { fill(base) } }
        }
    }

    /// Whether the processor hashes by itself (`tree_hash.h`); else swift-crypto does it.
    static let isAccelerated = picket_tree_hash_is_available() != 0

    /// The leaf of a record: `bytes[range]` is its line without line feed.
    package static func leaf(_ bytes: [UInt8], _ range: Range<Int>) -> TreeHash {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return bytes.withUnsafeBytes { leaf(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The leaf of a record given whole.
    package static func leaf(_ line: [UInt8]) -> TreeHash { leaf(line, 0..<line.count) }

    private static func leaf(_ line: UnsafeRawBufferPointer) -> TreeHash {
        guard isAccelerated, let base = line.baseAddress else { return plainLeaf(line) }
        return TreeHash { picket_tree_hash_leaf(base.assumingMemoryBound(to: UInt8.self), line.count, $0) }
    }

    /// The leaf of a record, by swift-crypto.
    static func plainLeaf(_ line: UnsafeRawBufferPointer) -> TreeHash {
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

    /// The leaves of many lines of one content.
    ///
    /// - Parameter starts: where each line begins, and last where the content ends; each line ends with one line feed.
    static func leaves(_ content: [UInt8], starts: [Int]) -> [TreeHash] {
        let count = starts.count - 1
        guard count > 0 else { return [] }
        precondition(starts[0] >= 0 && starts[count] <= content.count)
        // One pass over whole numbers: what C is told to read must lie in the content.
        for line in 0..<count { precondition(starts[line] < starts[line + 1]) }
        guard isAccelerated else {
            return (0..<count).map { line in
                content.withUnsafeBytes {
                    plainLeaf(UnsafeRawBufferPointer(rebasing: $0[starts[line]..<(starts[line + 1] - 1)]))
                }
            }
        }
        return filled(count) { hashes in
            content.withUnsafeBufferPointer { content in
                starts.withUnsafeBufferPointer { starts in
                    starts.withMemoryRebound(to: UInt.self) {
                        picket_tree_hash_leaves(content.baseAddress, $0.baseAddress, count, hashes)
                    }
                }
            }
        }
    }

    /// The parents of neighbours; one that is left over goes up as it is (RFC 6962 §2.1).
    static func parents(of level: [TreeHash]) -> [TreeHash] {
        let pairs = level.count / 2
        var parents: [TreeHash]
        if isAccelerated {
            parents = filled(pairs) { hashes in
                level.withUnsafeBytes { children in
                    guard let base = children.baseAddress else { return }
                    picket_tree_hash_nodes(base.assumingMemoryBound(to: UInt8.self), pairs, hashes)
                }
            }
        } else {
            parents = (0..<pairs).map { plainNode(level[2 * $0], level[2 * $0 + 1]) }
        }
        if level.count % 2 == 1, let last = level.last { parents.append(last) }
        return parents
    }

    private static func filled(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) -> [TreeHash] {
        guard count > 0 else { return [] }
        return [TreeHash](unsafeUninitializedCapacity: count) { buffer, filled in
            UnsafeMutableRawBufferPointer(buffer).withMemoryRebound(to: UInt8.self) {
                if let base = $0.baseAddress { fill(base) }
            }
            filled = count
        }
    }

    /// The parent of two nodes.
    package static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        guard isAccelerated else { return plainNode(left, right) }
        return withUnsafeTemporaryAllocation(byteCount: 2 * byteCount, alignment: 32) { children in
            children.storeBytes(of: left.words, as: SIMD4<UInt64>.self)
            children.storeBytes(of: right.words, toByteOffset: byteCount, as: SIMD4<UInt64>.self)
            return children.withMemoryRebound(to: UInt8.self) { children in
                TreeHash { if let base = children.baseAddress { picket_tree_hash_node(base, $0) } }
            }
        }
    }

    /// The parent of two nodes, by swift-crypto.
    static func plainNode(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        var hasher = SHA256()
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 8) { scratch in
            scratch[0] = 1
            scratch.storeBytes(of: left.words, toByteOffset: 1, as: SIMD4<UInt64>.self)
            scratch.storeBytes(of: right.words, toByteOffset: 1 + byteCount, as: SIMD4<UInt64>.self)
            hasher.update(bufferPointer: UnsafeRawBufferPointer(scratch))
        }
        return TreeHash(hasher.finalize())
    }

    /// The head of the tree over `leaves` (RFC 6962 §2.1): neighbours are paired, and an odd last one goes up as it is,
    /// which is the same as splitting at the largest power of two.
    package static func head(of leaves: some Sequence<TreeHash>) -> TreeHash { head(of: Array(leaves)) }

    /// The head of the tree over `leaves`.
    package static func head(of leaves: [TreeHash]) -> TreeHash {
        guard !leaves.isEmpty else { return empty }
        return levels(over: leaves, 62)[0]
    }

    /// The nodes `height` levels above `leaves`, or the head where that is lower.
    static func levels(over leaves: [TreeHash], _ height: Int) -> [TreeHash] {
        var level = leaves
        var height = height
        while level.count > 1, height > 0 {
            level = parents(of: level)
            height -= 1
        }
        return level
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
