import Foundation
import PicketEvents

/// Reads `exceptions`: what is recorded and not acted on, with who said so, why, and until when. A maintenance window is
/// an exception with a beginning, or with a time of day.
struct ExceptionReader {
    private let collector: DiagnosticCollector
    /// Unix milliseconds, to tell which have expired.
    private let now: Int64

    init(_ collector: DiagnosticCollector, now: Int64 = Int64(Date().timeIntervalSince1970 * 1_000)) {
        self.collector = collector
        self.now = now
    }

    func read(_ entry: YAMLNode.Entry, behaviors: [String]) -> [ViolationException] {
        guard case .list(let items) = entry.value.content else {
            collector.report(
                .wrongType, at: entry.value.isNull ? entry.keyPlace : entry.value.place,
                "`exceptions` is a list, not \(entry.value.kindText)")
            return []
        }
        return items.compactMap { readOne($0, behaviors) }
    }

    private func readOne(_ node: YAMLNode, _ behaviors: [String]) -> ViolationException? {
        guard var keys = MappingReader(node, "an exception", collector) else { return nil }
        let behavior = keys.text(["behavior"])
        let subject = keys.text(["device", "subject"])
        let reason = keys.need(["reason"], help: "why it is right to look away")
            .flatMap { MappingReader.text(of: $0, collector) }
        let owner = keys.need(["owner"], help: "who answers for it").flatMap { MappingReader.text(of: $0, collector) }
        let from = keys.take("from").map { time($0, isEnd: false) }
        let expiresEntry = keys.need(["expires"], help: "a day such as `2026-12-31`: nothing is excused for ever")
        let expires = expiresEntry.flatMap { time($0, isEnd: true) }
        let hours = keys.take("hours").map { HoursReader.read($0, collector) }
        keys.finish(help: "known are behavior, device, reason, owner, from, expires, hours")
        if let behavior, !behaviors.contains(behavior.text) {
            collector.report(
                .unknownValue, at: behavior.place, "the profile has no behavior `\(behavior.text)`",
                suggestion: DidYouMean.closest(to: behavior.text, among: behaviors))
            return nil
        }
        guard let reason, let owner, let expires, let expiresEntry else { return nil }
        if case .some(.none) = from { return nil }
        if case .some(.none) = hours { return nil }
        let start = (from ?? nil) ?? .min
        guard start < expires else {
            collector.report(.numberRange, at: expiresEntry.value.place, "the exception ends before it begins")
            return nil
        }
        if expires <= now {
            collector.report(
                .expired, at: expiresEntry.value.place, "this exception has expired and excuses nothing any more",
                help: "remove it, or give it a new day if it is still right", severity: .warning)
        }
        return ViolationException(
            behavior: behavior?.text, subject: subject?.text, reason: reason.text, owner: owner.text, from: start,
            expires: expires, hours: hours ?? nil)
    }

    /// A day, which ends at midnight UTC, or a moment (RFC 3339).
    private func time(_ entry: YAMLNode.Entry, isEnd: Bool) -> Int64? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        if text.utf8.count == 10, let day = Timestamp.parse("\(text)T00:00:00Z") {
            return day + (isEnd ? 86_400_000 : 0)
        }
        if let moment = Timestamp.parse(text) { return moment }
        collector.report(
            .wrongType, at: place, "`\(text)` is no day and no time",
            help: "a day is `2026-12-31`, a moment `2026-12-31T18:00:00Z`")
        return nil
    }
}
