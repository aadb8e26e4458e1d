import PicketEvents
import PicketLog
import PicketProfiles

/// Which permissions nobody used: a rule that is not needed is a door that is not watched.
struct TopicUseAudit {
    let folder: String
    /// From which `received` time on the log is looked at, Unix ms.
    let from: Int64
    let rules: [TopicRule]

    private var written = NameCounts()
    /// Topics of messages that somebody got.
    private var delivered = NameCounts()
    /// Filters that somebody subscribed to.
    private var subscribed = NameCounts()

    init(folder: String, from: Int64, rules: [TopicRule]) {
        self.folder = folder
        self.from = from
        self.rules = rules
    }

    /// - Throws: `LogError` when the log cannot be read.
    mutating func check(_ audit: inout Audit) throws {
        var query = LogQuery()
        query.from = from
        for kind in ["publish", "deliver", "subscribe"] { query.add(.kind, kind) }
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches { take(match.line) }
        }
        guard !written.isOver, !delivered.isOver, !subscribed.isOver else { return }
        let written = written.sorted.map(\.name)
        let delivered = delivered.sorted.map(\.name)
        let subscribed = subscribed.sorted.map(\.name)
        for rule in rules where !rule.filter.hasPrefix("$") {
            // A feed that shows no messages says nothing about who needs which topic. Nor does one without subscriptions
            // about readers: of the right to read only they and deliveries tell.
            let mayJudgeWrites = !written.isEmpty
            let mayJudgeReads = !delivered.isEmpty || !subscribed.isEmpty
            guard !rule.mayWrite || mayJudgeWrites, !rule.mayRead || mayJudgeReads else { continue }
            audit.look(.topicsUnused)
            let isUsed =
                rule.mayWrite && written.contains { rule.covers($0) }
                || rule.mayRead
                    && (delivered.contains { rule.covers($0) } || subscribed.contains { rule.overlaps($0) })
            guard !isUsed else { continue }
            let why =
                switch (rule.mayWrite, rule.mayRead) {
                case (true, false): "may be written to, and nothing in the log was"
                case (false, true):
                    "may be read, and in the log nobody subscribed to it or got anything of it (a subscription that is "
                        + "older than the period looked at would not show)"
                default: "is allowed, and nothing in the log was written to it, subscribed to or delivered"
                }
            audit.report(AuditFinding(.topicsUnused, rule.place, "`\(rule.filter)` \(why)"))
        }
    }

    private mutating func take(_ line: [UInt8]) {
        var kind: Range<Int> = 0..<0
        LineFields.forEach(line, 0..<line.count) { key, value in
            if line[key].elementsEqual("kind".utf8) { kind = value }
            guard line[key].elementsEqual("topic".utf8) else { return true }
            let topic = (value.lowerBound + 1)..<(value.upperBound - 1)
            line.withUnsafeBufferPointer { bytes in
                if line[kind].elementsEqual("\"publish\"".utf8) {
                    written.add(bytes, topic)
                } else if line[kind].elementsEqual("\"deliver\"".utf8) {
                    delivered.add(bytes, topic)
                } else {
                    subscribed.add(bytes, topic)
                }
            }
            return false
        }
    }
}
