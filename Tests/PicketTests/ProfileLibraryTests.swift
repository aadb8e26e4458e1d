import Foundation
import Testing

/// The ready-made profiles of `profiles/`: each behavior finds what it is for, and what is usual stays quiet.
@Suite("The library of profiles")
struct ProfileLibraryTests {
    private static let folder = "\(Places.package)/profiles"

    /// A feed that does wrong, in every way that a profile knows.
    struct Incident: Sendable, CustomTestStringConvertible {
        var profile: String
        var feed: String
        /// Behaviors that no replay of a file can show: they look at the clock of the daemon.
        var onlyLive: Set<String> = []
        var testDescription: String { profile }
    }

    /// One line of a feed, `seconds` after one in the morning (in Berlin two).
    private static func line(_ seconds: Int, _ keys: String) -> String {
        let time = Date(timeIntervalSince1970: 1_795_136_400 + Double(seconds))
            .formatted(
                .iso8601.year().month().day().dateTimeSeparator(.standard).time(includingFractionalSeconds: false))
        return "{\"time\":\"\(time)Z\",\(keys)}"
    }

    private static func publish(_ seconds: Int, _ device: String, _ topic: String, bytes: Int = 10) -> String {
        line(seconds, #""kind":"publish","device":"\#(device)","topic":"\#(topic)","bytes":\#(bytes)"#)
    }

    private static func deliver(_ seconds: Int, _ device: String, _ topic: String) -> String {
        line(seconds, #""kind":"deliver","device":"\#(device)","topic":"\#(topic)","bytes":1"#)
    }

    private static func connect(_ seconds: Int, _ device: String, _ more: String = "") -> String {
        line(seconds, #""kind":"connect","device":"\#(device)"\#(more)"#)
    }

    private static func feed(_ parts: [String]...) -> String { parts.flatMap { $0 }.map { $0 + "\n" }.joined() }

    static let incidents = [
        Incident(
            profile: "camera",
            feed: feed([
                publish(0, "camera-1", "camera/camera-1/picture", bytes: 250_000_000),
                publish(1, "camera-1", "camera/camera-2/picture"),
                line(
                    2,
                    #""kind":"report","device":"camera-1","reportId":"1","metrics":{"destination-ip-addresses":["8.8.8.8"],"listening-tcp-ports":[23]}"#
                ),
                publish(60, "camera-1", "camera/camera-1/picture"),
            ])),
        Incident(
            profile: "camera-readers", feed: feed((0..<4).map { deliver(0, "reader-\($0)", "camera/camera-1/picture") })
        ),
        Incident(
            profile: "lock",
            feed: feed(
                (0..<11).map { deliver($0, "lock-1", "lock/lock-1/unlock") },
                [publish(20, "lock-1", "lock/lock-2/unlock"), publish(90, "lock-1", "lock/lock-1/state")])),
        Incident(
            profile: "gateway",
            feed: feed(
                [connect(0, "gateway-1", #","address":"10.0.0.1""#)],
                (0..<501).map { publish(1, "gateway-1", "site/\($0)") },
                (0..<6).map { _ in line(2, #""kind":"denied","device":"gateway-1","action":"publish","topic":"x""#) },
                (1..<5).map { connect($0 * 80_000, "gateway-1", #","address":"10.0.0.1""#) },
                [connect(350_000, "gateway-1", #","address":"10.0.9.1""#)])),
        Incident(
            profile: "cloned-identity",
            feed: feed(
                (0..<4).map { line($0, #""kind":"disconnect","device":"d-1","client":"d-1","reason":"takeover""#) },
                ["a", "b"].map { connect(10, $0, #","certificate":{"serial":"0A","subject":"CN=a"}"#) },
                (0..<51).map { connect(20, "d-2", #","client":"c-\#($0)","address":"10.0.0.66""#) },
                (0..<4).map { connect(30, "d-3", #","address":"10.0.1.\#($0)""#) })),
        Incident(
            profile: "device-alerts",
            feed: feed(
                [line(0, #""kind":"alert","device":"d-1","alertType":"stack-check-failed","firmware":"1.0""#)],
                (1..<4).map {
                    line($0, #""kind":"alert","device":"d-1","alertType":"assert-failed","firmware":"1.0""#)
                },
                (1..<5).map { connect($0 * 80_000, "d-1", #","firmware":"1.0""#) },
                [connect(350_000, "d-1", #","firmware":"6.6""#)])),
        Incident(
            profile: "monitor-health",
            feed: feed(
                [connect(60, "a")], (0..<101).map { _ in connect(10, "a") }, (0..<101).map { _ in "not JSON" },
                [connect(4_000, "a")]),
            onlyLive: ["clock-is-wrong", "not-seen"]),
        Incident(
            profile: "unlike-peers",
            feed: feed(
                (0..<40).flatMap { minute in
                    (0..<12).map { publish(minute * 60 + $0, "t-\($0)", "t", bytes: 1_000) }
                        + (0..<(minute == 20 ? 120 : 0)).map { _ in publish(1_211, "t-11", "t", bytes: 3_000) }
                })),
    ]

    @Test("Every behavior finds what it is for", arguments: incidents)
    func incident(_ incident: Incident) async throws {
        let folder = try TemporaryFolder()
        let feed = try folder.write("feed.ndjson", incident.feed)
        let output = try await Binary.run(
            [
                "replay", feed, "--profile", "\(Self.folder)/\(incident.profile).yaml", "--output", "json", "--summary",
            ], stdin: Data())
        try #require(output.exitCode == 0, "\(output.stderr)")
        let summary = try JSONDecoder().decode(Summary.self, from: Data((output.lines.last ?? "").utf8))
        #expect(summary.violations.count > 0)
        for (name, count) in summary.violations.sorted(by: { $0.key < $1.key }) {
            let behavior = name.split(separator: "/").last.map(String.init) ?? name
            #expect((count > 0) != incident.onlyLive.contains(behavior), "\(name): \(count)")
        }
    }

    @Test("An ordinary minute of a real fleet is quiet under the whole library")
    func ordinary() async throws {
        let run = try await ReplayOutput(
            ["\(Places.package)/sample-logs/normal.mosquitto.log"], profile: Self.folder)
        #expect(run.summary.events > 100)
        #expect(run.violations.isEmpty, "\(run.violations)")
    }

    @Test("A profile for one kind of device says nothing of others", arguments: ["camera", "lock", "gateway"])
    func quietWithoutItsDevices(profile: String) async throws {
        let run = try await ReplayOutput(
            ["\(Places.package)/sample-logs/incident.mosquitto.log"], profile: "\(Self.folder)/\(profile).yaml")
        #expect(run.violations.isEmpty)
    }
}
