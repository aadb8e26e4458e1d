extension EventBatch {
    /// Whether event `row` claims a time that is more than five minutes later than it came.
    package func isAhead(_ row: Int) -> Bool {
        // A time of any size may be claimed: the sum could overflow where the difference does not.
        time[row] > received[row] && time[row] - received[row] > Limits.clockAhead
    }

    /// Adds one attribute to each of some events that are in the batch already.
    ///
    /// - Parameter rows: in ascending order, each once.
    package mutating func add(_ attribute: Attribute, to rows: [Int]) {
        guard let first = rows.first else { return }
        let kept = first == 0 ? 0 : Int(head[first - 1].attributesEnd)
        var moved: [Attribute] = []
        moved.reserveCapacity(attributes.count - kept + rows.count)
        var next = 0
        for row in first..<count {
            moved += attributes(of: row)
            if next < rows.count, rows[next] == row {
                moved.append(attribute)
                next += 1
            }
        }
        // Only now: the ends of the rows say where their attributes were.
        var end = kept
        var start = kept
        next = 0
        for row in first..<count {
            let old = Int(head[row].attributesEnd)
            end += old - start
            start = old
            if next < rows.count, rows[next] == row {
                end += 1
                next += 1
            }
            head[row].attributesEnd = UInt32(truncatingIfNeeded: end)
        }
        attributes.replaceSubrange(kept..., with: moved)
    }
}
