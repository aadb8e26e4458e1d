import Foundation
import MQTT
import Testing

/// An audit trail comes a quarter of an hour late beside a live feed: what it shows is found all the same, and what the live
/// feed shows is found at once.
@Suite(.waits) struct LateTrailTests {
    private static let profile = """
        profile: site
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 5 in 5m, severity: high }
          - { name: busy-user, subject: user, metric: count, where: { kind: user }, alarm: more than 2 in 5m }

        """

    /// Messages as they happen now.
    private static func messages(_ count: Int, format: String) -> String {
        (0..<count).map { number in
            switch format {
            case "mosquitto":
                "\(Int(Date().timeIntervalSince1970)): Received PUBLISH from d (d0, q0, r0, m0, 't/\(number)', ... (1 bytes))\n"
            default: "{\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t/\(number)\"}\n"
            }
        }.joined()
    }

    /// What anna did, `seconds` ago.
    private static func trail(_ seconds: [Double]) -> String {
        let formatter = ISO8601DateFormatter()
        let records = seconds.map { ago in
            "{\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"anna\"},\"eventSource\":\"iot.amazonaws.com\","
                + "\"eventTime\":\"\(formatter.string(from: Date().addingTimeInterval(-ago)))\",\"eventName\":\"DeleteThing\"}"
        }
        return "{\"Records\":[\(records.joined(separator: ","))]}\n"
    }

    // NDJSON and Mosquitto's log can bring events of users themselves, so the two feeds share one watermark.
    @Test(arguments: ["ndjson", "mosquitto"])
    func `a trail that is fifteen minutes late beside a live feed`(format: String) async throws {
        try await onThread {
            let site = try RunSite(profile: Self.profile)
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                feeds:
                  - { name: live, file: live.log, format: \(format) }
                  - { name: trail, file: trail.json, format: cloudtrail, lateness: 20m }
                listen: off

                """)
            let program = try site.start()
            func violations() throws -> [String] {
                try site.records().filter { $0["kind"] as? String == "violation" }.map {
                    "\($0["event"] as? String ?? "") \($0["behavior"] as? String ?? "") \($0["user"] ?? $0["device"] ?? "")"
                }
            }
            try site.folder.append("live.log", Self.messages(6, format: format))
            let isEarly = try program.waits { try violations().contains("in-alarm flood d") }
            #expect(isEarly, "\(program.wordsText)")
            // The live feed has moved time on; the trail has said nothing yet.
            try site.folder.append("live.log", Self.messages(1, format: format))
            let isRead = try program.waits { try site.topics().count == 7 }
            #expect(isRead)
            try site.folder.append("trail.json", Self.trail([900, 870, 840]))
            let isFound = try program.waits { try violations().contains("in-alarm busy-user anna") }
            let found = try violations()
            #expect(isFound, "\(found); \(program.wordsText)")
            // An older one than the feed may bring is late, and is counted.
            try site.folder.append("trail.json", Self.trail([1_800]))
            let isThere = try program.waits { try site.records().count { $0["kind"] as? String == "user" } == 4 }
            #expect(isThere)
            stop(program)
            #expect(program.wordsText.contains(" 1 late"), "\(program.wordsText)")
            try site.expectReplayAgrees()
        }
    }

    @Test func `a trail that is late is no wrong clock; one of the broker that is ahead is`() async throws {
        try await onThread {
            let text = try String(contentsOfFile: "\(Places.package)/profiles/monitor-health.yaml", encoding: .utf8)
            let site = try RunSite(profile: text)
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                profiles: [profile.yaml]
                feeds:
                  - { name: live, file: live.log, format: ndjson }
                  - { name: trail, file: trail.json, format: cloudtrail, lateness: 20m }
                listen: off

                """)
            let program = try site.start()
            func violations() throws -> [String] {
                try site.records().filter { $0["kind"] as? String == "violation" }.map {
                    "\($0["event"] as? String ?? "") \($0["behavior"] as? String ?? "") \($0["name"] as? String ?? "")"
                }
            }
            try site.folder.append("live.log", Self.messages(1, format: "ndjson"))
            try site.folder.append("trail.json", Self.trail([900, 870, 840]))
            let isRead = try program.waits(.seconds(180)) {
                try site.records().count { $0["kind"] as? String == "user" } == 3
            }
            #expect(isRead, "\(program.wordsText)")
            #expect(try violations().isEmpty)
            let ahead = ISO8601DateFormatter().string(from: Date().addingTimeInterval(900))
            try site.folder.append(
                "live.log",
                "{\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t\",\"time\":\"\(ahead)\"}\n")
            let isFound = try program.waits(.seconds(180)) { try !violations().isEmpty }
            #expect(isFound, "\(program.wordsText)")
            stop(program)
            #expect(try violations() == ["in-alarm clock-is-wrong live"])
            let replay = try ProductProgram.run(["replay", "data/log", "--against", "data/log"], in: site.folder)
            #expect(replay.end == .code(0), "\(replay.words)")
        }
    }

    @Test(.enabled(if: MessageSite.isPossible, MessageSite.reason), .timeLimit(.minutes(10)))
    func `a trail that is fifteen minutes late beside live messages of a broker`() async throws {
        let trail = "  - { name: trail, file: trail.json, format: cloudtrail, lateness: 20m }"
        let site = try MessageSite(
            feed: "topics: [\"events/#\"], format: ndjson", more: trail + "\nprofiles: [profile.yaml]")
        try site.folder.write("profile.yaml", Self.profile)
        try site.startBroker()
        let program = try site.startPicket()
        func count(_ behavior: String) throws -> Int {
            try site.records("violation").count {
                $0["behavior"] as? String == behavior && $0["event"] as? String == "in-alarm"
            }
        }
        let device = try await site.client("d")
        for line in Self.messages(7, format: "ndjson").split(separator: "\n") {
            try await device.publish(MQTTMessage(topic: "events/d", payload: Array(line.utf8), qos: .atLeastOnce))
        }
        let isEarly = try program.waits { try count("flood") == 1 }
        #expect(isEarly, "\(program.wordsText)")
        try site.folder.append("trail.json", Self.trail([900, 870, 840]))
        let isFound = try program.waits { try count("busy-user") == 1 }
        #expect(isFound, "\(program.wordsText)")
        await device.close()
        stop(program)
        #expect(program.wordsText.contains(" 0 late"), "\(program.wordsText)")
    }

    @Test func `a feed that the configuration does not have any more ends, and nobody waits for it`() async throws {
        try await onThread {
            let site = try RunSite(profile: Self.profile)
            let trail = "  - { name: trail, file: trail.json, format: cloudtrail, lateness: 20m }\n"
            let start =
                "data: data\nprofiles: [profile.yaml]\nlisten: off\nfeeds:\n"
                + "  - { name: live, file: live.log, format: ndjson }\n"
            try site.folder.write("picket.yaml", start + trail)
            stop(try site.start())
            try site.folder.write("picket.yaml", start)
            for _ in 0..<2 { stop(try site.start()) }
            let ended = try site.records().filter { $0["state"] as? String == "ended" }
            #expect(ended.compactMap { $0["name"] as? String } == ["trail"])
            try site.expectReplayAgrees()
        }
    }
}
