import Foundation
import Testing

/// How feeds are read, as the configuration and the fleet file say it, through the real program.
@Suite(.waits) struct FeedReadingTests {
    @Test func `CSV with names of its own is replayed by a file that says what they are`() async throws {
        try await onThread {
            let folder = try ProductFolder()
            try folder.write("p.yaml", RunSite.flood)
            try folder.write(
                "reading.yaml",
                """
                format: csv
                csv: { separator: ";" }
                fields:
                  time: Zeit
                  kind: { from: Art, values: { Nachricht: publish } }
                  device: "Gerät"
                  topic: Kanal
                """)
            let rows = (0..<7).map { "2026-11-21T10:00:0\($0)Z;Nachricht;t-7;\"a;\n\($0)\"\n" }
            try folder.write("export.csv", "Zeit;Art;Gerät;Kanal\n" + rows.joined())
            let found = try ProductProgram.run(
                [
                    "replay", "export.csv", "--feed", "reading.yaml", "--profile", "p.yaml", "--summary", "--output",
                    "json", "--write-log", "log",
                ], in: folder)
            let output = String(decoding: found.output, as: UTF8.self)
            #expect(found.end == .code(0), "\(found.words)")
            #expect(output.contains("\"event\":\"in-alarm\"") && output.contains("\"device\":\"t-7\""), "\(output)")
            #expect(output.contains("\"events\":7") && output.contains("\"rejected\":0"), "\(output)")
            let log = try ProductProgram.run(["log", "cat", "log"], in: folder)
            #expect(String(decoding: log.output, as: UTF8.self).contains("\"topic\":\"a; 3\""))
            // What the file says wrongly is told with its place.
            try folder.write("reading.yaml", "format: csv\nfields: { tim: Zeit }\n")
            let wrong = try ProductProgram.run(
                ["replay", "export.csv", "--feed", "reading.yaml", "--profile", "p.yaml"], in: folder)
            #expect(wrong.end == .code(2))
            #expect(
                wrong.words.contains("reading.yaml:2:") && wrong.words.contains("did you mean `time`"), "\(wrong.words)"
            )
        }
    }

    /// A recorded report of a thing.
    private static func report(_ thing: String, _ number: Int, bytes: Int) -> String {
        "{\"tst\":\"2026-11-21T10:0\(number % 10):00Z\",\"topic\":\"$aws/things/\(thing)/defender/metrics/json\",\"payload\":"
            + "{\"hed\":{\"rid\":\(number),\"v\":\"1.0\"},\"met\":{\"ns\":{\"bi\":\(bytes),\"bo\":1,\"pi\":1,\"po\":1}}}}\n"
    }

    @Test func `reports of devices that nobody knows are rejected, bound ones say so, and counters become differences`()
        async throws
    {
        try await onThread {
            let folder = try ProductFolder()
            try folder.write("p.yaml", RunSite.profile("traffic", "alarm: more than 1 in 5m"))
            try folder.write("fleet.yaml", "devices: { t-1: }\n")
            try folder.write(
                "reading.yaml",
                "format: defender-report\nreports: { devices: registered, publisher: acl, traffic: counters }\n")
            try folder.write(
                "reports.ndjson",
                Self.report("t-1", 1, bytes: 100) + Self.report("t-1", 2, bytes: 150) + Self.report("t-2", 3, bytes: 5)
                    + Self.report("t-1", 4, bytes: 450))
            func records(_ options: [String], _ log: String) throws -> [String] {
                let found = try ProductProgram.run(
                    ["replay", "reports.ndjson", "--profile", "p.yaml", "--write-log", log] + options, in: folder)
                #expect(found.end == .code(0), "\(found.words)")
                let lines = try ProductProgram.run(["log", "cat", log], in: folder).output
                return String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init).filter {
                    $0.contains("\"kind\":\"report\"") || $0.contains("\"kind\":\"rejected\"")
                }
            }
            let bound = try records(["--feed", "reading.yaml", "--fleet", "fleet.yaml"], "bound")
            #expect(bound.count == 4)
            #expect(bound.filter { $0.contains("\"identity\":\"by-acl\"") }.count == 3, "\(bound)")
            #expect(bound[2].contains("\"reason\":\"unknown-device\""), "\(bound)")
            #expect(!bound[0].contains("all-bytes-in") && bound[1].contains("\"all-bytes-in\":50"), "\(bound)")
            #expect(bound[3].contains("\"all-bytes-in\":300"), "\(bound)")
            let plain = try records(["--format", "defender-report"], "plain")
            #expect(plain.allSatisfy { $0.contains("\"kind\":\"report\"") && !$0.contains("identity") }, "\(plain)")
            #expect(plain[3].contains("\"all-bytes-in\":450"), "\(plain)")
        }
    }

    @Test func `behind a gateway a message belongs to the device in its topic, live, after a restart and in a replay`()
        async throws
    {
        try await onThread {
            let site = try RunSite()
            try site.folder.write("fleet.yaml", "identity: { topic: \"telemetry/{device}/#\" }\ndevices: { t-7: }\n")
            let configuration = """
                data: data
                profiles: [profile.yaml]
                fleet: fleet.yaml
                listen: off
                feeds: [{ name: feed, file: live.log, format: ndjson }]

                """
            try site.folder.write("picket.yaml", configuration)
            func publish(_ count: Int, _ device: String) throws {
                let line = "{\"kind\":\"publish\",\"client\":\"gw\",\"topic\":\"telemetry/\(device)/x\"}\n"
                try site.folder.append("live.log", String(repeating: line, count: count))
            }
            var program = try site.start()
            try publish(4, "t-7")
            try publish(4, "t-8")
            let isThere = try program.waits { try site.topics().count == 8 }
            #expect(isThere)
            stop(program)
            program = try site.start()
            try publish(2, "t-7")
            let isFound = try program.waits { try site.violations().contains("in-alarm flood t-7") }
            stop(program)
            let violations = try site.violations()
            #expect(isFound && !violations.contains { $0.contains("gw") || $0.contains("t-8") }, "\(violations)")
            try site.expectReplayAgrees()
            // The file itself, through the same fleet.
            try site.folder.write(
                "old.ndjson",
                (0..<7).map {
                    "{\"time\":\"2026-11-21T10:00:0\($0)Z\",\"kind\":\"publish\",\"client\":\"gw\",\"topic\":\"telemetry/t-7/x\"}\n"
                }.joined())
            let replay = try ProductProgram.run(
                ["replay", "old.ndjson", "--profile", "profile.yaml", "--fleet", "fleet.yaml", "--output", "json"],
                in: site.folder)
            #expect(String(decoding: replay.output, as: UTF8.self).contains("\"device\":\"t-7\""), "\(replay.words)")
        }
    }

    @Test func `a device that is registered while Picket runs may report`() async throws {
        try await onThread {
            let site = try RunSite()
            try site.folder.write("fleet.yaml", "devices: { t-1: }\n")
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                fleet: fleet.yaml
                listen: off
                feeds: [{ name: feed, file: live.log, format: defender-report, reports: { devices: registered } }]

                """)
            let program = try site.start()
            func kinds() throws -> [String] {
                try site.records().filter { $0["feed"] as? String == "feed" }.compactMap { $0["kind"] as? String }
            }
            try site.folder.append("live.log", Self.report("t-2", 1, bytes: 1))
            let isRejected = try program.waits { try kinds() == ["rejected"] }
            #expect(isRejected)
            try site.folder.write("fleet.yaml", "devices: { t-1: , t-2: }\n")
            program.signal(SIGHUP)
            let isLoaded = program.waits { program.wordsText.contains("reloaded") }
            #expect(isLoaded, "\(program.wordsText)")
            try site.folder.append("live.log", Self.report("t-2", 2, bytes: 1))
            let isTaken = try program.waits { try kinds() == ["rejected", "report"] }
            #expect(isTaken)
            stop(program)
        }
    }
}
