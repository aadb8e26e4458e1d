import Foundation
import PicketEvents
import Testing

@testable import PicketFeeds

@Suite("Inputs: files, pipes, compressed or not")
struct SourcesInputTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "A file is read as it is, NUL bytes and a missing last LF included",
        arguments: ["", "\n", "a", "a\nb", "\0a\0\n\0"])
    func plain(text: String) throws {
        let input = try openInput(folder.write("feed", text))
        #expect(!input.isGzip)
        #expect(drain(input.source) == (Array(text.utf8), nil))
    }

    @Test("Compression is seen in the bytes, not in the name")
    func names() throws {
        let packed = try openInput(folder.write("feed.log", gzip(Array("a\nb\n".utf8))))
        #expect(packed.isGzip)
        #expect(String(decoding: drain(packed.source).bytes, as: UTF8.self) == "a\nb\n")
        let plain = try openInput(folder.write("feed.gz", "a\nb\n"))
        #expect(!plain.isGzip)
        #expect(String(decoding: drain(plain.source).bytes, as: UTF8.self) == "a\nb\n")
    }

    @Test("Looking at the beginning takes nothing away")
    func peeking() throws {
        let text = (0..<20_000).map { "line \($0)\n" }.joined()
        for bytes in [Array(text.utf8), gzip(Array(text.utf8))] {
            var input = try openInput(folder.write("feed", bytes)).source
            let seen = input.peek()
            #expect(seen.count == SourceLimits.peekBytes)
            #expect(Array(text.utf8).starts(with: seen))
            #expect(input.peek() == seen)
            #expect(drain(input) == (Array(text.utf8), nil))
        }
    }

    @Test("Looking at a slow source waits for one whole line only")
    func peekingSlowly() {
        var source = PeekedBytes(MemoryBytes(bytes: Array("ab\ncd\nef\n".utf8)[...], step: 2))
        #expect(String(decoding: source.peek(), as: UTF8.self) == "ab\nc")
        #expect(source.peek(2) == Array("ab".utf8))
        #expect(String(decoding: drain(source).bytes, as: UTF8.self) == "ab\ncd\nef\n")
    }

    @Test("A failure while looking is reported after what came before it")
    func peekingAtFailure() {
        let failure = FeedError(place: "feed", problem: "broke")
        var source = PeekedBytes(MemoryBytes(bytes: Array("ab".utf8)[...], failure: failure))
        #expect(source.peek() == Array("ab".utf8))
        #expect(drain(source) == (Array("ab".utf8), failure))
    }

    @Test("What cannot be opened says where, why and what to do")
    func refusals() throws {
        func problem(_ path: String) -> FeedError? {
            do {
                _ = try openInput(path)
                return nil
            } catch {
                return error
            }
        }
        let missing = folder.file("nothing")
        #expect(problem(missing)?.description == "\(missing): there is no such file; check the path")
        #expect(problem(folder.path)?.description == "\(folder.path): is a folder; name a file in it")
        let below = try folder.write("file", "") + "/below"
        #expect(problem(below)?.problem.hasPrefix("a part of the path is a file") == true)
    }

    @Test("A file without permission says so", .enabled(if: geteuid() != 0, "the superuser may read everything"))
    func permission() throws {
        let path = try folder.write("secret", "a\n")
        #expect(chmod(path, 0) == 0)
        #expect(throws: FeedError(place: path, errno: EACCES)) { _ = try openInput(path) }
        #expect(FeedError(place: path, errno: EACCES).problem.contains("read permission"))
    }

    @Test("A named pipe is read to its end, compressed or not", .timeLimit(.minutes(10)))
    func pipes() throws {
        for bytes in [Array("a\nb\n".utf8), gzip(Array("a\nb\n".utf8))] {
            let path = folder.file("pipe-\(bytes.count)")
            try #require(mkfifo(path, 0o600) == 0)
            let writer = Thread {
                let pipe = open(path, O_WRONLY)
                for byte in bytes { #expect(write(pipe, [byte], 1) == 1) }
                close(pipe)
            }
            writer.start()
            let input = try openInput(path).source
            #expect(drain(input) == (Array("a\nb\n".utf8), nil))
        }
    }

    @Test("A file that vanishes while it is read is read to its end")
    func vanishing() throws {
        let input = try openInput(folder.write("feed", "a\nb\n")).source
        try folder.remove("feed")
        #expect(drain(input) == (Array("a\nb\n".utf8), nil))
    }
}
