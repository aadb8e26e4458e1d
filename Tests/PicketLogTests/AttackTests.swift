import Foundation
import PicketEvents
import Testing

@testable import PicketLog

/// What somebody can do who may change the files but not the checkpoints that were signed, and what only one can do who has
/// a key: the table of attacks, each on a real log, with both verifiers.
@Suite struct AttackTests {
    /// A log of `lines`, whole and consistent in itself.
    private func write(_ lines: [[UInt8]], _ folder: String, signers: [NoteSigner]? = nil) throws {
        var options = Support.small()
        if let signers { options.signers = signers }
        let writer = try LogWriter(folder: folder, options: options)
        var buffer = RecordBuffer()
        for (index, line) in lines.enumerated() { buffer.append(line: line, time: Support.time(index)) }
        try writer.append(buffer)
        try writer.close()
    }

    @Test func `records edited, deleted, put in and exchanged, with everything but the signatures made anew`() throws {
        let lines = (0..<100).map { Support.line($0) }
        var edited = lines
        edited[57] = Array(String(decoding: lines[57], as: UTF8.self).replacing("sensor-", with: "sensor_").utf8)
        var deleted = lines
        deleted.remove(at: 3)
        var inserted = lines
        inserted.insert(Support.line(7, salt: "x"), at: 80)
        var exchanged = lines
        exchanged.swapAt(20, 21)
        try Support.withFolder { folder in
            try write(lines, folder + "/log")
            for (name, forged) in [
                ("edited", edited), ("deleted", deleted), ("inserted", inserted), ("exchanged", exchanged),
                ("cut", Array(lines.dropLast(30))), ("the same", lines),
            ] {
                let copy = folder + "/copy"
                try write(forged, copy, signers: [])
                // Segments, blocks, checksums, tiles and ends are all right: only what was signed is not.
                _ = try Support.run(
                    "cd \(folder)/log && cp -r KEYS FORMAT checkpoint checkpoints.log state \(copy)/")
                try BothVerifiers(copy).expectSame("\(name)", is: name == "the same" ? .sound : .tampered)
                _ = try Support.run("rm -r \(copy)")
            }
        }
    }

    @Test func `an end that was cut off with its checkpoints is seen by whoever kept one`() throws {
        try Support.withFolder { folder in
            var options = Support.small()
            options.origin = "example.test/small"
            let writer = try LogWriter(folder: folder + "/log", options: options)
            try writer.append(Support.buffer(0..<64))
            _ = try Support.run("cp -r \(folder)/log \(folder)/early")
            try writer.append(Support.buffer(64..<90))
            try writer.close()
            _ = try Support.run("cp \(folder)/log/checkpoint \(folder)/kept")
            let early = BothVerifiers(folder + "/early")
            try early.expectSame("with the checkpoint that was kept", since: folder + "/kept", is: .tampered)
            // A restored copy alone is sound: nobody could tell, and the report says so.
            try early.expectSame("alone", is: .sound)
            let report = LogVerifier(folder: folder + "/early").run()
            #expect(report.notProven.contains { $0.contains("no newer end was cut off") })
            // The signer's own memory notices it, where that was left: the writer refuses to go on.
            _ = try Support.run("cp \(folder)/log/state/signed \(folder)/early/state/signed")
            try early.expectSame("with the signer's memory", is: .tampered)
            #expect(throws: LogError.self) { try LogWriter(folder: folder + "/early", options: Support.small()) }
        }
    }

