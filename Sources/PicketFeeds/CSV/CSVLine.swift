import PicketEvents

/// How a feed writes its CSV (RFC 4180, with another separator where it has one).
package struct CSVOptions: Hashable, Sendable {
    /// The byte between cells.
    package var separator: UInt8 = 0x2C
    /// The first line names the columns. Without it they are called by their numbers, from 1.
    package var hasHeader = true

    package init() {}
}

/// One line of CSV, taken apart.
enum CSVLine {
    /// The most columns. An export of a whole database view has fewer.
    static let mostColumns = 1_024

    /// The cells of `line`: between quotes everything stands for itself, and two quotes for one.
    static func cells(_ line: ArraySlice<UInt8>, separator: UInt8) throws(RecordProblem) -> [String] {
        var cells: [String] = []
        var cell: [UInt8] = []
        var index = line.startIndex
        while true {
            cell.removeAll(keepingCapacity: true)
            if index < line.endIndex, line[index] == 0x22 {
                index += 1
                while true {
                    guard index < line.endIndex else {
                        throw RecordProblem(.notALine, detail: "a quote that does not end")
                    }
                    let byte = line[index]
                    index += 1
                    if byte != 0x22 {
                        cell.append(byte)
                    } else if index < line.endIndex, line[index] == 0x22 {
                        cell.append(0x22)
                        index += 1
                    } else {
                        break
                    }
                }
                guard index == line.endIndex || line[index] == separator else {
                    throw RecordProblem(.notALine, detail: "text behind a quoted cell")
                }
            } else {
                let end = line[index...].firstIndex(of: separator) ?? line.endIndex
                cell += line[index..<end]
                index = end
            }
            guard let text = String(validating: cell, as: UTF8.self) else { throw RecordProblem(.notUTF8) }
            guard cells.count < mostColumns else { throw RecordProblem(.tooManyKeys) }
            cells.append(text)
            guard index < line.endIndex else { return cells }
            index += 1
        }
    }
}
