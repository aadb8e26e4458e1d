/// The right edge of a growing tree: the roots of the complete subtrees that make up `size` leaves, largest first. It
/// is all that is needed to append, and to tell the head of the tree at its present size.
package struct TreeFrontier: Equatable, Sendable {
    /// Leaves.
    package private(set) var size: UInt64 = 0

    /// One root for every bit set in ``size``, from the highest.
    private var roots: [TreeHash] = []

    package init() {}

    /// Adds one leaf. `completed` is told every subtree that the leaf completes, smallest first: the level of its root
    /// (0 is the leaf itself) and the root.
    package mutating func append(_ leaf: TreeHash, completed: (Int, TreeHash) -> Void = { _, _ in }) {
        push(leaf, level: 0, completed: completed)
    }

    /// Adds a complete subtree of 2^level leaves, known by its root only. False, and nothing done, when the present
    /// size is not a multiple of that.
    package mutating func append(
        subtree root: TreeHash, level: Int, completed: (Int, TreeHash) -> Void = { _, _ in }
    ) -> Bool {
        guard level >= 0, level < 63, size & ((1 << UInt64(level)) - 1) == 0 else { return false }
        push(root, level: level, completed: completed)
        return true
    }

    private mutating func push(_ root: TreeHash, level: Int, completed: (Int, TreeHash) -> Void) {
        var node = root
        var level = level
        completed(level, node)
        while size >> UInt64(level) & 1 == 1 {
            node = TreeHash.node(roots.removeLast(), node)
            size -= 1 << UInt64(level)
            level += 1
            completed(level, node)
        }
        roots.append(node)
        size += 1 << UInt64(level)
    }

    /// The head of the tree: the subtrees joined from the smallest to the largest (RFC 6962 §2.1).
    package var head: TreeHash {
        guard var head = roots.last else { return .empty }
        for root in roots.dropLast().reversed() { head = TreeHash.node(root, head) }
        return head
    }
}
