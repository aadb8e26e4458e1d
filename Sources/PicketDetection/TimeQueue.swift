import PicketEvents

/// Things that wait for a time, the earliest first; of those that wait for the same time, the one that came first.
struct TimeQueue<Item: Sendable>: Sendable {
    struct Entry: Sendable {
        var time: Int64
        var number: UInt64
        var item: Item
    }

    /// A binary heap.
    private(set) var entries: [Entry] = []
    private var added: UInt64 = 0

    /// The earliest time; `Int64.max` when nothing waits.
    @inline(__always)
    var next: Int64 { entries.isEmpty ? .max : entries[0].time }

    mutating func push(_ item: Item, at time: Int64) {
        added += 1
        entries.append(Entry(time: time, number: added, item: item))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !isBefore(child, parent) { break }
            entries.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes the earliest, if its time is at most `time`.
    mutating func pop(through time: Int64) -> Entry? {
        guard let first = entries.first, first.time <= time else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, isBefore(child + 1, child) { child += 1 }
            if !isBefore(child, parent) { break }
            entries.swapAt(parent, child)
            parent = child
        }
        return first
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (entries[a].time, entries[a].number) < (entries[b].time, entries[b].number)
    }

    /// The same queue with other items; those that become nil are gone.
    func mapItems<Other>(_ transform: (Item) -> Other?) -> TimeQueue<Other> {
        var other = TimeQueue<Other>()
        for entry in entries.sorted(by: { ($0.time, $0.number) < ($1.time, $1.number) }) {
            if let item = transform(entry.item) { other.push(item, at: entry.time) }
        }
        return other
    }
}

extension TimeQueue: StateCoded where Item: StateElement {
    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("entries") { coder in
            try coder.code(list: &entries, blank: Entry(time: 0, number: 0, item: .blank)) { entry, coder in
                try entry.time.code(&coder)
                try entry.number.code(&coder)
                try entry.item.code(&coder)
            }
        }
        try coder.field("added", &added)
    }
}
