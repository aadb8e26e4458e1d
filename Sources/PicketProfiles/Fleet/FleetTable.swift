/// Reads a fleet from CSV (RFC 4180): a line of column names, then a line for each device. `device` is needed; `group`,
/// `type`, `certificate` and `user` are known, every other column is an attribute. Several groups are separated by `;`.
struct FleetTable {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) { self.collector = collector }

    func read(_ text: String) -> Fleet? {
        let rows = CSVText.rows(text)
        guard let header = rows.first, let key = header.fields.firstIndex(of: "device") else {
            collector.report(
                .missingKey, at: Place(line: 1, column: 1, length: 1), "the first line names no column `device`",
                help: "it is a line such as `device,group,type,certificate,site`")
            return nil
        }
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
            fleet.devices[name] = device(header.fields, row.fields, &fleet)
        }
        return fleet
    }

    private func device(_ names: [String], _ fields: [String], _ fleet: inout Fleet) -> Fleet.Device {
        var device = Fleet.Device()
        for (name, field) in zip(names, fields) where !field.isEmpty {
            switch name {
            case "device": break
            case "group", "groups":
                device.groups = field.split(separator: ";").map { String($0.trimmingPrefix(while: \.isWhitespace)) }
                for group in device.groups where fleet.groups[group] == nil { fleet.groups[group] = Fleet.Group() }
            case "type": device.type = field
            case "user": device.user = field
            case "certificate": device.certificates = field.split(separator: ";").map { FleetReader.serial(String($0)) }
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

    static func rows(_ text: String) -> [Row] {
        var rows: [Row] = []
        var row = Row(line: 1, fields: [])
        var field = ""
        var isQuoted = false
        var line = 1
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
            case "\"": isQuoted.toggle()
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
        return rows
    }
}
