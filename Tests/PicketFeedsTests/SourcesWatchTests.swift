import Foundation
import Testing

@testable import PicketFeeds

@Suite("Waiting for a file to change", .timeLimit(.minutes(10)), .serialized)
struct SourcesWatchTests {
    let folder: TemporaryFolder
    let path: String
    let clock = ContinuousClock()

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("feed.log")
    }

    /// How long a wait of ten seconds lasts when `change` happens after it began.
    func wait(_ watch: FileWatch, change: @escaping @Sendable () throws -> Void) async throws -> Duration {
        async let waiting: Void = watch.wait(upTo: .seconds(10))
        try await Task.sleep(for: .milliseconds(60))
        let start = clock.now
        try change()
        try await waiting
        return clock.now - start
    }

    @Test("A write wakes at once, long before the wait is over")
    func latency() async throws {
        let writer = try LogWriter(path)
        let watch = FileWatch(path: path)
        var times: [Duration] = []
        for _ in 0..<11 {
            async let waiting: Void = watch.wait(upTo: .seconds(10))
            try await Task.sleep(for: .milliseconds(20))
            let start = clock.now
            writer.write("a\n")
            try await waiting
            times.append(clock.now - start)
        }
        // The median (5 ms on a quiet machine), far below the ten seconds of a wait that nobody woke: tests run on
        // machines that do other things.
        #expect(times.sorted()[5] < .seconds(3), "\(times)")
    }

    @Test("Creation, renaming, deletion and the end of a rotation wake; neighbours do not")
    func kinds() async throws {
        let watch = FileWatch(path: path)
        let folder = folder
        #expect(try await wait(watch) { try folder.write("feed.log", "a\n") } < .seconds(5))
        try await settle(watch)
        #expect(try await wait(watch) { try folder.rename("feed.log", "feed.log.1") } < .seconds(5))
        try await settle(watch)
        #expect(try await wait(watch) { try folder.append("feed.log.1", "b\n") } < .seconds(5))
        try await settle(watch)
        #expect(try await wait(watch) { try folder.remove("feed.log.1") } < .seconds(5))
        try await settle(watch)
        try folder.write("neighbour", "a\n")
        let start = clock.now
        try await watch.wait(upTo: .milliseconds(200))
        #expect(clock.now - start >= .milliseconds(190))
    }

    /// Takes the news that are still coming in.
    func settle(_ watch: FileWatch) async throws {
        for _ in 0..<3 { try await watch.wait(upTo: .milliseconds(20)) }
    }

    @Test("A change between two waits is not missed")
    func between() async throws {
        try folder.write("feed.log", "")
        let watch = FileWatch(path: path)
        for _ in 0..<5 {
            try await settle(watch)
            try folder.append("feed.log", "a\n")
            let start = clock.now
            try await watch.wait(upTo: .seconds(10))
            #expect(clock.now - start < .seconds(5))
        }
    }

    @Test("A wait ends at its limit, and uses no time of the processor until then")
    func limit() async throws {
        let watch = FileWatch(path: path)
        let start = clock.now
        try await watch.wait(upTo: .milliseconds(300))
        #expect(clock.now - start >= .milliseconds(290))
        #expect(clock.now - start < .seconds(5))
        try await watch.wait(upTo: .zero)
        try await watch.wait(upTo: .seconds(-1))
    }

    @Test("Cancelling ends a wait, also one that did not begin yet", arguments: [0, 30])
    func cancelling(delay: Int) async throws {
        let watch = FileWatch(path: path)
        let start = clock.now
        let task = Task { try await watch.wait(upTo: .seconds(30)) }
        if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.now - start < .seconds(10))
    }

    @Test("Several may wait for one file")
    func several() async throws {
        try folder.write("feed.log", "")
        let watch = FileWatch(path: path)
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { try await watch.wait(upTo: .seconds(30)) } }
            try await Task.sleep(for: .milliseconds(100))
            try folder.append("feed.log", "a\n")
            try await group.waitForAll()
        }
        #expect(clock.now - start < .seconds(10))
    }

    @Test("A folder that is not there yet, and one that is replaced, are looked for now and then")
    func folders() async throws {
        let watch = FileWatch(path: folder.file("later/feed.log"))
        let start = clock.now
        try await watch.wait(upTo: .seconds(10))
        #expect(clock.now - start < .seconds(5))
        let folder = folder
        for _ in 0..<2 {
            try FileManager.default.createDirectory(
                atPath: folder.file("later"), withIntermediateDirectories: true)
            try await settle(watch)
            try await settle(watch)
            #expect(try await wait(watch) { try folder.write("later/feed.log", "a\n") } < .seconds(5))
            try folder.remove("later")
            try await settle(watch)
        }
    }

    @Test("Behind a link to another folder, writes are seen too")
    func links() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("there"), withIntermediateDirectories: true)
        try folder.write("there/real", "")
        try #require(symlink(folder.file("there/real"), path) == 0)
        let watch = FileWatch(path: path)
        let folder = folder
        #expect(try await wait(watch) { try folder.append("there/real", "a\n") } < .seconds(5))
    }

    @Test("Without the system's help it looks every 50 ms")
    func polling() async throws {
        let watch = FileWatch(path: path, polls: true)
        let start = clock.now
        try await watch.wait(upTo: .seconds(10))
        #expect(clock.now - start >= .milliseconds(45))
        #expect(clock.now - start < .seconds(5))
    }
}
