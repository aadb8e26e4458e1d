import Foundation
import PicketEvents
import PicketProfiles
import Testing

@testable import PicketLog
@testable import PicketService

/// A signed log whose records a test writes one by one, and reports of it that are counted again.
final class ReportSite {
    let folder: TemporaryFolder
    private let writer: LogWriter
    /// The time of the next record, Unix ms: 18 November 2026, ten o'clock.
    var now: Int64 = 1_795_082_400_000

    /// - Parameter isSmall: its segments have 32 records, so that retention has something to delete.
    init(isSmall: Bool = false) throws {
        folder = try TemporaryFolder()
        var options = LogOptions(origin: "example.test/site")
        if isSmall { options.shape = try #require(LogShape(blockLog2: 3, segmentLog2: 5, tileLog2: 2)) }
        options.signers = [try #require(NoteSigner(newFor: "example.test/site"))]
        writer = try LogWriter(folder: folder.file("log"), options: options)
    }

    static func time(_ value: Int64) -> String { Timestamp.format(value) }

    /// Writes a record with these keys after `seconds`; gives its index.
    @discardableResult
    func record(_ keys: String, feed: String = "picket", after seconds: Double = 1) throws -> Int {
        now += Int64(seconds * 1_000)
        return try write(Array("{\"received\":\"\(Timestamp.format(now))\",\"feed\":\"\(feed)\",\(keys)}".utf8))
    }

    /// Writes a line as a running Picket makes it; gives its index.
    @discardableResult
    func write(_ line: [UInt8]) throws -> Int {
        let index = Int(writer.nextIndex)
        var buffer = RecordBuffer()
        buffer.append(line: line, time: now)
        try writer.append(buffer)
        return index
    }

    @discardableResult
    func log(_ event: String, after seconds: Double = 1) throws -> Int {
        now += Int64(seconds * 1_000)
        let event = try #require(LogRecord.Event(rawValue: event))
        return try write(LogRecord(received: now, event: event, version: "1").line())
    }

    @discardableResult
    func violation(
        _ event: String, _ id: String, _ device: String, after seconds: Double = 1, more: String = ""
    ) throws -> Int {
        let time = Timestamp.format(now + Int64(seconds * 1_000) - 500)
        return try record(
            "\"kind\":\"violation\",\"time\":\"\(time)\",\"event\":\"\(event)\",\"id\":\"\(id)\",\"profile\":\"site\","
                + "\"behavior\":\"flood\",\"subject\":\"device\",\"device\":\"\(device)\","
                + "\"metric\":\"num-messages-sent\",\"value\":7,\"expected\":\"at most 5\",\"severity\":\"high\","
                + "\"evidence\":\"broker\",\(more)\"why\":\"7 messages\"", after: seconds)
    }

    /// Messages, one every `seconds`.
    func messages(_ count: Int, every seconds: Double = 30, feed: String = "a") throws {
        for _ in 0..<count {
            try record(
                "\"kind\":\"publish\",\"device\":\"d-1\",\"topic\":\"t\",\"bytes\":4", feed: feed, after: seconds)
        }
    }

    /// Puts profiles in force.
    func profiles(_ text: String, fleet: String? = nil) throws {
        try folder.write("p.yaml", text)
        if let fleet { try folder.write("fleet.yaml", fleet) }
        let (set, problems) = ProfileSet.load(
            paths: [folder.file("p.yaml")], fleet: fleet.map { _ in folder.file("fleet.yaml") })
        let loaded = try #require(set, "\(problems)")
        try loaded.keep(logFolder: folder.file("log"))
        try write(ProfileRecord(received: now, sha256: loaded.sha256, profiles: loaded.profiles.map(\.name)).line())
    }

    /// Retention deletes what was received before now; gives the first record that is left.
    func prune() throws -> Int {
        try writer.signNow()
        return Int(try #require(try writer.prune(before: now, time: now)))
    }

    func close() throws { try writer.close() }

    /// Writes a report to files; all numbers of the JSON are counted again where there is Python.
    func report(
        framework: String = "\(Places.package)/profiles/compliance/iec-62443-3-3.yaml", from: Int64? = nil,
        to: Int64? = nil, files: [String] = ["r.json"], _ location: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        var arguments = ["report", "--log", "log", "--framework", framework]
        if let from { arguments += ["--from", Timestamp.format(from)] }
        if let to { arguments += ["--to", Timestamp.format(to)] }
        let run = try await Binary.run(arguments + files.flatMap { ["--to-file", $0] }, in: folder.path)
        try #require(run.exitCode == 0, "\(run.stderr)", sourceLocation: location)
        if Places.hasPython {
            let check = try await Binary.python(
                ["\(Places.package)/tools/check_report.py", "r.json", "log", "--framework", framework], in: folder.path)
            #expect(check.exitCode == 0, "\(check.stdout)\(check.stderr)", sourceLocation: location)
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("r.json")))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The result of a control in a report.
    static func control(_ id: String, _ report: [String: Any]) throws -> [String: Any] {
        let controls = try #require(report["controls"] as? [[String: Any]])
        return try #require(controls.first { $0["id"] as? String == id }, "no control \(id)")
    }
}
