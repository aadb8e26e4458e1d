import Testing

@testable import PicketEvents

/// An attribute that is added to events which are in a batch already.
@Suite("Marks on events")
struct MarkTests {
    @Test("Every event keeps its own attributes, whichever are marked", arguments: 0..<16)
    func marks(_ set: Int) {
        var batch = EventBatch()
        let counts = [0, 2, 1, 0]
        for (row, count) in counts.enumerated() {
            for number in 0..<count {
                batch.add(EventBatch.Attribute(key: .keepalive, integer: Int64(row * 10 + number)))
            }
            batch.append(
                EventBatch.Head(kind: .connect, feed: FeedID(0)), time: Int64(row), device: .none, client: .none)
        }
        let rows = (0..<4).filter { set & 1 << $0 != 0 }
        batch.add(EventBatch.Attribute(key: .clock, integer: 1), to: rows)
        for (row, count) in counts.enumerated() {
            let own = batch.attributes(of: row)
            #expect(own.filter { $0.key == .keepalive }.map(\.integer) == (0..<count).map { Int64(row * 10 + $0) })
            #expect(own.filter { $0.key == .clock }.count == (rows.contains(row) ? 1 : 0))
        }
        #expect(batch.attributes.count == 3 + rows.count)
    }
}
