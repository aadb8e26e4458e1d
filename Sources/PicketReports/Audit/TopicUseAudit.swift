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
    private var read = NameCounts()

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
        // A feed that shows no messages says nothing about who needs which topic.
        guard written.count > 0, !written.isOver, !read.isOver else { return }
        audit.look(.topicsUnused, count: rules.count)
        let written = written.sorted.map(\.name)
        let read = read.sorted.map(\.name)
        for rule in rules where !rule.filter.hasPrefix("$") {
            let isUsed =
                rule.mayWrite && written.contains { rule.covers($0) }
                || rule.mayRead && read.contains { $0 == rule.filter || rule.covers($0) }
            guard !isUsed else { continue }
            audit.report(
                AuditFinding(.topicsUnused, rule.place, "`\(rule.filter)` is allowed, and nothing in the log used it"))
        }
    }

    private mutating func take(_ line: [UInt8]) {
        var isWrite = false
        LineFields.forEach(line, 0..<line.count) { key, value in
            if line[key].elementsEqual("kind".utf8) { isWrite = line[value].elementsEqual("\"publish\"".utf8) }
            guard line[key].elementsEqual("topic".utf8) else { return true }
            let topic = (value.lowerBound + 1)..<(value.upperBound - 1)
            line.withUnsafeBufferPointer { if isWrite { written.add($0, topic) } else { read.add($0, topic) } }
            return false
        }
    }
}
