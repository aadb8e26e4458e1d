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
        StandardOutput.write("\r\u{1B}[2K" + progress.text(words, elapsed: now - start))
    }

    /// Takes the line away.
    func finish() {
        guard isShown else { return }
        isShown = false
        StandardOutput.write("\r\u{1B}[2K")
    }
}