    @Test func `a newer key cannot sign the past`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let old = try #require(NoteSigner(Support.signerText))
            let new = try #require(NoteSigner(newFor: "example.test/small"))
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.append(Support.buffer(0..<30))
            try writer.addKey(new, time: Support.time(30))
            try writer.append(Support.buffer(31..<40))
            try writer.retireKey(old.key, time: Support.time(40))
            try writer.append(Support.buffer(41..<60))
            try writer.close()
            try BothVerifiers(log).expectSame("as it is", is: .sound)
            var tree = try LogTree(folder: log)
            let past = Checkpoint(origin: "example.test/small", size: 20, root: try tree.head(of: 20))
            let note = try #require(past.signed(by: [new]))
            let url = URL(fileURLWithPath: log + "/checkpoints.log")
            let history = try Data(contentsOf: url)
            // In its place by size, before those that are there: the first was signed for at least 30.
            try (Data(note.bytes + [0x0A]) + history).write(to: url)
            try BothVerifiers(log).expectSame("the past signed again", is: .tampered)
        }
    }

    /// A log of some records, closed, and its lock free.
    private static func write(_ count: Int, _ log: String) throws {
        let writer = try LogWriter(folder: log, options: Support.small())
        try writer.append(Support.buffer(0..<count))
        try writer.close()
    }

    @Test func `a forged log with a foreign key beside the one that the auditor has`() throws {
        try Support.withFolder { folder in
            let good = try #require(NoteSigner(Support.signerText))
            let attacker = try #require(NoteSigner(newFor: "example.test/small"))
            let log = folder + "/log"
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.append(Support.buffer(0..<60))
            try writer.close()
            try BothVerifiers(log).expectSame("as it is", trusted: [good.key], is: .sound)
            // Everything forged, and the good key named in KEYS: it signed nothing of it.
            let forged = folder + "/forged"
            var options = Support.small()
            options.signers = [attacker]
            let other = try LogWriter(folder: forged, options: options)
            try other.append(Support.buffer(0..<60, salt: "forged"))
            try other.close()
            let keys = forged + "/KEYS"
            for lines in ["\(attacker.key) 0 -\n\(good.key) 0 -\n", "\(good.key) 0 -\n\(attacker.key) 0 -\n"] {
                try Data(lines.utf8).write(to: URL(fileURLWithPath: keys))
                try BothVerifiers(forged).expectSame("\(lines)", trusted: [good.key], is: .tampered)
                // Nor does an export call one of them a key of the log.
                #expect(throws: LogError.self) { try LogExport(folder: forged).write(LogQuery(), to: folder + "/out") }
            }
            // The good key stands first, and did not sign: nothing is proved by the other's word.
            #expect(throws: LogError.self) { try RecordProver(folder: forged) }
            #expect(throws: LogError.self) { try RecordProver(folder: forged, covering: 3) }
        }
    }

    @Test func `a key that brings itself in, in an end that no good key signed`() throws {
        try Support.withFolder { folder in
            let good = try #require(NoteSigner(Support.signerText))
            let attacker = try #require(NoteSigner(newFor: "example.test/small"))
            let log = folder + "/log"
            let writer = try LogWriter(folder: log, options: Support.small())
            try writer.append(Support.buffer(0..<40))
            try writer.addKey(attacker, time: Support.time(40))
            try writer.append(Support.buffer(41..<100))
            try writer.close()
            try BothVerifiers(log).expectSame("as it is", trusted: [good.key], is: .sound)
            // As if the good key had never signed what introduces the other one: whoever has only his own key goes on with a
            // log, and says that it was brought in.
            for name in ["checkpoint", "checkpoints.log"] {
                let url = URL(fileURLWithPath: "\(log)/\(name)")
                var size = 0
                var kept: [String] = []
                let lines = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n")
                for (place, line) in lines.enumerated() {
                    if line == "example.test/small" { size = Int(lines[place + 1]) ?? 0 }
                    let id = line.split(separator: " ").last.flatMap { Data(base64Encoded: String($0)) }?.prefix(4)
                    let isGood = id?.map { String(format: "%02x", $0) }.joined() == good.key.idText
                    if size <= 40 || !line.hasPrefix("— ") || !isGood { kept.append(line) }
                }
                try Data(kept.joined(separator: "\n").utf8).write(to: url)
            }
            for trusted in [[], [good.key]] {
                try BothVerifiers(log).expectSame("given: \(trusted.count)", trusted: trusted, is: .tampered)
            }
            let refused = #expect(throws: LogError.self) {
                try LogExport(folder: log).write(LogQuery(), to: folder + "/out")
            }
            #expect("\(String(describing: refused))".contains("no key before it signed"))
            #expect(throws: LogError.self) { try RecordProver(folder: log) }
        }
    }

    @Test func `a key that stands in KEYS over a record that does not introduce it proves nothing`() throws {
        try Support.withFolder { folder in
            let good = try #require(NoteSigner(Support.signerText))
            let attacker = try #require(NoteSigner(newFor: "example.test/small"))
            let log = folder + "/log"
            try Self.write(60, log)
            let keys = Data("\(good.key) 0 -\n\(attacker.key) 31 -\n".utf8)
            try keys.write(to: URL(fileURLWithPath: log + "/KEYS"))
            // The good key's checkpoint still proves; an export would hand the other key on.
            _ = try RecordProver(folder: log)
            #expect(throws: LogError.self) { try LogExport(folder: log).write(LogQuery(), to: folder + "/out") }
            let checkpoint = try #require(Checkpoint(text: RecordProver(folder: log).note.text))
            let forged = try #require(checkpoint.signed(by: [attacker]))
            try Data(forged.bytes).write(to: URL(fileURLWithPath: log + "/checkpoint"))
            let refused = #expect(throws: LogError.self) { try RecordProver(folder: log) }
            #expect("\(String(describing: refused))".contains("does not introduce"))
            let words = try #require(refused).description
            #expect(words.contains("record 30") && words.components(separatedBy: "record 30").count == 2, "\(words)")
            // Nobody vouches for it, which is said where keys are copied from.
            let listed = try KeyListing.keys(log)
            #expect(listed.map(\.isVouchedFor) == [true, false])
            #expect(listed[1].text.hasSuffix(" UNVOUCHED") && !listed[0].text.contains("UNVOUCHED"))
            #expect(String(decoding: listed[1].json, as: UTF8.self).contains("\"unvouched\":true"))
            try BothVerifiers(log).expectSame("as a verifier says", is: .tampered)
        }
    }

    @Test func `segments deleted under a record of retention that nobody signed`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let shape = Support.small().shape
            try Self.write(100, log)
            let count = UInt64(try Support.contents(log).count { $0 == 0x0A })
            let first = LogFolder(log).segmentFile(0, shape)
            let root = try #require(try SegmentFile.end(of: first, 0, shape, RealFileSystem())).root
            // A tail that is not signed yet: a log that runs has one, and anybody can write one.
            let record =
                "{\"received\":\"\(Timestamp.format(Support.time(Int(count))))\",\"feed\":\"picket\",\"kind\":\"log\","
                + "\"action\":\"pruned\",\"below\":\(shape.segmentRecords)}"
            var unsigned = Support.small()
            unsigned.signAfter = .seconds(3_600)
            let forger = try LogWriter(folder: log, options: unsigned)
            var buffer = RecordBuffer()
            buffer.append(line: Array(record.utf8), time: Support.time(Int(count)))
            try forger.append(buffer)
            _ = try Support.run("cp -r \(log) \(folder)/open")
            try forger.close()
            let open = folder + "/open"
            try BothVerifiers(open).expectSame("with its tail", is: .sound)
            var list = PrunedList()
            list.record = count
            list.roots = [root]
            try Data(list.encoded()).write(to: URL(fileURLWithPath: open + "/PRUNED"))
            try FileManager.default.removeItem(atPath: LogFolder(open).segmentFile(0, shape))
            try BothVerifiers(open).expectSame("the first segment is gone", is: .tampered)
        }
    }

    @Test func `a write-ahead file of another past beside the segments`() throws {
        try Support.withFolder { folder in
            for (name, salt) in [("log", ""), ("other", "forged")] {
                let writer = try LogWriter(folder: "\(folder)/\(name)", options: Support.small())
                for start in stride(from: 0, to: 60, by: 4) {
                    try writer.append(Support.buffer(start..<(start + 4), salt: start < 56 ? "" : salt))
                }
                if name == "log" { _ = try Support.run("cp -r \(folder)/log \(folder)/open") }
                if name == "log" { try writer.close() }
            }
            _ = try Support.run("mkdir -p \(folder)/log/wal; cp \(folder)/open/wal/* \(folder)/log/wal/")
            try BothVerifiers(folder + "/log").expectSame("the same records twice", is: .sound)
            _ = try Support.run("rm \(folder)/log/wal/*; cp \(folder)/other/wal/* \(folder)/log/wal/")
            try BothVerifiers(folder + "/log").expectSame("others", is: .tampered)
        }
    }

    @Test func `a clock that was set back changes neither order nor answers`() throws {
        try Support.withFolder { folder in
            let order = Array(0..<40) + Array((0..<40).reversed())
            let writer = try LogWriter(folder: folder + "/log", options: Support.small())
            for index in order {
                var buffer = RecordBuffer()
                buffer.append(line: Support.line(index), time: Support.time(index))
                try writer.append(buffer)
            }
            try writer.close()
            try BothVerifiers(folder + "/log").expectSame("back in time", is: .sound)
            var query = LogQuery()
            query.from = Support.time(10)
            query.to = Support.time(12)
            var reader = try QueryReader(folder: folder + "/log", query)
            var found: [UInt64] = []
            while let matches = try reader.next() { found += matches.map(\.index) }
            #expect(found == [10, 11, 68, 69])
        }
    }

    @Test func `a forged index hides records from a query, and none from an export`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            try write((0..<64).map { Support.line($0) }, log)
            let line = String(decoding: Support.line(3), as: UTF8.self)
            let device = try #require(line.firstMatch(of: /"device":"([^"]*)"/)?.1)
            var query = LogQuery()
            query.add(.device, String(device))
            func found() throws -> [UInt64] {
                var reader = try QueryReader(folder: log, query)
                var found: [UInt64] = []
                while let matches = try reader.next() { found += matches.map(\.index) }
                return found
            }
            let honest = try found()
            #expect(honest.contains(3))
            // An index without any value, with every checksum right.
            let shape = try LogFormat.read(LogFolder(log)).shape
            let folderOfLog = LogFolder(log)
            let end = try #require(
                try SegmentFile.end(of: folderOfLog.segmentFile(0, shape), 0, shape, RealFileSystem()))
            let empty = try #require(IndexBuilder().encoded(root: end.root))
            let compared = LogVerifier(folder: log, comparesIndexes: true).run()
            #expect(compared.verdict == .sound && compared.indexes == 2, "\(compared.text)")
            let path = log + "/idx/x000/00000000000000000000.idx"
            #expect(FileManager.default.fileExists(atPath: path))
            try Data(empty).write(to: URL(fileURLWithPath: path))
            #expect(try !found().contains(3))
            try BothVerifiers(log).expectSame("an index proves nothing", is: .sound)
            let forged = LogVerifier(folder: log, comparesIndexes: true).run()
            #expect(forged.verdict == .tampered && forged.findings.map(\.path) == [path], "\(forged.text)")
            let summary = try LogExport(folder: log).write(query, to: folder + "/case")
            #expect(summary.records == honest.count)
            _ = try Support.run("rm -r \(log)/idx")
            #expect(try found() == honest)
        }
    }
}
