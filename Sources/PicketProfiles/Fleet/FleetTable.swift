import Foundation

/// Reads a fleet from CSV (RFC 4180): a line of column names, then a line for each device. `device` is needed; `group`,
/// `type`, `certificate` and `user` are known, every other column is an attribute. Several groups are separated by `;`. Blanks
/// around a field, as people write them behind commas, do not belong to it: a column ` group` would be an attribute, and
/// nobody in the group.
struct FleetTable {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    func read(_ text: String) -> Fleet? {
        // Spreadsheets begin a file with a byte order mark, which is no part of the first name.
        let (read, open) = CSVText.rows(text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        let rows = read.map { CSVText.Row(line: $0.line, fields: $0.fields.map(FleetTable.trimmed)) }
        if let open {
            collector.report(
                .syntax, at: Place(line: open, column: 1, length: 1), "a quote is opened here and not closed",
                help: "a quote inside of a field is written twice: `\"Berlin, \"\"Mitte\"\"\"`")
            return nil
        }
        guard let header = rows.first, let key = header.fields.firstIndex(of: "device") else {
            let names = rows.first?.fields ?? []
            let isOneColumn = names.count == 1 && names[0].contains(";")
            collector.report(
                .missingKey, at: Place(line: 1, column: 1, length: 1), "the first line names no column `device`",
                help: isOneColumn
                    ? "fields are separated by commas, not by semicolons"
                    : "it is a line such as `device,group,type,certificate,site`",
                suggestion: isOneColumn
                    ? names[0].replacing(";", with: ",")
                    : names.contains { $0.lowercased() == "device" } ? "device" : nil)
            return nil
        }
        checkNames(of: header)
        var fleet = Fleet()
        for row in rows.dropFirst() where row.fields != [""] {
            let place = Place(line: row.line, column: 1, length: 1)
            guard row.fields.count == header.fields.count else {
                collector.report(
                    .wrongType, at: place,
                    "the line has \(row.fields.count) fields, and the first line names \(header.fields.count)")
                continue
            }
            let name = row.fields[key]
            guard !name.isEmpty, fleet.devices[name] == nil else {
                collector.report(
                    name.isEmpty ? .badName : .duplicateName, at: place,
                    name.isEmpty ? "the line names no device" : "the device `\(name)` is in the file already")
                continue
            }
            FleetReader.checkName(name, place, collector)
            fleet.devices[name] = device(header.fields, row.fields, place, &fleet)
        }
        return fleet
    }

    /// Without blanks at both ends.
    private static func trimmed(_ field: String) -> String { field.trimmingCharacters(in: .whitespacesAndNewlines) }

    private func checkNames(of header: CSVText.Row) {
        let place = Place(line: header.line, column: 1, length: 1)
        for (index, name) in header.fields.enumerated() {
            if name.isEmpty {
                collector.report(.badName, at: place, "column \(index + 1) has no name")
            } else if header.fields[..<index].contains(name) {
                collector.report(.duplicateKey, at: place, "there are two columns `\(name)`")
            }
        }
    }

    private func device(
        _ names: [String], _ fields: [String], _ place: Place, _ fleet: inout Fleet
    ) -> Fleet.Device {
        var device = Fleet.Device()
        for (name, field) in zip(names, fields) where !field.isEmpty {
            switch name {
            case "device": break
            case "group", "groups":
                device.groups = field.split(separator: ";").map { FleetTable.trimmed(String($0)) }.filter {
                    !$0.isEmpty
                }
                for group in device.groups where fleet.groups[group] == nil { fleet.groups[group] = Fleet.Group() }
            case "type": device.type = field
            case "user": device.user = field
            case "certificate":
                device.certificates = field.split(separator: ";").map {
                    FleetReader.serial(FleetTable.trimmed(String($0)))
                }
                for serial in device.certificates { FleetReader.checkSerial(serial, place, collector) }
            default: device.attributes[name] = field
            }
        }
        return device
    }
}

/// Splits CSV into fields (RFC 4180: quotes, doubled quotes, line ends inside of quotes).
enum CSVText {
    struct Row: Equatable {
        var line: Int
        var fields: [String]
    }

    /// The rows, and the line of a quote that is never closed.
    static func rows(_ text: String) -> (rows: [Row], openQuote: Int?) {
        var rows: [Row] = []
        var row = Row(line: 1, fields: [])
        var field = ""
        var isQuoted = false
        var line = 1
        var quoteLine = 1
        var scalars = Array(text.unicodeScalars)[...]
        func endField() {
            row.fields.append(field)
            field = ""
        }
        while let scalar = scalars.popFirst() {
            if scalar == "\n" { line += 1 }
            switch scalar {
            case "\"" where isQuoted && scalars.first == "\"":
                field.unicodeScalars.append(scalar)
                scalars.removeFirst()
            case "\"":
                isQuoted.toggle()
                quoteLine = line
            case "," where !isQuoted: endField()
            case "\r" where !isQuoted && scalars.first == "\n": break
            case "\n" where !isQuoted:
                endField()
                rows.append(row)
                row = Row(line: line, fields: [])
            default: field.unicodeScalars.append(scalar)
            }
        }
        if !field.isEmpty || !row.fields.isEmpty {
            endField()
            rows.append(row)
        }
        return (rows, isQuoted ? quoteLine : nil)
    }
}
