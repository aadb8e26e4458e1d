/// Records of Picket's own in words that an auditor reads. What has no words here is told by its keys and values.
enum RecordWords {
    /// A start, a stop, a full disk; a key or a deletion.
    static func log(_ record: ReportRecord) -> String {
        let words = [
            "started": "Picket started", "recovered": "Picket started, and the run before had not ended in order",
            "stopped": "Picket stopped", "full": "the disk was full",
        ]
        guard let event = record.text("event"), let said = words[event] else { return record.words(without: []) }
        return said + (record.text("version").map { " (version \($0))" } ?? "")
    }

    /// Who decided what about which violation or device.
    static func decision(_ record: ReportRecord) -> String {
        guard let by = record.text("by"), let action = record.text("action") else { return record.words(without: []) }
        let rest = record.words(without: ["by", "action"])
        return "\(by) · \(action)" + (rest.isEmpty ? "" : " · \(rest)")
    }

    /// An intent, a fact or an outcome of a mitigation.
    static func mitigation(_ record: ReportRecord) -> String {
        let device = record.text("device") ?? record.text("address") ?? "?"
        let id = record.text("id").map { " [\($0.prefix(8))]" } ?? ""
        switch record.text("event") {
        case "intent":
            guard let step = record.text("step"), let playbook = record.text("playbook") else { break }
            return "to do: \(step) for \(device), playbook \(playbook): "
                + [record.text("state"), record.text("why")].compactMap { $0 }.joined(separator: ", ") + id
        case "fact":
            guard let fact = record.text("fact") else { break }
            let seen = ["yes": "seen", "no": "not seen"][record.text("seen") ?? ""] ?? record.text("seen") ?? ""
            return "\(seen): \(fact) for \(device)" + (record.text("detail").map { " (\($0))" } ?? "") + id
        case "outcome":
            guard let state = record.text("state") else { break }
            return "outcome for \(device): \(state)" + (record.text("note").map { ", \($0)" } ?? "") + id
        default: break
        }
        return record.words(without: [])
    }
}
