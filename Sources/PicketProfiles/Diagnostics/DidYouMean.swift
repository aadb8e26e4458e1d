/// Finds what somebody most likely meant to write.
package enum DidYouMean {
    /// Longer words are not compared: no name that anybody meant is that long, and the comparison is quadratic.
    private static let longestWord = 64

    /// The candidate nearest to `word`, if one is near enough to be meant: at most a third of the letters differ.
    ///
    /// - Parameters:
    ///   - word: what was written.
    ///   - candidates: what could have been written; the first of several equally near ones wins.
    package static func closest(to word: String, among candidates: [String]) -> String? {
        let written = Array(word.lowercased().utf8)
        guard !written.isEmpty, written.count <= longestWord else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8)
            let allowed = max(1, max(written.count, other.count) / 3)
            // A word of two letters is one letter away from every other one.
            guard min(written.count, other.count) > allowed else {
                if written == other { return candidate }
                continue
            }
            let distance = distance(written, other)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// The number of letters to insert, delete, replace or swap with their neighbour to turn `a` into `b`
    /// (the "optimal string alignment" kind of edit distance).
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for row in 1...a.count {
            var current = [row]
            current.reserveCapacity(b.count + 1)
            for column in 1...b.count {
                let replaced = last[column - 1] + (a[row - 1] == b[column - 1] ? 0 : 1)
                var cost = min(replaced, last[column] + 1, current[column - 1] + 1)
                if row > 1, column > 1, a[row - 1] == b[column - 2], a[row - 2] == b[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[b.count]
    }
}
