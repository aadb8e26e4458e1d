import Foundation
import Testing

@testable import PicketLog

/// The table of attacks and crashes of the design, row by row: each performed on the files of a real log, with the exit code
/// that both verifiers give. What a row needs beyond that is asked in the suites beside this one.
@Suite struct AttackTableTests {
    /// A row: what happened to the log in `log`, below a folder that is the row's own.
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var verdict: VerifyReport.Verdict
        /// Whether the verifiers are given `kept`, the checkpoint that somebody kept.
        var isKept = false
        /// Words of our report, where the row promises some.
        var says = ""
        var perform: @Sendable (_ place: Place) throws -> Void

        var testDescription: String { name }
    }

    /// Where a row is performed.
    struct Place {
        let folder: String
        var log: String { folder + "/log" }
        var kept: String { folder + "/kept" }
        static let segment = "seg/x000/00000000000000000000.jsonl.gz"

        /// 100 records in four segments, and a checkpoint that somebody kept.
        func write(_ lines: [[UInt8]] = lines, to name: String = "log", signers: [NoteSigner]? = nil) throws {
            var options = Support.small()
            if let signers { options.signers = signers }
            let writer = try LogWriter(folder: folder + "/" + name, options: options)
            for start in stride(from: 0, to: lines.count, by: 5) {
                var buffer = RecordBuffer()
                for index in start..<min(start + 5, lines.count) {
                    buffer.append(line: lines[index], time: Support.time(index))
                }
                try writer.append(buffer)
            }
            try writer.close()
        }

        /// The same as a machine leaves it that runs: a tail in the write-ahead file, which is given.
        func writeOpen(salt: String = "") throws -> String {
            let writer = try LogWriter(folder: folder + "/live", options: Support.small())
            for start in stride(from: 0, to: 45, by: 5) {
                try writer.append(Support.buffer(start..<(start + 5), salt: start < 40 ? "" : salt))
            }
            try run("rm -rf log && cp -r live log")
            try writer.close()
            try run("rm -r live")
            let first = try LogFolder(log).writeAheadFiles(RealFileSystem()).last
            return "log/wal/\(LogFolder.digits(try #require(first))).wal"
        }

        /// A log whose signatures are those of the true one, and everything else made anew to fit its own records.
        func forge(_ lines: [[UInt8]]) throws {
            try write(to: "true")
            try write(lines, signers: [])
            try run("cd true && cp -r KEYS FORMAT checkpoint checkpoints.log state ../log/")
        }

        func run(_ command: String) throws {
            let done = try Support.run("cd \(folder) && \(command)")
            #expect(done.code == 0, "\(command)")
        }

        func change(_ name: String, _ body: (inout [UInt8]) -> Void) throws {
            let url = URL(fileURLWithPath: folder + "/" + name)
            var bytes = [UInt8](try Data(contentsOf: url))
            body(&bytes)
            try Data(bytes).write(to: url)
        }

        /// A start after it: what it refuses, or nothing.
        func start() throws(LogError) {
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.close()
        }

        /// The log of a machine whose disk fails once at a call that `isCall` names, as it went on or was started again.
        func fail(_ fault: SimulatedFileSystem.Fault, _ isCall: (String) -> Bool) throws {
            let whole = SimulatedFileSystem()
            _ = Self.live(whole)
            let last = whole.trace.lastIndex { isCall($0) }
            let system = SimulatedFileSystem()
            system.arm(fault, in: try #require(last) + 1)
            let known = Self.live(system)
            let after = system.kill()
            let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: after)
            #expect(writer.nextIndex >= UInt64(known), "an acknowledged record is gone")
            try writer.append(Support.buffer(Int(writer.nextIndex)..<80))
            try writer.close()
            try Support.copy(after, to: folder)
        }

        /// - Returns: the records that were acknowledged.
        private static func live(_ system: SimulatedFileSystem) -> Int {
            var known = 0
            do {
                let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
                while known < 60 {
                    do throws(LogError) {
                        try writer.append(Support.buffer(known..<(known + 5)))
                        known += 5
                    } catch {
                        guard error.kind == .full, error.outcome == .notWritten else { throw error }
                        system.makeRoom()
                    }
                }
            } catch {
                // The writer has stopped. What was acknowledged counts.
            }
            return known
        }

        static let lines = (0..<100).map { Support.line($0) }
    }

    /// The rows in the order of the table.
    static let rows: [Row] = attacks + crashes

    private static let attacks: [Row] = [
        Row(name: "a flipped byte in a sealed block", verdict: .tampered, says: Place.segment) {
            try $0.write()
            try $0.change("log/" + Place.segment) { $0[120] ^= 1 }
        },
        Row(name: "edited, with checksum, root and tiles made anew", verdict: .tampered, says: "was signed") {
            var lines = Place.lines
            lines[57] = Support.line(57, salt: "x")
            try $0.forge(lines)
        },
        Row(name: "a record deleted", verdict: .tampered) {
            var lines = Place.lines
            lines.remove(at: 3)
            try $0.forge(lines)
        },
        Row(name: "records exchanged", verdict: .tampered) {
            var lines = Place.lines
            lines.swapAt(20, 21)
            try $0.forge(lines)
        },
        Row(name: "a record put in", verdict: .tampered) {
            var lines = Place.lines
            lines.insert(Support.line(7, salt: "x"), at: 80)
            try $0.forge(lines)
        },
        Row(
            name: "end and checkpoints dropped, one was kept", verdict: .tampered, isKept: true, says: "its end is gone"
        ) {
            try $0.write(to: "true")
            try $0.write(Array(Place.lines.prefix(64)))
            try $0.run("cp true/checkpoint kept")
        },
        Row(name: "end and checkpoints dropped, none was kept", verdict: .sound, says: "no newer end was cut off") {
            try $0.write(Array(Place.lines.prefix(64)))
        },
        Row(name: "another history signed with the stolen key", verdict: .tampered, isKept: true, says: "was signed") {
            try $0.write(to: "true")
            try $0.write((0..<120).map { Support.line($0, salt: "forged") })
            try $0.run("cp true/checkpoint kept")
        },
        Row(name: "all signatures taken away", verdict: .incomplete) {
            try $0.write()
            try $0.run("rm log/checkpoint log/checkpoints.log log/state/signed")
        },
        Row(name: "old data signed with a newer key", verdict: .tampered, says: "not in use") { place in
            let old = try #require(NoteSigner(Support.signerText))
            let new = try #require(NoteSigner(newFor: "example.test/small"))
            let writer = try LogWriter(folder: place.log, options: Support.small())
            try writer.append(Support.buffer(0..<30))
            try writer.addKey(new, time: Support.time(30))
            try writer.retireKey(old.key, time: Support.time(31))
            try writer.close()
            var tree = try LogTree(folder: place.log)
            let past = Checkpoint(origin: "example.test/small", size: 20, root: try tree.head(of: 20))
            let note = try #require(past.signed(by: [new]))
            try place.change("log/checkpoints.log") { $0 = note.bytes + [0x0A] + $0 }
        },
        Row(name: "records altered before they were signed", verdict: .sound) { place in
            // Out of reach, as the table says: whoever has the machine before a signature writes what he wants.
            var options = Support.small()
            options.signAfter = .seconds(3_600)
            let writer = try LogWriter(folder: place.folder + "/live", options: options)
            try writer.append(Support.buffer(0..<20))
            try writer.signNow()
            try writer.append(Support.buffer(20..<25, salt: "altered"))
            try place.run("cp -r live log")
            try writer.close()
        },
        Row(name: "the index deleted", verdict: .sound) { place in
            try place.write()
            var reader = try QueryReader(folder: place.log, LogQuery())
            while try reader.next() != nil {}
            try place.run("rm -rf log/idx")
        },
        Row(name: "an older copy of the folder under the signer's memory", verdict: .tampered, says: "its end is gone")
        {
            place in
            try place.write(to: "true")
            try place.write(Array(Place.lines.prefix(64)))
            try place.run("cp true/state/signed log/state/signed")
            #expect(throws: LogError.self) { try place.start() }
        },
    ]

    private static let crashes: [Row] = [
        Row(name: "killed in the middle of a frame", verdict: .sound) { place in
            let tail = try place.writeOpen()
            // As much of a new frame as was written: its magic and half a head.
            try place.change(tail) { $0 += Array("PFRM".utf8) + [200, 0, 0, 0] + $0[8..<16] }
        },
        Row(name: "the last sector of the tail is zeros", verdict: .sound) { place in
            let tail = try place.writeOpen()
            try place.change(tail) { $0 += [UInt8](repeating: 0, count: 700) }
        },
        Row(name: "a flipped byte in a frame that was acknowledged", verdict: .tampered) { place in
            let tail = try place.writeOpen()
            try place.change(tail) { $0[$0.count - 20] ^= 1 }
            #expect(throws: LogError.self) { try place.start() }
        },
        Row(name: "bit rot below what was signed", verdict: .tampered) { place in
            try place.write()
            try place.change("log/seg/x000/00000000000000000096.jsonl.gz") { $0[110] ^= 4 }
            #expect(throws: LogError.self) { try place.start() }
        },
        Row(name: "bit rot in a block whose records the tail still holds", verdict: .tampered) { place in
            _ = try place.writeOpen()
            try place.change("log/seg/x000/00000000000000000032.jsonl.gz") { $0[110] ^= 4 }
        },
        Row(name: "the same, and then a start, which takes the records from the tail", verdict: .sound) { place in
            _ = try place.writeOpen()
            try place.change("log/seg/x000/00000000000000000032.jsonl.gz") { $0[110] ^= 4 }
            try place.start()
            #expect(try Support.contents(place.log) == Support.buffer(0..<45).bytes)
            #expect(try !FileManager.default.contentsOfDirectory(atPath: place.log + "/quarantine").isEmpty)
        },
        Row(name: "fdatasync fails", verdict: .sound) { try $0.fail(.inputOutput) { $0.hasPrefix("sync /log/wal/") } },
        Row(name: "fdatasync of a segment fails", verdict: .sound) {
            try $0.fail(.inputOutput) { $0.hasPrefix("sync /log/seg/") }
        },
        Row(name: "fdatasync of the kept checkpoints fails", verdict: .sound) {
            try $0.fail(.inputOutput) { $0 == "sync /log/checkpoints.log" }
        },
        Row(name: "the disk is full", verdict: .sound) { try $0.fail(.full) { $0.hasPrefix("write /log/wal/") } },
        Row(name: "the disk is full while a block is sealed", verdict: .sound) {
            try $0.fail(.full) { $0.hasPrefix("write /log/seg/") }
        },
        Row(name: "a crash between segment and removal of the tail", verdict: .sound) { place in
            _ = try place.writeOpen()
            try place.run("cp -r log/wal wal")
            try place.start()
            try place.run("cp wal/* log/wal/")
        },
        Row(name: "the same, and the tail is another", verdict: .tampered) { place in
            _ = try place.writeOpen(salt: "other")
            try place.run("mv log/wal wal && rm -r log")
            _ = try place.writeOpen()
            try place.start()
            try place.run("cp wal/* log/wal/")
            #expect(throws: LogError.self) { try place.start() }
        },
        Row(name: "the clock jumps back", verdict: .sound) { place in
            let writer = try LogWriter(folder: place.log, options: Support.small())
            for index in Array(0..<40) + Array((0..<40).reversed()) {
                var buffer = RecordBuffer()
                buffer.append(line: Support.line(index), time: Support.time(index))
                try writer.append(buffer)
            }
            try writer.close()
        },
        Row(name: "two writers", verdict: .sound) { place in
            let writer = try LogWriter(folder: place.log, options: Support.small())
            try writer.append(Support.buffer(0..<50))
            #expect(throws: LogError.self) { try place.start() }
            try writer.append(Support.buffer(50..<60))
            try writer.close()
        },
    ]

    @Test(arguments: rows) func `a row of the table`(row: Row) throws {
        try Support.withFolder { folder in
            let place = Place(folder: folder)
            try row.perform(place)
            try BothVerifiers(place.log).expectSame(
                "\(row.name)", since: row.isKept ? place.kept : nil, is: row.verdict)
            let kept = row.isKept ? [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.kept))) : nil
            let report = LogVerifier(folder: place.log, since: kept).run()
            #expect(row.says.isEmpty || report.text.contains(row.says), "\(report.text)")
        }
    }
}
