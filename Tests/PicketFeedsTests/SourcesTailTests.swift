import Crypto
import Foundation
import PicketEvents
import Testing

@testable import PicketFeeds

@Suite("A followed file")
struct SourcesTailTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("feed.log")
    }

    /// A tail as another process would begin it.
    func restarted(_ tail: FileTail) -> FileTail { FileTail(path: path, from: tail.position) }

    @Test("Whole lines only; a beginning line waits for its end, also across reads and restarts")
    func wholeLines() throws {
        try folder.write("feed.log", "a\nb")
        var tail = FileTail(path: path)
        #expect(try tail.text() == "a\n")
        #expect(tail.position.offset == 2)
        try folder.append("feed.log", "c")
        #expect(try tail.text() == "")
        tail = restarted(tail)
        #expect(try tail.text() == "")
        try folder.append("feed.log", "d\n\ne\n")
        #expect(try tail.text() == "bcd\n\ne\n")
        #expect(tail.position.offset == 9)
    }

    @Test("A file that is not there yet is waited for, and so is its folder")
    func notYet() throws {
        for startAtEnd in [false, true] {
            let name = "later-\(startAtEnd)"
            var tail = FileTail(path: folder.file("\(name)/feed.log"), startAtEnd: startAtEnd)
            #expect(try tail.text() == "")
            tail = FileTail(path: folder.file("\(name)/feed.log"), from: tail.position, startAtEnd: startAtEnd)
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
            #expect(try tail.text() == "")
            try folder.write("\(name)/feed.log", "a\n")
            #expect(try tail.text() == "a\n")
        }
    }

    @Test("From the end: the line that is being written counts as new")
    func fromEnd() throws {
        for (before, rest) in [("a\nb\n", ""), ("a\nb", "b"), ("ab", "ab"), ("", "")] {
            try folder.write("feed.log", before)
            let tail = FileTail(path: path, startAtEnd: true)
            #expect(try tail.text() == "")
            try folder.append("feed.log", "c\n")
            #expect(try tail.text() == "\(rest)c\n")
        }
        try folder.write("feed.log", "a\n" + String(repeating: "x", count: 200_000))
        let tail = FileTail(path: path, startAtEnd: true)
        #expect(try tail.text() == "")
        #expect(tail.position.offset == 2)
    }

    @Test("Much to catch up with comes in portions, each block with its exact position")
    func portions() throws {
        let text = (0..<200_000).map { "line number \($0)\n" }.joined()
        try folder.write("feed.log", text)
        var tail = FileTail(path: path)
        var all: [UInt8] = []
        while true {
            let events = try tail.read()
            if events.isEmpty { break }
            #expect(events.reduce(0) { $0 + $1.bytes.count } <= SourceLimits.tailBytes + Limits.blockBytes)
            for event in events {
                guard case .block(let block) = event, case .lines(_, let start, false) = block.block else {
                    Issue.record("\(event)")
                    continue
                }
                #expect(start == UInt64(all.count))
                #expect(block.position(atBlockOffset: 5).offset == start + 5)
                all += event.bytes
                #expect(block.endPosition(context: "c").offset == UInt64(all.count))
                #expect(block.endPosition(context: "c").context == "c")
            }
            #expect(tail.position.offset == UInt64(all.count))
            tail = restarted(tail)
        }
        #expect(all == Array(text.utf8))
        let head = SHA256.hash(data: Array(text.utf8.prefix(1_024)))
        #expect(tail.position.head == Hex.string(head))
        #expect(tail.position.headBytes == 1_024)
        #expect(tail.position.path == path)
    }

    @Test("A line too long leaves its length and hash, whatever the pieces it came in; NUL bytes are bytes")
    func long() throws {
        let line = String(repeating: "x", count: 600_000)
        try folder.write("feed.log", "a\0\n" + line.prefix(300_000))
        var tail = FileTail(path: path)
        #expect(try tail.text() == "a\0\n")
        #expect(tail.position.offset == 3)
        try folder.append("feed.log", String(line.dropFirst(300_000)))
        #expect(try tail.text() == "")
        tail = restarted(tail)
        #expect(try tail.text() == "")
        try folder.append("feed.log", "\nb\nc\nd")
        let events = try tail.readAll()
        #expect(events.map(\.text) == ["<long 600000>", "b\nc\n"])
        guard case .block(let block) = events[0], case .overlong(_, let hash, 3) = block.block else {
            Issue.record("\(events)")
            return
        }
        #expect(hash == Array(SHA256.hash(data: Array(line.utf8))))
        #expect(block.endPosition().offset == 600_004)
        try folder.append("feed.log", "\n")
        #expect(try tail.text() == "d\n")
    }

    @Test("What is no file is refused with the reason, and followed once it is one")
    func refusals() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let tail = FileTail(path: path)
        #expect(throws: FeedError(place: path, problem: FeedError.isFolder)) { try tail.read() }
        try folder.remove("feed.log")
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: FeedError.self) { try tail.read() }
        try folder.remove("feed.log")
        try folder.write("feed.log", "a\n")
        #expect(try tail.text() == "a\n")
    }

    @Test("No permission", .enabled(if: geteuid() != 0, "the superuser may read everything"))
    func permission() throws {
        try folder.write("feed.log", "a\n")
        #expect(chmod(path, 0) == 0)
        let tail = FileTail(path: path)
        #expect(throws: FeedError(place: path, errno: EACCES)) { try tail.read() }
        #expect(chmod(path, 0o600) == 0)
        #expect(try tail.text() == "a\n")
    }
}
