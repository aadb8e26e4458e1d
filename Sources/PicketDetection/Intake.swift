package import PicketEvents

/// What the hot path asks of an aggregate or a rule for every event, without a reference in it.
struct Intake: Sendable {
    /// What an event adds.
    enum Amount: UInt8, Sendable {
        /// One event.
        case one
        /// Its payload bytes.
        case bytes
        /// A number that a report gives.
        case report
        /// The seconds between its time and its receipt.
        case skew
        /// A text that is told apart from others.
        case text
        /// Values that are compared with a set.
        case values
    }

    /// What must be true of an event beside its own keys.
    enum Precondition: UInt8, Sendable {
        case none
        /// It came too late for windows.
        case late
        /// It ends a session in which nothing was said.
        case idleSession
    }

    /// The aggregate or the rule.
    let index: Int
    /// Its subjects, in ``DetectionPlan/spaces``.
    let space: Int
    /// The reasons with which the event counts, as bits `1 << rawValue`; all bits when any does.
    let reasons: UInt32
    /// Whether it counts only with a payload size.
    let needsBytes: Bool
    let precondition: Precondition
    let amount: Amount
    /// Of rules without a duration: how they judge.
    let way: Rule.Way
    /// Whether only an event's own keys decide whether it counts, and they always do.
    let isPlain: Bool
    /// Whether nothing but those, its filter and its targets decide.
    let isCertain: Bool
    /// Where the values or the number come from: a slot of ``DetectionPlan/reportMetrics``, or an ``EventText``.
    let source: Int
    /// Its filter in ``DetectionPlan/filters``; -1 when every event counts.
    let filter: Int
    /// The set of targets in ``DetectionPlan/targets``; -1 when every device is meant.
    let target: Int
    /// In ``DetectionPlan/gates``, what must have been open before the event; -1 when nothing must.
    let gate: Int

    init(
        index: Int, space: Int, reasons: UInt32, needsBytes: Bool, precondition: Precondition, amount: Amount,
        way: Rule.Way, source: Int, filter: Int, target: Int, gate: Int
    ) {
        self.index = index
        self.space = space
        self.reasons = reasons
        self.needsBytes = needsBytes
        self.precondition = precondition
        self.amount = amount
        self.way = way
        self.source = source
        self.filter = filter
        self.target = target
        self.gate = gate
        isCertain = reasons == .max && precondition == .none && gate < 0
        isPlain = isCertain && filter < 0 && target < 0
    }

    /// Whether an event with this head can count.
    @inline(__always)
    func admits(_ head: EventBatch.Head) -> Bool {
        if reasons != .max, reasons & 1 &<< UInt32(head.reason.rawValue) == 0 { return false }
        return !needsBytes || head.flags.contains(.hasBytes)
    }
}

/// A text of an event that a metric looks at.
package enum EventText: Int, Sendable {
    case address, topic, client, device, certificate, firmware

    /// Where it lies; none when the event does not have it.
    func slice(_ row: Int, of batch: borrowing EventBatch) -> TextSlice {
        switch self {
        case .address: return batch.names[row].address
        case .topic: return batch.names[row].topic
        case .client: return batch.names[row].client
        case .device: return batch.names[row].device
        case .certificate: return EventText.serial(row, of: batch)
        case .firmware:
            for attribute in batch.attributes(of: row) where attribute.key == .firmware { return attribute.text }
            return .none
        }
    }

    /// The serial number in an event's certificate, which is canonical JSON: `{"serial":"4A0F","subject":"CN=t-7"}`.
    package static func serial(_ row: Int, of batch: borrowing EventBatch) -> TextSlice {
        for attribute in batch.attributes(of: row) where attribute.key == .certificate {
            let key = Array("\"serial\":\"".utf8)
            let range = attribute.text.range
            var start = range.lowerBound
            while start + key.count <= range.upperBound {
                if batch.text[start..<start + key.count].elementsEqual(key) {
                    let first = start + key.count
                    var end = first
                    // A serial number is hexadecimal: it holds no quote.
                    while end < range.upperBound, batch.text[end] != 0x22 { end += 1 }
                    return first < end ? TextSlice(first..<end) : .none
                }
                start += 1
            }
        }
        return .none
    }
}
