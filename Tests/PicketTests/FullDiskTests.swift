import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import Synchronization
import Testing

@testable import PicketService

/// What the live path does while there is no room for the log.
@Suite(.waits) struct FullDiskTests {
    private func withPipeline(
        _ body: (Pipeline, FullFileSystem, _ folder: String, _ said: @Sendable () -> [String]) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/picket-full-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let said = Mutex([String]())
        let system = FullFileSystem()
        var options = LogOptions()
        options.signers = [try #require(NoteSigner(newFor: "example.test/full"))]
        options.reserveBytes = 1 << 20
        let writer = try LogWriter(folder: folder, options: options, fileSystem: system)
        let start: Int64 = 1_795_000_000_000
        let ticks = Mutex(start)
        let pipeline = Pipeline(
            writer: writer, detector: Detector(profiles: []), after: start,
            wallClock: {
                ticks.withLock {
                    $0 += 10
                    return $0
                }
            }, report: { _ in }, say: { words in said.withLock { $0.append(words) } },
            retryEvery: .milliseconds(5))
        try await pipeline.begin(version: "1", note: nil)
        try await body(pipeline, system, folder, { said.withLock { $0 } })
    }

    private func lines(_ folder: String) throws -> [String] {
        var reader = try LogReader(folder: folder)
        var text = ""
        while let block = try reader.next() { text += String(decoding: block.bytes, as: UTF8.self) }
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `feeds wait in line, nothing is lost, and the log tells the gap`() async throws {
        try await withPipeline { pipeline, system, folder, said in
            try await pipeline.open(FeedID(0), name: "a", format: .mosquitto, lateness: 0)
            system.setFull(true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for cause in ["one", "two", "three"] {
                    group.addTask { try await pipeline.noteGap(feed: "a", cause: cause) }
                }
                try await until { system.refused >= 8 }
                #expect(said().count == 1, "said once, however often it is tried")
                system.setFull(false)
                try await group.waitForAll()
            }
            #expect(said().count == 2)
            try await pipeline.close(version: "1")
            let text = try lines(folder)
            for cause in ["one", "two", "three"] { #expect(text.filter { $0.contains("\"\(cause)\"") }.count == 1) }
            #expect(text.filter { $0.contains("disk-full") }.count == 1)
            let received = text.map { $0.prefix(40) }
            #expect(received == received.sorted(), "time does not go back in the log")
            #expect(LogVerifier(folder: folder).run().verdict == .sound)
        }
    }

    @Test func `with room kept for it, the log says that it is full while it is`() async throws {
        try await withPipeline { pipeline, system, folder, said in
            try await pipeline.open(FeedID(0), name: "a", format: .mosquitto, lateness: 0)
            #expect(FileManager.default.fileExists(atPath: folder + "/reserve"))
            // The first refusal is the disk's; what the reserve gives back is room again, but not for a new reserve.
            system.setFull(true)
            async let waiting: Void = pipeline.noteGap(feed: "a", cause: "waits")
            try await until { !FileManager.default.fileExists(atPath: folder + "/reserve") }
            system.setFull(false)
            try await waiting
            #expect(FileManager.default.fileExists(atPath: folder + "/reserve"))
            try await pipeline.close(version: "1")
            #expect(try lines(folder).contains { $0.contains("disk-full") })
            #expect(said().count == 2)
        }
    }

    @Test func `who is cancelled while the disk is full does not end the log for everybody`() async throws {
        try await withPipeline { pipeline, system, folder, _ in
            try await pipeline.open(FeedID(0), name: "a", format: .mosquitto, lateness: 0)
            system.setFull(true)
            let stopped = Task { try await pipeline.noteGap(feed: "a", cause: "let-go") }
            try await until { system.refused >= 3 }
            stopped.cancel()
            let before = system.refused
            try await until { await pipeline.failure != nil || system.refused >= before + 3 }
            #expect(await pipeline.failure == nil)
            system.setFull(false)
            try await stopped.value
            try await pipeline.noteGap(feed: "a", cause: "later")
            try await pipeline.close(version: "1")
            let text = try lines(folder)
            for cause in ["let-go", "later"] { #expect(text.filter { $0.contains("\"\(cause)\"") }.count == 1) }
            #expect(LogVerifier(folder: folder).run().verdict == .sound)
        }
    }

    @Test func `a full disk does not keep a person from ending it`() async throws {
        try await withPipeline { pipeline, system, folder, _ in
            system.setFull(true)
            let waiting = Task { try await pipeline.open(FeedID(0), name: "a", format: .mosquitto, lateness: 0) }
            try await until { system.refused >= 3 }
            await pipeline.stopWaiting()
            await #expect(throws: LogError.self) { try await waiting.value }
            await #expect(throws: LogError.self) { try await pipeline.close(version: "1") }
            system.setFull(false)
            #expect(try lines(folder).count == 1)
        }
    }
}
