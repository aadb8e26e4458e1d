import Foundation
import PicketEvents

/// A record of the log as one line for a person.
package enum RecordText {
    /// Keys that the line begins with, or that say nothing to a person.
    private static let leading: Set<String> = ["received", "feed", "kind", "time", "device", "client", "why", "id"]

    /// The whole number under `key` in a record; nil when there is none.
    static func number(_ key: String, in line: [UInt8]) -> Int? {
        let record = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        return record?[key] as? Int
    }

    /// `12:27:03.120  publish     sensor-7  topic=telemetry/sensor-7 bytes=80`.
    package static func line(_ line: [UInt8], colors: Bool) -> String {
        guard let record = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
            let kind = record["kind"] as? String
        else { return ViolationText.printable(String(decoding: line, as: UTF8.self)) }
        let time = (record["time"] as? String ?? record["received"] as? String ?? "")
        var parts = [time, kind.padding(to: 14)]
        if kind == "violation" {
            let event = record["event"] as? String ?? ""
            let kind = (record["subject"] as? String).flatMap(SubjectKind.init(rawValue:)) ?? .device
            let color = event == "in-alarm" ? "31;1" : "32"
            parts.append(colors ? "\u{1B}[\(color)m\(event)\u{1B}[0m" : event)
            parts.append(ViolationText.printable(record[kind.recordKey] as? String ?? ""))
            parts.append("\(record["profile"] ?? "")/\(record["behavior"] ?? ""):")
            parts.append(ViolationText.printable(record["why"] as? String ?? ""))
            return parts.joined(separator: " ")
        }
        if let who = record["device"] as? String ?? record["client"] as? String ?? record["name"] as? String {
            parts.append(ViolationText.printable(who))
        }
        for key in record.keys.sorted() where !leading.contains(key) && key != "name" {
            parts.append("\(key)=\(ViolationText.printable("\(record[key] ?? "")"))")
        }
        return parts.joined(separator: " ")
    }
}
