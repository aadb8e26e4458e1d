import Foundation
import Testing

@testable import PicketLog

/// Files of private keys, and the rotation of a log's key.
@Suite struct KeyFileTests {
    @Test func `a key file is its owner's alone, and is never replaced`() throws {
        try Support.withFolder { folder in
            let path = folder + "/keys/log.key"
            let made = try KeyFile.create(path, origin: "example.test/log")
            #expect(try KeyFile.read(path).signers.map(\.key) == made.signers.map(\.key))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(throws: LogError.self) { try KeyFile.create(path, origin: "example.test/log") }
            for shared in [0o640, 0o604, 0o622] {
                try FileManager.default.setAttributes([.posixPermissions: shared], ofItemAtPath: path)
                let error = #expect(throws: LogError.self) { try KeyFile.read(path) }
                #expect(error?.advice.contains("chmod 600") == true)
            }
            #expect(throws: LogError.self) { try KeyFile.read(folder + "/none") }
            #expect(throws: LogError.self) { try KeyFile.read(folder) }
            #expect(throws: LogError.self) { try KeyFile.create(folder + "/other", origin: "two words") }
        }
    }

    @Test func `a rotation overlaps, binds both keys to their sizes, and survives an interruption`() throws {
        try Support.withFolder { folder in
            let log = folder + "/log"
            let path = LogPlace(log).keyFile
            let old = try #require(try KeyFile.create(path, origin: "example.test/log").signers.first)
            func append(_ range: Range<Int>) throws {
                var options = LogOptions()
                options.signers = try KeyFile.read(path).inUse(folder: log)
                let writer = try LogWriter(folder: log, options: options)
                try writer.append(Support.buffer(range))
                try writer.close()
            }
            try append(0..<10)
            let rotation = KeyRotation(folder: log, keyFile: path)
            #expect(throws: LogError.self) { try rotation.finish(time: Support.time(10)) }
            // As if it had stopped after the file was written: the key is not the log's yet, and changes nothing.
            var file = try KeyFile.read(path)
            let new = try #require(NoteSigner(newFor: "example.test/log"))
            try file.add(new)
            try append(10..<20)
            #expect(try rotation.begin(time: Support.time(20)) == new.key)
            #expect(throws: LogError.self) { try rotation.begin(time: Support.time(21)) }
            try append(20..<30)
            #expect(LogVerifier(folder: log, trusted: [old.key]).run().verdict == .sound)
            #expect(try rotation.finish(time: Support.time(30)) == old.key)
            #expect(try KeyFile.read(path).signers.map(\.key) == [new.key])
            try append(30..<40)
            let report = LogVerifier(folder: log).run()
            #expect(report.verdict == .sound, "\(report.text)")
            #expect(report.keys.map(\.from) == [0, 21])
            #expect(report.keys.map(\.to) == [32, nil])
            let listed = try KeyListing.keys(log)
            #expect(listed.map(\.text) == ["\(old.key) 0 32", "\(new.key) 21 -"])
            #expect(
                listed.map { String(decoding: $0.json, as: UTF8.self) } == [
                    "{\"vkey\":\"\(old.key)\",\"id\":\"\(old.key.idText)\",\"from\":0,\"to\":32}",
                    "{\"vkey\":\"\(new.key)\",\"id\":\"\(new.key.idText)\",\"from\":21}",
                ])
            #expect(try KeyListing.keys(path).map(\.text) == ["\(new.key)"])
        }
    }

    @Test func `rotating waits for no other writer`() throws {
        try Support.withFolder { folder in
            let path = LogPlace(folder + "/log").keyFile
            var options = LogOptions()
            options.signers = try KeyFile.create(path, origin: "example.test/log").signers
            let writer = try LogWriter(folder: folder + "/log", options: options)
            let error = #expect(throws: LogError.self) {
                try KeyRotation(folder: folder + "/log", keyFile: path).begin(time: 0)
            }
            #expect(error?.kind == .locked)
            #expect(try KeyFile.read(path).signers.count == 1)
            try writer.close()
        }
    }

    @Test func `the report for programs ends with the verdict`() throws {
        let lines = LogVerifier(folder: "/nowhere").run().lines.map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("{\"finding\":\"unreadable\",\"path\":\"/nowhere\""))
        #expect(lines[1].hasPrefix("{\"verdict\":\"unreadable\",\"exit\":3"))
    }

    @Test func `times of a query`() {
        #expect(QueryTime.parse("2026-11-18") == QueryTime.parse("2026-11-18T01:00:00+01:00"))
        #expect(QueryTime.parse("18.11.2026") == nil && QueryTime.parse("") == nil)
    }
}
