import PicketEvents

extension VerifyReport {
    /// The report for programs: an object for each finding, then one with the verdict.
    package var lines: [[UInt8]] {
        var lines: [[UInt8]] = []
        for finding in findings {
            var line = RecordLine()
            line.add("finding", "\(finding.verdict)")
            line.add("path", finding.path)
            line.add("problem", finding.problem)
            if let index = finding.index { line.add("index", Int64(clamping: index)) }
            if let offset = finding.offset { line.add("offset", Int64(offset)) }
            lines.append(line.finish())
        }
        var line = RecordLine()
        line.add("verdict", "\(verdict)")
        line.add("exit", Int64(verdict.rawValue))
        line.add("origin", origin)
        line.add("furtherFindings", Int64(furtherFindings))
        line.add("records", Int64(clamping: records))
        line.add("blocks", Int64(blocks))
        line.add("segments", Int64(segments))
        line.add("tiles", Int64(tiles))
        line.add("checkpoints", Int64(checkpoints))
        if let newest {
            line.add("size", Int64(clamping: newest.size))
            line.add("root", Base64.encode(newest.root.bytes))
        }
        if let since { line.add("extends", Int64(clamping: since.size)) }
        line.add("pruned", Int64(clamping: pruned))
        if let indexes { line.add("indexes", Int64(indexes)) }
        line.add("gaps", Int64(clamping: gaps))
        line.add("declared", declared.map(\.text))
        if let unsignedSince { line.add("unsignedSince", time: unsignedSince) }
        line.add("tornBytes", Int64(tornBytes))
        line.add("keys", keys.map { "\($0.key) \($0.from) \($0.to.map { String($0) } ?? "-")" })
        line.add("notProven", notProven)
        lines.append(line.finish())
        return lines
    }
}
