import Foundation
import PicketEvents
import PicketFeeds
import Testing

/// Logs of real brokers, where they lie beside the repository.
@Suite struct MosquittoRecordedTests {
    private static let shared = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")

    private static func logs(_ folder: String) -> [URL] {
        let start = shared.appending(path: folder)
        let files = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? [])
            .filter { file in
                file.pathExtension == "log" && !foreign.contains { file.lastPathComponent.contains($0) }
            }
            .sorted { $0.path < $1.path }
    }

    /// Logs of other programs in the same folders.
    private static let foreign = ["rb@localhost", "hivemq", "emqx", "nats"]

    private static var captures: [URL] { logs("captures") }
    private static var found: [URL] { logs("data/broker-logs") }

    /// Decodes a file; the lines not understood, digits made alike.
    private static func decode(_ file: URL) throws -> (understood: Int, events: Int, others: [String: Int]) {
        var decoder = MosquittoDecoder(feed: FeedID(0))
        var events = 0
        var others: [String: Int] = [:]
        for line in try Data(contentsOf: file).split(separator: 0x0A) {
            let before = decoder.notUnderstood
            events += decoder.decode(Array(line) + [0x0A], isLast: true, limit: 8).batch.count
            if decoder.notUnderstood > before {
                let text = String(decoding: line, as: UTF8.self).replacing(#/[0-9]+/#, with: "N")
                others[text, default: 0] += 1
            }
        }
        return (decoder.understood, events, others)
    }

    @Test(
        .enabled(
            if: !captures.isEmpty, "our recordings (../shared/captures) are not here: nothing compared with real logs"))
    func ourRecordingsAreUnderstood() throws {
        var understood = 0
        var others: [String: Int] = [:]
        for file in Self.captures {
            let result = try Self.decode(file)
            understood += result.understood
            others.merge(result.others, uniquingKeysWith: +)
            #expect(MosquittoDecoder.recognises(Array(try Data(contentsOf: file).prefix(8_192))), "\(file)")
        }
        let missed = others.values.reduce(0, +)
        print("recordings: \(understood) lines understood, \(missed) not")
        for (line, count) in others.sorted(by: { $0.value > $1.value }) { print("  \(count) × \(line)") }
        #expect(Double(understood) >= 0.995 * Double(understood + missed))
    }

    @Test(
        .enabled(
            if: !found.isEmpty, "foreign logs (../shared/data/broker-logs) are not here: nothing compared with them"))
    func foreignLogsAreUnderstood() throws {
        for file in Self.found {
            let result = try Self.decode(file)
            print("\(file.lastPathComponent): \(result.understood) understood, \(result.events) events")
            #expect(result.others.isEmpty, "\(file.lastPathComponent)")
            #expect(MosquittoDecoder.recognises(Array(try Data(contentsOf: file).prefix(8_192))))
        }
    }
}
