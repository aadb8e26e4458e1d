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
    ///
    /// - Parameters:
    ///   - silence: what a person said of it.
    ///   - now: Unix milliseconds.
    static func text(_ entry: ViolationEntry, _ silence: SilenceEntry? = nil, now: Int64 = 0) -> String {
        let until = entry.ended.map { " to \(Timestamp.format($0))" } ?? ""
        let decision = entry.verification.map { ", \($0) (\(text(entry.verifiedBy ?? "unknown")))" } ?? ""
        let quiet = silence.flatMap { silence in
            silence.until > now && entry.ended == nil
                ? ", silenced until \(Timestamp.format(silence.until)) (\(text(silence.owner)): \(text(silence.reason)))"
                : nil
        }
        return "\(entry.id.prefix(8))  \(Timestamp.format(entry.opened))\(until)  \(entry.severity ?? "-")  "
            + "\(entry.kind) \(text(entry.subject ?? "-"))  \(text(entry.profile ?? "-"))/\(text(entry.behavior ?? "-"))  "
            + "\(entry.state)\(decision)\(quiet ?? "")"
    }

    /// One silence in one line.
    static func text(_ silence: SilenceEntry, now: Int64) -> String {
        let state =
            silence.until > now
            ? "until \(Timestamp.format(silence.until))" : "over since \(Timestamp.format(silence.until))"
        return "\(silence.violation.prefix(8))  \(state)  \(silence.kind) \(text(silence.subject))  "
            + "\(text(silence.profile))/\(text(silence.behavior)): \(text(silence.reason)) (\(text(silence.owner)))"
    }
}
