import PicketEvents

/// Values by name, as many as a limit allows. Of more those that were not set for longest give way, an eighth of them at
/// once, so that making room costs little for each. To forget all of them would let everything pass that is told from
/// what came before.
struct RecentValues<Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        var set: UInt64
    }

    private var entries: [String: Entry] = [:]
    private var sets: UInt64 = 0
    private let limit: Int

    init(limit: Int = Limits.rememberedValues) { self.limit = max(limit, 1) }

    var count: Int { entries.count }

    subscript(name: String) -> Value? {
        get { entries[name]?.value }
        set {
            guard let newValue else {
                entries[name] = nil
                return
            }
            sets += 1
            entries[name] = Entry(value: newValue, set: sets)
            if entries.count > limit { makeRoom() }
        }
    }

    private mutating func makeRoom() {
        let gone = entries.count - limit + limit / 8
        let newest = entries.values.map(\.set).sorted()[gone - 1]
        entries = entries.filter { $0.value.set > newest }
    }
}

extension RecentValues: StateCoded where Value: StateElement {
    /// It is a limit of the program.
    static var rebuilt: [String] { ["limit", "sets"] }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("entries") { coder in
            var all = entries.sorted { $0.value.set < $1.value.set }.map { (name: $0.key, value: $0.value.value) }
            try coder.code(list: &all, blank: ("", .blank)) { one, coder in
                try one.name.code(&coder)
                try one.value.code(&coder)
            }
            guard coder.isReading else { return }
            self = RecentValues(limit: limit)
            for one in all { self[one.name] = one.value }
        }
    }
}
