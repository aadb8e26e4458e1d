import Foundation
import PicketEvents
import Synchronization
import Testing

@testable import PicketFeeds

/// Random histories of a log file. Whatever happens, what is read is what was written: in order, once.
///
/// `PICKET_TAIL_SEED=n` replays one history; a failure prints its seed.
@Suite("A followed file, at random")
struct SourcesTailRandomTests {
    static var seeds: [UInt64] {
        if let seed = ProcessInfo.processInfo.environment["PICKET_TAIL_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return Array(0..<400)
    }

    @Test("Every history of writing, rotating, compressing, reading and restarting")
    func histories() throws {
        for seed in SourcesTailRandomTests.seeds {
            let history = try History(seed: seed)
            for _ in 0..<60 { try history.step() }
            try history.end()
            #expect(history.losses == [], "PICKET_TAIL_SEED=\(seed)\n\(history.account)")
            let isSame = history.read == history.written
            #expect(isSame, "PICKET_TAIL_SEED=\(seed): \(history.difference)\n\(history.account)")
        }
    }

    @Test("A writer that never waits, rotations and restarts, all at once", .timeLimit(.minutes(10)), arguments: 0..<3)
    func threads(round: Int) async throws {
        let seed = SourcesTailRandomTests.seeds.count == 1 ? SourcesTailRandomTests.seeds[0] : UInt64(round)
        let folder = try TemporaryFolder()
        let path = folder.file("feed.log")
        let lines = 30_000
        let done = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The rotation pauses the writer only while it copies and cuts, which nobody could do without a loss.
            group.addTask {
                var dice = Dice(state: seed)
                let writer = try LogWriter(path)
                var reopenIn = Int.max
                for line in 0..<lines {
                    writer.write("\(line) \(String(repeating: "x", count: Int.random(in: 0..<80, using: &dice)))\n")
                    reopenIn -= 1
                    if reopenIn == 0 {
                        try writer.reopen()
                        reopenIn = Int.max
                    }
                    guard reopenIn == Int.max, Int.random(in: 0..<400, using: &dice) == 0 else { continue }
                    try folder.shiftNumbers()
                    if Bool.random(using: &dice) {
                        try folder.rename("feed.log", "feed.log.1")
                        if Bool.random(using: &dice) { try folder.write("feed.log", "") }
                        reopenIn = Int.random(in: 1..<50, using: &dice)
                    } else {
                        try folder.copyAndTruncate("feed.log", to: "feed.log.1")
                    }
                }
                try writer.reopen()
                writer.write("end\n")
                done.raise()
            }
            group.addTask {
                var dice = Dice(state: ~seed)
                let watch = FileWatch(path: path)
                var tail = FileTail(path: path)
                var text: [UInt8] = []
                while !text.hasSuffix("end\n") {
                    let wasDone = done.isRaised
                    let events = try tail.read()
                    for event in events {
                        if case .lost(let loss) = event { Issue.record("seed \(seed): \(loss)") }
                        text += event.bytes
                    }
                    if events.isEmpty {
                        #expect(!wasDone, "seed \(seed): the end is missing")
                        if wasDone { break }
                        try await watch.wait(upTo: .seconds(1))
                    }
                    if Int.random(in: 0..<20, using: &dice) == 0 { tail = FileTail(path: path, from: tail.position) }
                }
                let numbers = text.split(separator: 0x0A).dropLast().map { line in
                    Int(String(decoding: line.prefix { $0 != 0x20 }, as: UTF8.self))
                }
                let isComplete = numbers == Array(0..<lines)
                #expect(isComplete, "seed \(seed): \(numbers.count) lines of \(lines)")
            }
            try await group.waitForAll()
        }
    }
}

/// Something that becomes true once, seen from all threads.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() { value.store(true, ordering: .releasing) }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

extension TemporaryFolder {
    /// `feed.log.1` becomes `feed.log.2`, and so on, compressed or not.
    func shiftNumbers() throws {
        var last = 0
        func name(_ number: Int) -> String? {
            ["feed.log.\(number)", "feed.log.\(number).gz"].first { FileManager.default.fileExists(atPath: file($0)) }
        }
        while name(last + 1) != nil { last += 1 }
        for number in stride(from: last, to: 0, by: -1) {
            guard let old = name(number) else { continue }
            try rename(old, "feed.log.\(number + 1)" + (old.hasSuffix(".gz") ? ".gz" : ""))
        }
    }
}

