import Foundation
package import PicketEvents
import PicketLog

/// A violation as far as a comparison looks at it, from a record of a log or from detection.
package struct ComparedViolation: Equatable, Sendable {
    /// What must be the same for two transitions to be one.
    struct Key: Hashable {
        var id: String
        var event: String
    }

    package var time: Int64
    package var event: String
    package var id: String
    package var profile: String
    package var behavior: String
    package var subjectKind: SubjectKind
    package var subject: String
    /// The line without `why`, whose wording may improve.
    var text: String
    /// The record in the log; nil for one that was derived.
    package var index: UInt64?

    var key: Key { Key(id: id, event: event) }

    init(_ violation: Violation) {
        time = violation.time
        event = violation.event.rawValue
        id = violation.id
        profile = violation.profile
        behavior = violation.behavior
        subjectKind = violation.subjectKind
        subject = violation.subject
        text = String(decoding: violation.recordKeys, as: UTF8.self)
    }

    /// Gives each violation that a log records to `body`, in its order.
    ///
    /// - Throws: `LogError` when the log cannot be read.
    static func forEach(inLog folder: String, _ body: (ComparedViolation) -> Void) throws {
        var query = LogQuery()
        query.add(.kind, "violation")
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                if let violation = ComparedViolation(record: match.line, index: match.index) { body(violation) }
            }
        }
    }

    /// Reads a `violation` record; nil when the line is none.
    init?(record line: [UInt8], index: UInt64) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
            let time = (object["time"] as? String).flatMap({ Timestamp.parse($0) }),
            let event = object["event"] as? String, let id = object["id"] as? String,
            let profile = object["profile"] as? String, let behavior = object["behavior"] as? String,
            let kind = (object["subject"] as? String).flatMap(SubjectKind.init(rawValue:)),
            let subject = object[kind.recordKey] as? String
        else { return nil }
        self.time = time
        self.event = event
        self.id = id
        self.profile = profile
        self.behavior = behavior
        subjectKind = kind
        self.subject = subject
        self.index = index
        let whole = String(decoding: line, as: UTF8.self)
        guard let head = whole.range(of: "\"kind\":\"violation\",") else { return nil }
        let end = whole.range(of: ",\"why\":", options: .backwards)?.lowerBound ?? whole.index(before: whole.endIndex)
        text = "{" + whole[head.upperBound..<end] + "}"
    }

    /// The values of the keys that are not those of `other`, in words: `value 121, there 120`.
    func changes(from other: ComparedViolation) -> [(key: String, was: String, now: String)] {
        let (before, after) = (other.fields, fields)
        return Set(before.keys).union(after.keys).sorted().compactMap { key in
            let (was, now) = (before[key] ?? "nothing", after[key] ?? "nothing")
            return was == now ? nil : (key, was, now)
        }
    }

    private var fields: [String: String] {
        let object = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
        return (object ?? [:]).mapValues { "\($0)" }
    }
}
