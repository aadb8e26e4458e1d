import PicketEvents
import PicketProfiles

/// The filters of all rules, with what they said of texts that were seen before: a topic, an address or a user is compared
/// with them once, and then remembered (DESIGN §5, state). To remember a text it must be looked up, which costs as much as
/// comparing it with a topic filter or a name does (measured: two topic filters, 1.4 M events per CPU second without, 0.9 M
/// when all was remembered). So a column is remembered only when something costly, or much, is asked of it.
///
/// Several aggregates can ask the same filter about the same event: the answers of the events at hand are kept.
struct FilterMemory: Sendable {
    /// One term of a filter, without a reference in it.
    private struct FlatTerm {
        /// Its number among ``terms``.
        let term: Int
        /// Its column among ``columns``; -1 when its results are not remembered.
        let column: Int
        /// Its bit in the column's memory.
        let bit: UInt64
        let isNegated: Bool
    }

    /// One filter: its terms are a range of ``flat``.
    private struct FlatFilter {
        let kinds: EventKindSet
        let terms: Range<Int>
        /// Its place among ``hours``; -1 when the time of day does not matter.
        let hours: Int
    }

    /// What is remembered of one text.
    private struct Entry {
        /// Terms whose result is known, and of those that hold.
        var known: UInt64 = 0
        var holding: UInt64 = 0
    }

    /// The texts of one column.
    private struct Column {
        let field: Field
        var terms = 0
        var texts = Interner()
        var entries: [Entry] = []
    }

    private var filters: [FlatFilter] = []
    private var flat: [FlatTerm] = []
    private var terms: [Term] = []
    private var hours: [HoursWindow] = []
    private var columns: [Column] = []
    /// By column: the text of each event of the rows at hand, -1 where there is none.
    private var resolved: [[Int32]] = []
    /// By event of the rows at hand, the first filters as bits: those it was compared with, and those it passes.
    private var answers: [(asked: UInt64, passed: UInt64)] = []

    /// Terms of one column whose results are remembered; further ones are compared anew for each event.
    private static let rememberedTerms = 64
    /// Terms of one column that are compared each time, rather than looking the text up.
    private static let cheapTerms = 2

    init(_ all: [Filter]) {
        let terms = all.flatMap(\.terms)
        for field in Field.allCases {
            let own = terms.filter { $0.field == field && $0.canBeRemembered }
            if own.count > FilterMemory.cheapTerms || own.contains(where: \.isCostly) {
                columns.append(Column(field: field))
            }
        }
        for filter in all {
            let start = flat.count
            for term in filter.terms { add(term) }
            var hour = -1
            if let window = filter.hours {
                hour = hours.count
                hours.append(window)
            }
            filters.append(
                FlatFilter(
                    kinds: filter.kinds ?? EventKindSet(rawValue: .max), terms: start..<flat.count, hours: hour))
        }
        resolved = Array(repeating: [], count: columns.count)
    }

    private mutating func add(_ term: Term) {
        var column = -1
        var bit: UInt64 = 0
        if term.canBeRemembered, let known = columns.firstIndex(where: { $0.field == term.field }),
            columns[known].terms < FilterMemory.rememberedTerms
        {
            column = known
            bit = 1 << UInt64(columns[column].terms)
            columns[column].terms += 1
        }
        flat.append(FlatTerm(term: terms.count, column: column, bit: bit, isNegated: term.isNegated))
        terms.append(term)
    }

    /// Finds the numbers of the texts of all events first, as for subjects.
    mutating func resolve(_ batch: borrowing EventBatch, _ rows: Range<Int>) {
        answers.removeAll(keepingCapacity: true)
        answers.append(contentsOf: repeatElement((asked: 0, passed: 0), count: rows.count))
        for column in columns.indices { resolve(column, batch, rows) }
    }

    private mutating func resolve(_ column: Int, _ batch: borrowing EventBatch, _ rows: Range<Int>) {
        if columns[column].texts.count > Limits.rememberedValues {
            columns[column].texts.removeAll()
            columns[column].entries.removeAll()
        }
        let text = batch.text.span.bytes
        resolved[column].removeAll(keepingCapacity: true)
        let field = columns[column].field
        for row in rows {
            let names = batch.names[row]
            let slice =
                switch field {
                case .topic: names.topic
                case .address: names.address
                case .user: names.user
                case .client: names.client
                default: names.device
                }
            guard slice.isPresent else {
                resolved[column].append(-1)
                continue
            }
            let number = columns[column].texts.intern(text, slice.range)
            if number == columns[column].entries.count { columns[column].entries.append(Entry()) }
            resolved[column].append(Int32(truncatingIfNeeded: number))
        }
    }

    /// Whether event `row` passes.
    ///
    /// - Parameter place: its place among the rows that were resolved.
    @inline(__always)
    mutating func passes(_ filter: Int, _ row: Int, _ place: Int, _ batch: borrowing EventBatch) -> Bool {
        guard filter < FilterMemory.filtersAnswered else { return compare(filter, row, place, batch) }
        let bit = 1 &<< UInt64(filter)
        if answers[place].asked & bit == 0 {
            answers[place].asked |= bit
            if compare(filter, row, place, batch) { answers[place].passed |= bit }
        }
        return answers[place].passed & bit != 0
    }

    /// Filters whose answers are kept: as many as a word has bits.
    private static let filtersAnswered = 64

    @inline(never)
    private mutating func compare(_ filter: Int, _ row: Int, _ place: Int, _ batch: borrowing EventBatch) -> Bool {
        let flatFilter = filters[filter]
        guard flatFilter.kinds.contains(batch.head[row].kind) else { return false }
        for index in flatFilter.terms {
            let term = flat[index]
            if term.column >= 0 {
                let text = Int(resolved[term.column][place])
                if text < 0 {
                    if term.isNegated { continue }
                    return false
                }
                let entry = columns[term.column].entries[text]
                if entry.known & term.bit != 0 {
                    if entry.holding & term.bit != 0 { continue }
                    return false
                }
                if !remember(term, text, row, batch) { return false }
            } else if !terms[term.term].matches(row, of: batch) {
                return false
            }
        }
        return flatFilter.hours < 0 || hours[flatFilter.hours].contains(batch.engineTime[row])
    }

    /// Compares, and remembers the result.
    @inline(never)
    private mutating func remember(
        _ term: FlatTerm, _ text: Int, _ row: Int, _ batch: borrowing EventBatch
    ) -> Bool {
        let holds = terms[term.term].matches(row, of: batch)
        columns[term.column].entries[text].known |= term.bit
        if holds { columns[term.column].entries[text].holding |= term.bit }
        return holds
    }
}
