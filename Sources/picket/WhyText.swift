import Foundation
import PicketEvents
import PicketProfiles
import PicketService
import PicketState

/// Why a violation came, for people and for programs.
enum WhyText {
    static func lines(_ entry: ViolationEntry, _ evidence: ViolationEvidence, _ silence: SilenceEntry?) -> [String] {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        var lines = [VisibleLine.text(entry, silence, now: now), "  Rule: \(Explain.sentence(evidence.behavior))"]
        if let why = entry.why { lines.append("  Newest: \(VisibleLine.text(why))") }
        let count = "\(evidence.count) event\(evidence.count == 1 ? " was" : "s were") counted"
        if let window = evidence.window {
            lines.append(
                "  Window: \(Timestamp.format(window.from)) until \(Timestamp.format(window.to)); \(count) before it opened"
            )
        } else {
            lines.append("  No window: each event is judged alone; \(count)")
        }
        if evidence.events.count < evidence.count { lines.append("  The last \(evidence.events.count):") }
        for event in evidence.events {
            lines.append("  #\(event.index)  \(RecordText.line(event.line, colors: false))")
        }
        if let note = entry.note, let state = entry.verification {
            lines.append("  \(state) (\(VisibleLine.text(entry.verifiedBy ?? "unknown"))): \(VisibleLine.text(note))")
        }
        return lines
    }

    /// One object: what the newest record says, and behind it the evidence.
    static func json(_ entry: ViolationEntry, _ evidence: ViolationEvidence, _ silence: SilenceEntry?) -> [UInt8] {
        var more = RecordLine()
        more.add("rule", Explain.sentence(evidence.behavior))
        if let window = evidence.window {
            more.add("windowFrom", time: window.from)
            more.add("windowTo", time: window.to)
        }
        more.add("counted", Int64(evidence.count))
        var out = Array(StateLine.json(entry, silence).dropLast()) + [0x2C] + more.finish().dropFirst().dropLast()
        out += Array(",\"events\":[".utf8)
        for (place, event) in evidence.events.enumerated() {
            if place > 0 { out.append(0x2C) }
            out += Array("{\"index\":\(event.index),\"record\":".utf8) + event.line + [0x7D]
        }
        return out + Array("]}".utf8)
    }
}
