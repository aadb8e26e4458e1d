import Foundation
import Testing

/// Files that come, go, and hold what nobody can read.
@Suite("picket run: feeds", .waits)
struct RunFeedTests {
    @Test("Standard input goes on where it was: columns that it named, and connections that were open lines")
    func standardInput() async throws {
        try await onThread {
            for (format, first, second, key, value) in [
                ("csv", "time,kind,device\n1795255200,connect,d-1\n", "1795255201,connect,d-2\n", "device", "d-2"),
                (
                    "mosquitto", "1795255200: New connection from 10.0.0.7:40001 on port 1883.\n",
                    "1795255200: Client <unknown> disconnected, not authorised.\n", "address", "10.0.0.7"
                ),
            ] {
                let site = try RunSite(feed: "\"-\"")
                let configuration = try String(contentsOfFile: site.folder.file("picket.yaml"), encoding: .utf8)
                try site.folder.write(
                    "picket.yaml", configuration.replacing("format: ndjson", with: "format: \(format)"))
                for part in [first, second] {
                    try site.folder.write("part", part)
                    let run = try ProductProgram.run(
                        ["run", "--config", "picket.yaml", "--output", "json"], in: site.folder,
                        input: site.folder.file("part"))
                    #expect(run.end == .code(0), "\(run.words)")
                }
                let records = try site.records()
                let last = records.last { $0["feed"] as? String == "feed" }
                #expect(last?[key] as? String == value, "\(format): \(records)")
                #expect(records.allSatisfy { $0["kind"] as? String != "rejected" })
            }
        }
    }

    @Test("A file that is not there yet, is deleted, and comes again")
    func comesAndGoes() async throws {
        try await onThread {
            let site = try RunSite(feed: "later/live.log")
            let program = try site.start()
            try FileManager.default.createDirectory(
                atPath: site.folder.file("later"), withIntermediateDirectories: true)
            try site.publish("a", 0..<10, to: "later/live.log")
            #expect(try program.waits { try site.topics().count == 10 })
            try FileManager.default.removeItem(atPath: site.folder.file("later/live.log"))
            try site.publish("a", 10..<20, to: "later/live.log")
            #expect(try program.waits { try site.topics().count == 20 })
            stop(program)
            #expect(try site.topics() == (0..<20).map { "t/\($0)" })
        }
    }

    /// A restart skips what the log holds after its last position. What it does not find again it must not skip
    /// elsewhere.
    @Test("A file that is gone after a crash takes nothing of the next one with it")
    func isGoneAfterCrash() async throws {
        try await onThread {
            let site = try RunSite()
            try site.publish("a", 0..<1)
            let program = try site.start()
            #expect(try program.waits { try site.topics().count == 1 })
            // Within the second after a position: these are counted from it.
            try site.publish("a", 1..<5)
            #expect(try program.waits { try site.topics().count == 5 })
            program.signal(SIGKILL)
            _ = program.wait()
            // Out of sight rather than deleted: its number must not come again.
            try FileManager.default.moveItem(
                atPath: site.folder.file("live.log"), toPath: site.folder.file("elsewhere.log"))
            try site.publish("a", 100..<110)
            let next = try site.start()
            #expect(try next.waits { try site.topics().count >= 15 })
            stop(next)
            #expect(try site.topics() == (Array(0..<5) + Array(100..<110)).map { "t/\($0)" })
            #expect(next.wordsText.contains("feed feed: live.log: the file that was read last"), "\(next.wordsText)")
            #expect(try site.records().contains { $0["cause"] as? String == "file-missing" })
        }
    }

    @Test("Malformed lines beyond a hundred a second are counted exactly, killed or not")
    func malformedFlood() async throws {
        try await onThread {
            let site = try RunSite()
            var lines = ""
            for number in 0..<6_000 {
                lines += number % 3 == 0 ? RunSite.publish("d-\(number)", number) : "what is \(number)\n"
                if number % 500 == 499 {
                    try site.folder.append("live.log", lines)
                    lines = ""
                }
            }
            for pause: UInt32 in [30_000, 60_000, 90_000] {
                let program = try site.start()
                usleep(pause)
                program.signal(SIGKILL)
                _ = program.wait()
            }
            let program = try site.start()
            #expect(try program.waits { try site.topics().last == "t/5997" })
            stop(program)
            #expect(try site.topics() == stride(from: 0, to: 6_000, by: 3).map { "t/\($0)" })
            let rejected = try site.records().filter { $0["kind"] as? String == "rejected" }
            let counted = rejected.map { ($0["value"] as? Int) ?? 1 }.reduce(0, +)
            #expect(counted == 4_000)
            #expect(rejected.count < 1_000)
            try site.expectReplayAgrees()
        }
    }

    @Test("A file that shows its format late, after a line that is too long", arguments: ["mosquitto", "ndjson"])
    func recognisesLate(format: String) async throws {
        try await onThread {
            let site = try RunSite()
            try site.folder.write(
                "picket.yaml", "data: data\nfeeds:\n  - { name: feed, file: live.log }\n")
            try site.folder.append("live.log", "\n" + String(repeating: "x", count: 300_000) + "\n\n")
            let program = try site.start()
            let line =
                format == "ndjson"
                ? RunSite.publish("a", 1)
                : "1795255200: Received PUBLISH from a (d0, q0, r0, m0, 't/1', ... (5 bytes))\n"
            try site.folder.append("live.log", line)
            #expect(try program.waits { try site.topics() == ["t/1"] })
            stop(program)
            let records = try site.records()
            #expect(records.contains { $0["reason"] as? String == "too-long" })
            #expect(records.first { $0["state"] as? String == "opened" }?["format"] as? String == format)
        }
    }

    /// The median over twenty devices that flood, one after the other.
    @Test("From the deciding line to the violation on standard output")
    func latency() async throws {
        let times = try await onThread {
            let site = try RunSite()
            let program = try site.start()
            var times: [Duration] = []
            for device in 0..<20 {
                try site.publish("d-\(device)", 0..<5)
                usleep(20_000)
                let start = ContinuousClock.now
                try site.publish("d-\(device)", 5..<6)
                #expect(program.waits { program.outputLines.count == device + 1 })
                times.append(ContinuousClock.now - start)
            }
            stop(program)
            return times.sorted()
        }
        print("from the deciding line to the violation: median \(times[10]), longest \(times[19])")
        #expect(times[10] < .seconds(1))
    }
}
