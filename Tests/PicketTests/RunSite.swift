import Foundation
import PicketLog
import Testing

/// A folder in which `picket run` lives: its configuration, its profile, its feed and its data.
final class RunSite {
    let folder: ProductFolder

    /// More than five messages in five minutes.
    static let flood = RunSite.profile("flood", "alarm: more than 5 in 5m, severity: high")

    /// A profile with one behavior, which counts messages.
    static func profile(_ behavior: String, _ keys: String) -> String {
        """
        profile: site
        targets: [all]
        behaviors:
          - { name: \(behavior), metric: num-messages-sent, \(keys) }

        """
    }

    init(profile: String = RunSite.flood, feed: String = "live.log") throws {
        folder = try ProductFolder()
        try folder.write("profile.yaml", profile)
        try folder.write(
            "picket.yaml",
            """
            data: data
            profiles: [profile.yaml]
            feeds:
              - { name: feed, file: \(feed), format: ndjson }

            """)
    }

    /// Starts it; returns when it follows its feeds.
    func start() throws -> ProductProgram {
        let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
        try #require(program.isUp(), "\(program.wordsText)")
        return program
    }

    /// A message of a device, as the feed spells it.
    static func publish(_ device: String, _ number: Int) -> String {
        "{\"kind\":\"publish\",\"device\":\"\(device)\",\"topic\":\"t/\(number)\"}\n"
    }

    /// Appends messages of a device to the feed.
    func publish(_ device: String, _ numbers: Range<Int>, to file: String = "live.log") throws {
        try folder.append(file, numbers.map { RunSite.publish(device, $0) }.joined())
    }

    /// The records in the log now, also while it is written.
    func records() throws -> [[String: Any]] { try RunSite.records(in: folder) }

    /// The records in the log of a folder.
    static func records(in folder: ProductFolder) throws -> [[String: Any]] {
        guard LogFolder.isLogFolder(folder.file("data/log")) else { return [] }
        var reader = try LogReader(folder: folder.file("data/log"))
        var records: [[String: Any]] = []
        while let block = try reader.next() {
            for line in block.bytes.split(separator: 0x0A) {
                let record = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                records.append(try #require(record))
            }
        }
        return records
    }

    /// The topics of the messages in the log, in order: which lines arrived.
    func topics() throws -> [String] { try records().compactMap { $0["topic"] as? String } }

    /// The violations in the log, as pairs of event and device.
    func violations() throws -> [String] {
        try records().filter { $0["kind"] as? String == "violation" }.map {
            "\($0["event"] as? String ?? "") \($0["behavior"] as? String ?? "") \($0["device"] as? String ?? "")"
        }
    }

    /// The lines of the log as `log cat` prints them.
    func cat() throws -> [UInt8] { try ProductProgram.run(["log", "cat", "data/log"], in: folder).output }

    /// That replaying the log gives the violations in it, byte for byte.
    func expectReplayAgrees(_ location: SourceLocation = #_sourceLocation) throws {
        let replay = try ProductProgram.run(["replay", "data/log", "--output", "json"], in: folder)
        let derived = String(decoding: replay.output, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(replay.end == .code(0), "\(replay.words)", sourceLocation: location)
        #expect(derived == KillComparison.violations(try cat()), sourceLocation: location)
    }
}

/// Stops a program in order.
func stop(_ program: ProductProgram, _ location: SourceLocation = #_sourceLocation) {
    program.signal(SIGTERM)
    let end = program.wait()
    #expect(end == .code(0), "\(program.wordsText)", sourceLocation: location)
}
