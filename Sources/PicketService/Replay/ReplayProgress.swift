/// How far a replay has come.
package struct ReplayProgress: Sendable {
    /// Bytes or records that were read.
    package var done: UInt64
    /// Bytes or records there are; nil when nobody knows (a pipe).
    package var total: UInt64?

    package init(done: UInt64, total: UInt64?) {
        self.done = done
        self.total = total
    }

    /// Characters of the bar.
    private static let width = 24

    /// `reading  [#####                   ]  21 %  about 3 min left`.
    package func text(_ words: String, elapsed: Duration) -> String {
        guard let total, total > 0, done > 0 else { return "\(words)  \(done / 1_000_000) MB" }
        let part = min(1, Double(done) / Double(total))
        let filled = Int(part * Double(ReplayProgress.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: ReplayProgress.width - filled)
        let left = Double(elapsed.components.seconds) * (1 - part) / max(part, 0.001)
        return "\(words)  [\(bar)]  \(Int(part * 100)) %  \(ReplayProgress.rest(seconds: Int(left.rounded(.up))))"
    }

    /// A rough time: whoever reads it wants to know whether to wait.
    private static func rest(seconds: Int) -> String {
        switch seconds {
        case ..<2: "almost done"
        case ..<90: "about \(seconds) s left"
        case ..<5_400: "about \((seconds + 30) / 60) min left"
        default: "about \((seconds + 1_800) / 3_600) h left"
        }
    }
}
