import Foundation
import Testing

/// Writes a log file as a broker does, so many lines a second, and everything once more into a second file that nobody
/// touches: the truth. Rotations happen between two writes, at the hand of whoever asks for one.
final class KillWriter: @unchecked Sendable {
    enum Rotation: CaseIterable {
        /// logrotate: `log.1` becomes `log.2`, the log becomes `log.1`, the writer goes on in the old file for a while.
        case numbered
        /// As `dateext` does, with an empty new file at once.
        case dated
        /// The file is copied and cut. Only while nobody writes: what is written in between would be lost for anybody.
        case copied
    }

    let path: String
    let truth: String
    // Everything below belongs to whoever holds the lock.
    private let lock = NSLock()
    private let linesPerSecond: Int
    private var lines: any KillLines
    private var dice: Dice
    private var file: Int32
    private let copy: Int32
    /// Made and not written yet; after a write that ended inside a line, the rest of that line comes first.
    private var pending: [UInt8] = []
    private var isPartial = false
    private var isRunning = false
    private var isEnding = false
    private var lastTurn = ContinuousClock.now
    private var owed = 0.0
    private var rotations = 0
    private var numbered = 0
    private(set) var written = 0
    /// For how long lines were written.
    private(set) var activeFor = Duration.zero

    init(path: String, truth: String, lines: any KillLines, linesPerSecond: Int, seed: UInt64) throws {
        self.path = path
        self.truth = truth
        self.lines = lines
        self.linesPerSecond = linesPerSecond
        dice = Dice(state: seed)
        file = try KillWriter.opened(path)
        copy = try KillWriter.opened(truth)
        let thread = Thread { [self] in work() }
        thread.start()
    }

    private static func opened(_ path: String) throws -> Int32 {
        let number = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(number >= 0, "\(path) was not opened")
        return number
    }

    /// Lets the lines flow, or stops them, perhaps in the middle of one.
    func run(_ runs: Bool) {
        lock.withLock {
            if runs, !isRunning { lastTurn = .now }
            isRunning = runs
        }
    }

    /// Ends with a last line of `device`.
    func end(_ device: String) {
        lock.withLock {
            guard !isEnding else { return }
            isEnding = true
            lines.appendLast(device, to: &pending)
            put(pending.count)
            close(file)
            close(copy)
        }
    }

    private func work() {
        while true {
            let (ends, pause) = lock.withLock {
                if isRunning, !isEnding { turn() }
                return (isEnding, 300 + dice.below(2_000))
            }
            if ends { return }
            usleep(UInt32(pause))
        }
    }

    /// Writes the lines that are due, and sometimes not the end of the last one.
    private func turn() {
        let now = ContinuousClock.now
        let passed = now - lastTurn
        lastTurn = now
        activeFor += passed
        owed += Double(passed.components.attoseconds) / 1e18 * Double(linesPerSecond)
        // A writer that could not run makes up for it, but not for whole seconds.
        owed = min(owed, Double(linesPerSecond) / 4)
        while owed >= 1 {
            lines.append(to: &pending)
            owed -= 1
            written += 1
        }
        put(dice.oneIn(3) && pending.count > 1 ? 1 + dice.below(pending.count - 1) : pending.count)
    }

    private func put(_ count: Int) {
        pending.withUnsafeBytes { bytes in
            for descriptor in [file, copy] {
                var done = 0
                while done < count {
                    let more = Glibc.write(descriptor, bytes.baseAddress! + done, count - done)
                    if more < 0 { return }
                    done += more
                }
            }
        }
        pending.removeFirst(count)
    }

    // MARK: Rotation

    /// Rotates the file now. The first lines of the new one are written when this returns.
    func rotate(_ rotation: Rotation) throws {
        try lock.withLock {
            guard !isEnding else { return }
            rotations += 1
            switch rotation {
            case .numbered:
                for number in stride(from: numbered, to: 0, by: -1) {
                    rename("\(path).\(number)", "\(path).\(number + 1)")
                }
                numbered += 1
                rename(path, "\(path).1")
                try goOn()
            case .dated:
                let number = String(rotations)
                rename(path, "\(path)-20261121\(String(repeating: "0", count: 4 - number.count))\(number)")
                close(try KillWriter.opened(path))
                try goOn()
            case .copied:
                put(pending.count)
                for number in stride(from: numbered, to: 0, by: -1) {
                    rename("\(path).\(number)", "\(path).\(number + 1)")
                }
                numbered += 1
                let bytes = try #require(FileManager.default.contents(atPath: path))
                try bytes.write(to: URL(fileURLWithPath: "\(path).1"))
                if dice.oneIn(2) { usleep(UInt32(dice.below(3_000))) }
                try #require(truncate(path, 0) == 0)
                few()
            }
            lastTurn = .now
        }
    }

    /// The writer still has the old file, until it is told to open the new one. It never leaves a line unfinished.
    private func goOn() throws {
        if dice.oneIn(2) { few() }
        put(pending.count)
        if dice.oneIn(2) { usleep(UInt32(dice.below(3_000))) }
        close(file)
        file = try KillWriter.opened(path)
        few()
    }

    private func few() {
        for _ in 0..<(1 + dice.below(20)) {
            lines.append(to: &pending)
            written += 1
        }
        put(pending.count)
    }
}
