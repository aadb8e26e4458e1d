/// Checks proofs without a log (RFC 9162 §2.1.3.2 and §2.1.4.2; the hashing is that of RFC 6962).
package enum TreeProof {
    /// Whether `proof` shows that `leaf` is record `index` of the tree with `size` records and head `root`.
    package static func includes(
        _ leaf: TreeHash, at index: UInt64, in size: UInt64, root: TreeHash, proof: [TreeHash]
    ) -> Bool {
        guard index < size else { return false }
        var place = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = TreeHash.node(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = TreeHash.node(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether `proof` shows that the tree with `oldSize` records and head `oldRoot` is a prefix of that with `size`
    /// records and head `root`.
    package static func extends(
        _ oldRoot: TreeHash, _ oldSize: UInt64, to root: TreeHash, _ size: UInt64, proof: [TreeHash]
    ) -> Bool {
        guard oldSize > 0, oldSize <= size else { return false }
        if oldSize == size { return proof.isEmpty && oldRoot == root }
        var path = proof[...]
        if oldSize & (oldSize - 1) == 0 { path = [oldRoot] + path }
        guard var oldHash = path.popFirst() else { return false }
        var hash = oldHash
        var place = oldSize - 1
        var last = size - 1
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        for sibling in path {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                oldHash = TreeHash.node(sibling, oldHash)
                hash = TreeHash.node(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = TreeHash.node(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && oldHash == oldRoot && hash == root
    }
}
