import Foundation
import Testing

/// Traffic of real clients and a real broker (script/record-samples) under the profiles as they are shipped: each of them is
/// shown catching in the act what it is for.
@Suite("Recorded traffic")
struct RecordedTrafficTests {
    private static let profiles = "\(Places.package)/profiles"

    struct Recording: Sendable, CustomTestStringConvertible {
        var file: String
        var options: [String] = []
        /// `profile/behavior subject`.
        var found: Set<String>
        var testDescription: String { file }
    }

    static let recordings = [
        Recording(
            file: "incident.mosquitto.log",
            found: [
                "generic-sensor/message-flood sensor-3", "brute-force/password-guessing 127.0.0.66",
                "cloned-identity/session-fight sensor-4", "connect-storm/reconnect-loop sensor-4",
                "generic-sensor/listens-too-much dashboard", "generic-sensor/oversize-message sensor-5",
                "generic-sensor/oversize-message dashboard",
            ]),
        Recording(
            file: "site.mosquitto.log",
            found: [
                "camera/too-much-data camera-1", "camera/outside-its-tree camera-1",
                "camera-readers/many-readers camera/camera-1/picture",
                "lock/command-storm lock-1", "lock/nobody-asked lock-1", "lock/rogue-commander lock-1",
                "gateway/topic-scan gateway-1", "cloned-identity/client-id-rotation 127.0.0.77",
                // What sends sixty short sessions, a large message and a burst is no sensor.
                "connect-storm/reconnect-loop app", "connect-storm/many-sessions app",
                "generic-sensor/oversize-message camera-1", "generic-sensor/too-much-data camera-1",
                "generic-sensor/message-flood gateway-1",
            ]),
        Recording(
            file: "night.mosquitto.log",
            found: Set([
                "lock/night-unlock lock-1", "lock/nobody-asked lock-1", "gateway/gone-silent gateway-1",
                "connect-storm/unstable valve-1", "unlike-peers/sends-more-than-peers node-10",
                "monitor-health/feed-silent night.mosquitto.log",
            ]).union(
                // A limit for sensors that say something in half an hour.
                (["app", "gateway-1", "lock-1", "valve-1"] + (1...10).map { "node-\($0)" }).map {
                    "generic-sensor/gone-silent \($0)"
                })),
        Recording(
            file: "reports.messages.ndjson", options: ["--format", "defender-report"],
            found: [
                "camera/foreign-destination camera-1", "camera/backdoor-port camera-1",
                "monitor-health/unreadable-lines reports.messages.ndjson",
            ]),
        Recording(
            file: "alerts.messages.ndjson", options: ["--format", "devalert"],
            found: [
                "device-alerts/crash-loop sensor-7", "device-alerts/attacked-memory sensor-7",
                "device-alerts/new-firmware sensor-7",
            ]),
        Recording(
            file: "tls-site.log",
            found: [
                "cloned-identity/copied-certificate", "monitor-health/clock-is-wrong broker",
                "monitor-health/not-seen broker",
            ]),
    ]

    /// What is found in a recording. A log is replayed from a copy: reading it leaves a record, where it can.
    private static func found(in recording: Recording) async throws -> Set<String> {
        let folder = try TemporaryFolder()
        let place = folder.file(recording.file)
        try FileManager.default.copyItem(atPath: "\(Places.package)/sample-logs/\(recording.file)", toPath: place)
        let run = try await ReplayOutput([place], profile: profiles, recording.options)
        return Set(
            run.violations.filter { $0.event == "in-alarm" }.map { line in
                let feed = line.feed.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
                // A serial number is another one in each recording.
                let subject = line.device ?? line.address ?? line.topic ?? line.user ?? feed
                return "\(line.profile)/\(line.behavior)" + (subject.map { " \($0)" } ?? "")
            })
    }

    @Test("What happened is caught in the act, each part by the profile that is for it", arguments: recordings)
    func caught(_ recording: Recording) async throws {
        #expect(try await Self.found(in: recording) == recording.found)
    }

    @Test("Every profile of the library is shown on recorded traffic")
    func every() throws {
        let shown = Set(Self.recordings.flatMap(\.found).map { $0.prefix { $0 != "/" } })
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.profiles)
            .filter { $0.hasSuffix(".yaml") }.map { $0.prefix { $0 != "." } }
        #expect(names.count >= 9)
        for name in names { #expect(shown.contains(name), "no recording shows \(name)") }
    }

    @Test("A night of a broker with a profile in another zone is no night")
    func otherZone() async throws {
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: "\(Self.profiles)/lock.yaml", encoding: .utf8)
        let profile = try folder.write(
            "lock.yaml",
            text.replacing("Europe/Berlin", with: "America/Los_Angeles").components(separatedBy: "tests:")[0])
        let run = try await ReplayOutput(
            ["\(Places.package)/sample-logs/night.mosquitto.log"], profile: profile)
        #expect(!run.violations.contains { $0.behavior == "night-unlock" })
    }
}
