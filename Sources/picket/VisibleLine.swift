import Foundation
import PicketEvents
import PicketState

/// Text for a person's terminal: names come from devices, and what steers a terminal is shown, not obeyed.
enum VisibleLine {
    static func text(_ name: String) -> String {
        var out = ""
        for scalar in name.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: out += scalar.escaped(asASCII: true)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// One violation in one line.
    static func text(_ entry: ViolationEntry) -> String {
        let until = entry.ended.map { " to \(Timestamp.format($0))" } ?? ""
        let decision = entry.verification.map { ", \($0) (\(text(entry.verifiedBy ?? "unknown")))" } ?? ""
        return "\(entry.id.prefix(8))  \(Timestamp.format(entry.opened))\(until)  \(entry.severity ?? "-")  "
            + "\(entry.kind) \(text(entry.subject ?? "-"))  \(text(entry.profile ?? "-"))/\(text(entry.behavior ?? "-"))  "
            + "\(entry.state)\(decision)"
    }
}
