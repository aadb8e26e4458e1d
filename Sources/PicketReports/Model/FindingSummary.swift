import PicketEvents

/// What audits found: each finding from the audit that found it first to the one that did not find it any more.
struct FindingSummary: Sendable {
    /// A finding, or a check that looked and found nothing.
    struct Item: Sendable {
        /// The newest record that says so, with its time, Unix ms.
        var record: UInt64
        var time: Int64
        var check: String
        var what: String
        /// When it was found first; nil for a check that found nothing.
        var from: Int64?
        /// When it was found no more, and the record that says so.
        var to: Int64?
        var closedRecord: UInt64?
        /// Nobody decided to live with it.
        var needsAttention: Bool

        /// Whether it stands at the end of the period and needs attention.
        var isBad: Bool { needsAttention && from != nil && to == nil }
    }

    /// In the order of the records; those that were found and closed before the period are none of it.
    private(set) var items: [Item] = []

    private let from: Int64
    private var standing: [String: Item] = [:]
    private var clean: [String: Item] = [:]

    init(from: Int64) { self.from = from }

    /// Takes the next record of an audit.
    mutating func add(_ record: ReportRecord) {
        guard let check = record.text("check") else { return }
        let key = "\(check)\n\(record.text("resource") ?? "")"
        var item = Item(
            record: record.index, time: record.received, check: check, what: FindingSummary.words(record),
            needsAttention: !record.flag("suppressed"))
        switch record.text("state") {
        case "found":
            item.from = standing[key]?.from ?? record.received
            standing[key] = item
        case "closed":
            guard var closed = standing.removeValue(forKey: key), record.received >= from else { return }
            closed.to = record.received
            closed.closedRecord = record.index
            items.append(closed)
        default:
            if record.received >= from { clean[key] = item }
        }
    }

    mutating func finish() {
        items += standing.values
        items += clean.values
        items.sort { $0.record < $1.record }
        standing = [:]
        clean = [:]
    }

    private static func words(_ record: ReportRecord) -> String {
        var words = [record.text("severity"), record.text("check"), record.text("resource"), record.text("why")]
        if record.text("state") == "clean" { words.append("nothing found") }
        if record.flag("suppressed") {
            words.append(
                "accepted by \(record.text("owner") ?? "") until \(record.text("expires")?.prefix(10) ?? ""): "
                    + (record.text("reason") ?? ""))
        }
        return words.compactMap { $0 }.joined(separator: " · ")
    }
}