/// One history: a writer, a rotation and a tail, of which one does something at each step.
private final class History {
    private let folder: TemporaryFolder
    private let path: String
    private let writer: LogWriter
    private let usesDates: Bool
    private let copies: Bool
    private let compresses: Bool
    private var dice: Dice
    private var tail: FileTail
    private var rotations = 0
    private var lines = 0
    /// The end of a line whose beginning was written.
    private var unfinished = ""
    /// The writer still writes to the renamed file.
    private var isBehind = false
    private(set) var written: [UInt8] = []
    private(set) var read: [UInt8] = []
    private(set) var losses: [String] = []
    private(set) var account = ""

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        path = folder.file("feed.log")
        dice = Dice(state: seed)
        usesDates = Bool.random(using: &dice)
        copies = Bool.random(using: &dice)
        compresses = Bool.random(using: &dice)
        writer = try LogWriter(path)
        tail = FileTail(path: path)
        // A file that is rotated before it was ever seen is not part of what a tail promises.
        try write()
        try look()
    }

    func step() throws {
        switch Int.random(in: 0..<12, using: &dice) {
        case 0..<5: try write()
        case 5..<7: try look()
        case 7: restart()
        case 8, 9: try rotate()
        case 10: try reopen()
        default: try compress()
        }
    }

    /// Everything is written and read to the end.
    func end() throws {
        try reopen()
        append("end\n")
        try look()
    }

    var difference: String {
        let same = zip(read, written).prefix { $0 == $1 }.count
        let from = max(0, same - 20)
        func part(_ bytes: [UInt8]) -> String { String(decoding: bytes.dropFirst(from).prefix(60), as: UTF8.self) }
        return "differs at byte \(same) of \(written.count): read \(part(read)), written \(part(written))"
    }

    private func note(_ what: String) { account += what + "\n" }

    private func append(_ text: String) {
        writer.write(text)
        written += Array(text.utf8)
    }

    private func write() throws {
        var text = unfinished
        unfinished = ""
        for _ in 0..<Int.random(in: 1..<6, using: &dice) {
            lines += 1
            let size = Int.random(in: 0..<20, using: &dice) == 0 ? 3_000 : Int.random(in: 0..<60, using: &dice)
            // Beginnings are unlike each other, as those of lines with a time are: a tail knows files by them.
            text +=
                "\(UInt32.random(in: .min ... .max, using: &dice)) \(lines) \(String(repeating: "x", count: size))\n"
        }
        if Int.random(in: 0..<4, using: &dice) == 0 {
            let whole = "\(UInt64.random(in: .min ... .max, using: &dice)) in two pieces\n"
            text += whole.prefix(16)
            unfinished = String(whole.dropFirst(16))
        }
        note("write \(text.utf8.count) bytes")
        append(text)
    }

    private func look() throws {
        note("read")
        for event in try tail.readAll() {
            if case .lost(let loss) = event { losses.append("\(loss)") }
            read += event.bytes
        }
    }

    private func restart() {
        note("restart at \(tail.position)")
        tail = FileTail(path: path, from: tail.position)
    }

    private func rotate() throws {
        // Logs that nothing was written to are not rotated (notifempty), nor while the writer has the last one open.
        guard !isBehind, let size = FileStatus(path: path)?.size, size > 0 else { return }
        rotations += 1
        if !usesDates { try folder.shiftNumbers() }
        let name = usesDates ? "feed.log-2026112\(String(rotations + 1_000))" : "feed.log.1"
        if copies {
            note("copy and cut to \(name)")
            try folder.copyAndTruncate("feed.log", to: name)
        } else {
            note("rename to \(name)")
            try folder.rename("feed.log", name)
            if Bool.random(using: &dice) { try folder.write("feed.log", "") }
            isBehind = true
        }
    }

    private func reopen() throws {
        guard isBehind else { return }
        note("reopen")
        isBehind = false
        try writer.reopen()
    }

    private func compress() throws {
        guard compresses, !isBehind else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        guard let name = names.filter({ $0 != "feed.log" && !$0.hasSuffix(".gz") }).randomElement(using: &dice)
        else { return }
        note("compress \(name)")
        try folder.compress(name)
    }
}
