import Foundation
import PicketEvents
import Testing

@testable import PicketFeeds

/// Real recordings beside the checkout, where they are.
@Suite struct RecordedFormatTests {
    private static let shared = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared").standardized.path
    private static let trails = "\(shared)/data/cloudtrail-invictus/CloudTrail"
    private static let captures = "\(shared)/captures"

    static let hasTrails = FileManager.default.fileExists(atPath: trails)
    static let hasCaptures = FileManager.default.fileExists(atPath: captures)

    @Test(.enabled(if: hasTrails, "needs ../shared/data")) func `all records of an attack simulation are read`() throws
    {
        var users: [String: Int] = [:]
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: RecordedFormatTests.trails).sorted()
        where name.hasSuffix(".json") {
            let path = "\(RecordedFormatTests.trails)/\(name)"
            let source = try InputBytes(path: path)
            var reader = BlockReader(source, cutter: FeedFormat.cloudTrail.cutter(options: FeedOptions()))
            var decoder = FeedFormat.cloudTrail.decoder(feed: FeedID(0), options: FeedOptions())
            while let block = try reader.next() {
                guard case .lines(let bytes, _, let isLast) = block else {
                    Issue.record("\(name) has a record that is too long")
                    continue
                }
                let batch = decoder.decode(bytes, isLast: isLast, limit: .max).batch
                for row in 0..<batch.count {
                    #expect(batch.head[row].kind == .user, "\(name)")
                    count += 1
                    users[batch.string(batch.names[row].user) ?? "", default: 0] += 1
                }
            }
        }
        #expect(count >= 2_900)
        #expect((users["bert-jan"] ?? 0) > 100)
        #expect((users["benjamin"] ?? 0) > 10)
        #expect(users.keys.contains { $0.hasPrefix("stratus-red-team") })
    }

    @Test(
        .enabled(if: hasCaptures, "needs ../shared/captures"),
        arguments: [
            ("documented-not-captured/emqx-events.jsonl", FeedFormat.emqx, 7),
            ("documented-not-captured/emqx-audit-log-5.3.jsonl", .emqxAudit, 2),
            ("documented-not-captured/emqx-audit-log-5.4plus.jsonl", .emqxAudit, 1),
        ])
    func `documented lines of EMQX are read`(file: String, format: FeedFormat, atLeast: Int) throws {
        let text = try String(contentsOfFile: "\(RecordedFormatTests.captures)/\(file)", encoding: .utf8)
        #expect(FeedFormat.recognise(Array(text.utf8)) == format)
        let lines = try FormatTests.lines(text, format)
        #expect(lines.count >= atLeast)
        #expect(!lines.contains { $0.contains(#""kind":"rejected""#) }, "\(lines)")
    }

    @Test(.enabled(if: hasCaptures, "needs ../shared/captures")) func `every topic of Mosquitto's status is a gauge`()
        throws
    {
        let path = "\(RecordedFormatTests.captures)/sys-topics-with-values.txt"
        let topics = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        var reader = BrokerStatusReader(feed: FeedID(0))
        for line in topics {
            let parts = line.split(separator: " = ", maxSplits: 1)
            let message = FeedMessage(topic: String(parts[0]), payload: Array(parts[1].utf8))
            let event = try reader.read(message).events[0]
            #expect(event.kind == .broker)
            #expect(event.attributes.contains { $0.key == .value })
        }
        #expect(topics.count == 45)
        #expect(reader.visibility.contains(.gauges))
    }
}
