import Foundation

@testable import PicketLog

/// A file of a log that the fuzzer replaces by one that somebody made to hurt a reader.
enum FuzzTarget: String, CaseIterable {
    case segment
    case lastSegment = "last-segment"
    case writeAhead = "write-ahead"
    case index, tile, checkpoint
    case checkpoints, signed, keys, format, pruned

    /// Its path in the log that ``FuzzLog`` writes.
    func path(in files: [String: [UInt8]]) -> String? {
        switch self {
        case .segment: "/log/seg/x000/00000000000000000032.jsonl.gz"
        case .lastSegment: files.keys.filter { $0.hasPrefix("/log/seg/") }.max()
        case .writeAhead: files.keys.filter { $0.hasPrefix("/log/wal/") }.max()
        case .index: files.keys.filter { $0.hasPrefix("/log/idx/") }.min()
        case .tile: files.keys.filter { $0.hasPrefix("/log/tile/") }.max()
        case .checkpoint: "/log/checkpoint"
        case .checkpoints: "/log/checkpoints.log"
        case .signed: "/log/state/signed"
        case .keys: "/log/KEYS"
        case .format: "/log/FORMAT"
        case .pruned: "/log/PRUNED"
        }
    }

    /// Whether a reader may ignore the file and its damage (FORMAT.md, disposable).
    var isDisposable: Bool { self == .index }
}

/// A small sound log with every kind of file, and what readers make of it when one of them is exchanged.
struct FuzzLog {
    let sound: SimulatedFileSystem
    let files: [String: [UInt8]]
    /// Every record of it that retention left.
    let content: [UInt8]

    init() throws {
        sound = SimulatedFileSystem()
        var options = Support.small()
        options.origin = "example.test/small"
        let writer = try LogWriter(folder: "/log", options: options, fileSystem: sound)
        for start in stride(from: 0, to: 110, by: 5) { try writer.append(Support.buffer(start..<(start + 5))) }
        _ = try writer.prune(before: Support.time(33), time: Support.time(110))
        var query = LogQuery()
        query.add(.device, "sensor-1")
        var reader = try QueryReader(folder: "/log", query, fileSystem: sound)
        while try reader.next() != nil {}
        content = try Support.contentsWithoutChecks("/log", sound)
        files = sound.snapshot()
    }

    /// What became of the readers of the log with `bytes` in the place of the target's file.
    struct Outcome {
        /// In words, without numbers: two inputs with the same words went the same way, as far as anybody can tell.
        var words: String
        var verdict: VerifyReport.Verdict
        /// What was wrong with how it went; nil when nothing was.
        var fault: String?
    }

    func read(_ target: FuzzTarget, _ bytes: [UInt8]) throws -> Outcome {
        let system = sound.kill()
        guard let path = target.path(in: files) else {
            throw LogError(.missing, path: target.rawValue, problem: "no file")
        }
        let file = try system.open(path, .replace(secret: false))
        try file.write(bytes, at: 0)
        try file.sync()

        var said: [String] = []
        var fault: String?
        let report = LogVerifier(folder: "/log", fileSystem: system).run()
        said += report.findings.map(\.problem)
        var read: [UInt8]?
        do { read = try Support.contentsWithoutChecks("/log", system) } catch { said.append("cat: \(error)") }
        if report.verdict == .sound, read != content {
            fault = "it is called sound, and what is read of it is other than what was written"
        }
        if target.isDisposable, report.verdict != .sound || read != content {
            fault = "a file that is disposable changed what is read, or the verdict"
        }
        var query = LogQuery()
        query.add(.device, "sensor-3")
        query.from = 0
        do {
            var reader = try QueryReader(folder: "/log", query, fileSystem: system)
            var lines = 0
            while let found = try reader.next() { lines += found.count }
            if target.isDisposable {
                let expected = String(decoding: content, as: UTF8.self).split(separator: "\n")
                    .filter { $0.contains("\"device\":\"sensor-3\"") }.count
                if lines != expected { fault = "a query found \(lines) records, and \(expected) are there" }
            }
        } catch { said.append("query: \(error)") }
        do {
            var prover = try RecordProver(folder: "/log", fileSystem: system)
            _ = try prover.proof(of: 40)
        } catch { said.append("prove: \(error)") }
        let before = system.snapshot()
        do {
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
            said += writer.recovery.notes
        } catch { said.append("recovery: \(error)") }
        let after = system.snapshot()
        for path in before.keys where !path.hasSuffix(".tmp") && !path.hasSuffix("/LOCK") && !path.hasSuffix(".wal") {
            let name = String(path.split(separator: "/").last ?? "")
            if !after.keys.contains(where: { $0 == path || $0.contains(name) }) { fault = "recovery deleted \(path)" }
        }
        let words = said.map { String($0.filter { !$0.isNumber }) }.joined(separator: "\n")
        return Outcome(words: "\(report.verdict)\n\(words)", verdict: report.verdict, fault: fault)
    }
}
