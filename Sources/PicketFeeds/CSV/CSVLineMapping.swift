import PicketEvents

/// CSV, a line for each event: the cells are members of an object, named by the line of names before them, and a field map
/// says what they are, or their names do.
///
/// Whether a line is one of names is seen by the line alone: it holds all names that the field map has, or, where that has
/// none, those of a time and a kind. It may come again, at the beginning of the next file or request, also with other
/// columns. The last one is remembered in the feed's context.
struct CSVLineMapping: LineMapping {
    let format = FeedFormat.csv
    private let options: CSVOptions
    private let record: MappedRecord
    /// What the field map calls columns, and whether it says what the kind is.
    private let sources: Set<String>
    private let mapsKind: Bool
    /// The line that named the columns, and the names.
    private var header: [UInt8] = []
    private var names: [String] = []

    /// A longer line of names is none: it must be kept in the log.
    private static let longestHeader = 8_192

    init(_ map: FieldMap?, options: CSVOptions) {
        self.options = options
        record = MappedRecord(map, isText: true)
        sources = Set((map?.fields ?? []).compactMap(\.source))
        mapsKind = map?.fields.contains { $0.key == "kind" } ?? false
    }

    var context: String? { header.isEmpty ? nil : String(decoding: header, as: UTF8.self) }

    mutating func restore(context: String) {
        let line = Array(context.utf8)
        // What was one of names once is one still.
        guard let names = try? CSVLine.cells(line[...], separator: options.separator) else { return }
        header = line
        self.names = names
    }

    mutating func map(_ line: ArraySlice<UInt8>) throws(RecordProblem) -> [UInt8]? {
        // Files made on Windows begin with a byte order mark.
        let line = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
        let cells = try CSVLine.cells(line, separator: options.separator)
        if options.hasHeader {
            if isHeader(cells, line) {
                header = Array(line)
                names = cells
                return nil
            }
            guard !names.isEmpty else { throw RecordProblem(.notALine, detail: "no line has named the columns") }
        }
        var members: [(name: String, value: JSONValue)] = []
        var taken: Set<String> = []
        for (index, cell) in cells.enumerated() where !cell.isEmpty {
            guard options.hasHeader else {
                members.append((String(index + 1), .string(cell)))
                continue
            }
            guard index < names.count else {
                throw RecordProblem(.notALine, detail: "more cells than columns have names")
            }
            // Of two columns with one name the first has it.
            if taken.insert(names[index]).inserted { members.append((names[index], .string(cell))) }
        }
        return record.line(JSONObject(members))
    }

    /// Whether the cells are names of columns. The line is kept in the log, so that one with a secret is none.
    private func isHeader(_ cells: [String], _ line: ArraySlice<UInt8>) -> Bool {
        guard line.count <= CSVLineMapping.longestHeader else { return false }
        let isOne =
            sources.isEmpty
            ? CSVLineMapping.nameAnEvent(cells, withoutKind: mapsKind) : sources.isSubset(of: cells)
        return isOne && Redaction.redacted(Array(line)) == nil
    }

    private static func nameAnEvent(_ names: [String], withoutKind: Bool = false) -> Bool {
        let slots = names.compactMap { InputKeyTable.shared.slot(named: $0) }
        return slots.contains(.time) && (withoutKind || slots.contains(.kind))
    }

    /// Whether the first line names the columns of an event.
    static func recognises(_ first: FirstBytes) -> Bool {
        guard !first.beginsObject, first.bytes.contains(0x0A), first.line.contains(0x2C),
            let names = try? CSVLine.cells(
                first.line.last == 0x0D ? first.line.dropLast() : first.line, separator: 0x2C)
        else { return false }
        return nameAnEvent(names)
    }
}
