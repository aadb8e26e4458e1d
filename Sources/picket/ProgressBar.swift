import Glibc
import PicketService

/// One line on standard error that says how far long work has come, and how long the rest will take. It is shown only
/// to a person: when standard error is a terminal, and only after the work has lasted a second.
final class ProgressBar {
    private let words: String
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant
    private var isShown = false
    private let isTerminal: Bool

    /// How often the line is drawn.
    private static let every = Duration.milliseconds(200)
    /// Before this nobody wonders.
    private static let patience = Duration.seconds(1)
    /// Characters of the bar.
    private static let width = 24

    init(_ words: String) {
        self.words = words
        start = clock.now
        shown = start
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    func update(_ progress: ReplayProgress) {
        guard isTerminal else { return }
        let now = clock.now
        guard now - start >= ProgressBar.patience, now - shown >= ProgressBar.every else { return }
        shown = now
        isShown = true
        StandardOutput.write("\r\u{1B}[2K" + ProgressBar.text(words, progress, elapsed: now - start))
    }

    /// Takes the line away.
    func finish() {
        guard isShown else { return }
        isShown = false
        StandardOutput.write("\r\u{1B}[2K")
    }

    /// `reading  [#####                   ]  21 %  about 3 min left`.
    static func text(_ words: String, _ progress: ReplayProgress, elapsed: Duration) -> String {
        guard let total = progress.total, total > 0, progress.done > 0 else {
            return "\(words)  \(progress.done / 1_000_000) MB"
        }
        let part = min(1, Double(progress.done) / Double(total))
        let filled = Int(part * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
        let left = Double(elapsed.components.seconds) * (1 - part) / max(part, 0.001)
        return "\(words)  [\(bar)]  \(Int(part * 100)) %  \(rest(seconds: Int(left.rounded(.up))))"
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
