import Foundation
import PicketEvents
import Testing

@testable import PicketFeeds

@Suite("A followed file that is rotated")
struct SourcesTailRotationTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("feed.log")
    }

    /// A tail as another process would begin it.
    func restarted(_ tail: FileTail) -> FileTail { FileTail(path: path, from: tail.position) }

    // MARK: Renaming

    @Test("The old file is read until its writer has written to the new one", arguments: [false, true])
    func renaming(restarts: Bool) throws {
        let writer = try LogWriter(path)
        writer.write("first line\n")
        var tail = FileTail(path: path)
        func step() { if restarts { tail = restarted(tail) } }
        #expect(try tail.text() == "first line\n")
        step()
        try folder.rename("feed.log", "feed.log.1")
        writer.write("a\n")
        #expect(try tail.text() == "a\n")
        step()
        try folder.write("feed.log", "")
        writer.write("b\nbeginning")
        #expect(try tail.text() == "b\n")
        step()
        writer.write(" and end\n")
        #expect(try tail.text() == "beginning and end\n")
        step()
        writer.write("unfinished")
        try writer.reopen()
        writer.write("new\n")
        #expect(try tail.text() == "unfinished<last>new\n")
        step()
        writer.write("newer\n")
        #expect(try tail.text() == "newer\n")
    }

    @Test(
        "Several rotations at once: every file in its order, compressed or not",
        arguments: ["numbers", "numbers, compressed", "dates", "dates, compressed"])
    func severalRotations(kind: String) throws {
        for restarts in [false, true] {
            let folder = try TemporaryFolder()
            let path = folder.file("feed.log")
            try folder.write("feed.log", "line 0\nrest")
            var tail = FileTail(path: path)
            #expect(try tail.text() == "line 0\n")
            // More than nine, so that 10 must come before 9.
            for turn in 1...11 {
                if kind.hasPrefix("numbers") {
                    for number in stride(from: turn - 1, to: 0, by: -1) {
                        for end in ["", ".gz"]
                        where FileManager.default.fileExists(
                            atPath: folder.file("feed.log.\(number)\(end)"))
                        {
                            try folder.rename("feed.log.\(number)\(end)", "feed.log.\(number + 1)\(end)")
                        }
                    }
                    if kind.hasSuffix("compressed"), turn > 1 { try folder.compress("feed.log.2") }
                    try folder.rename("feed.log", "feed.log.1")
                } else {
                    let name = "feed.log-202611\(10 + turn)"
                    try folder.rename("feed.log", name)
                    if kind.hasSuffix("compressed") { try folder.compress(name) }
                }
                try folder.write("feed.log", "line \(turn)\n")
            }
            if restarts { tail = FileTail(path: path, from: tail.position) }
            #expect(try tail.text() == "rest<last>" + (1...11).map { "line \($0)\n" }.joined())
        }
    }

    @Test("A file that was deleted is read to its end, then the one made in its place")
    func deleting() throws {
        let writer = try LogWriter(path)
        writer.write("a\n")
        let tail = FileTail(path: path)
        #expect(try tail.text() == "a\n")
        try folder.remove("feed.log")
        writer.write("b\n")
        #expect(try tail.text() == "b\n")
        writer.write("c\n")
        try writer.reopen()
        #expect(try tail.text() == "c\n")
        writer.write("d\n")
        #expect(try tail.text() == "d\n")
    }

    @Test("Deleted while nobody looked: reported as lost, and the new file is read; rotated ones are not read twice")
    func deletedMeanwhile() throws {
        try folder.write("feed.log.1", "older line\n")
        try folder.write("feed.log", "a line\n")
        let tail = FileTail(path: path)
        #expect(try tail.text() == "a line\n")
        try folder.remove("feed.log")
        let next = restarted(tail)
        #expect(try next.text() == "")
        try folder.write("feed.log", "b line\n")
        let events = try next.readAll()
        #expect(events.map(\.text) == ["<lost file-missing>", "b line\n"])
        guard case .lost(let loss) = events[0] else { return }
        #expect(loss.position.offset == 0)
        #expect(loss.place == path)
        #expect(loss.description.contains("keep rotated files for longer"))
    }

    @Test("An inode given out again is not the old file")
    func reusedInode() throws {
        try folder.write("feed.log", "a line\n")
        let tail = FileTail(path: path)
        #expect(try tail.text() == "a line\n")
        try folder.write("feed.log", "another line, longer\n")
        var position = tail.position
        position.inode = try #require(FileStatus(path: path)).inode
        #expect(
            try FileTail(path: path, from: position).text() == "<lost file-truncated>another line, longer\n")
    }

    @Test("A link that is set to the next file is a rotation")
    func links() throws {
        try folder.write("one", "a\n")
        try #require(symlink(folder.file("one"), path) == 0)
        let tail = FileTail(path: path)
        #expect(try tail.text() == "a\n")
        try folder.write("two", "b\n")
        try folder.remove("feed.log")
        try #require(symlink(folder.file("two"), path) == 0)
        try folder.append("one", "c\n")
        #expect(try tail.text() == "c\nb\n")
    }

    // MARK: Copying and cutting

    @Test(
        "Copied and cut: the rest is read from the copy",
        arguments: ["feed.log.1", "feed.log-20261121", "feed.log.save"],
        [false, true])
    func copyTruncate(copy: String, restarts: Bool) throws {
        let writer = try LogWriter(path)
        writer.write("first line\n")
        var tail = FileTail(path: path)
        #expect(try tail.text() == "first line\n")
        writer.write("second line\nunfinished")
        try folder.copyAndTruncate("feed.log", to: copy)
        if restarts { tail = restarted(tail) }
        #expect(try tail.text() == "second line\n")
        if restarts { tail = restarted(tail) }
        writer.write(" end\nthird line, and it makes the file longer than it was before\n")
        #expect(
            try tail.text()
                == "unfinished<last> end\nthird line, and it makes the file longer than it was before\n")
    }

    @Test("Cut and written anew to a greater length between two reads", arguments: [false, true])
    func regrown(compressed: Bool) throws {
        let writer = try LogWriter(path)
        writer.write("first line\n")
        let tail = FileTail(path: path)
        #expect(try tail.text() == "first line\n")
        writer.write("second line\n")
        try folder.copyAndTruncate("feed.log", to: "feed.log.1")
        writer.write("third line\nfourth line\nfifth line\n")
        try folder.copyAndTruncate("feed.log", to: "feed.log.0")
        writer.write("sixth line that is longer than all others together, so that only the beginning tells\n")
        if compressed { try folder.compress("feed.log.1") }
        #expect(
            try tail.text()
                == "second line\nthird line\nfourth line\nfifth line\n"
                + "sixth line that is longer than all others together, so that only the beginning tells\n")
    }

    @Test("Cut without a copy is a loss", arguments: [false, true])
    func truncating(restarts: Bool) throws {
        let writer = try LogWriter(path)
        writer.write("first line\nunfinished")
        var tail = FileTail(path: path)
        #expect(try tail.text() == "first line\n")
        try #require(truncate(path, 0) == 0)
        if restarts { tail = restarted(tail) }
        writer.write("new\n")
        #expect(try tail.text() == "<lost file-truncated>new\n")
        writer.write("newer\n")
        #expect(try tail.text() == "newer\n")
    }

    @Test("Cut in the middle: what is left was read, and is not read again")
    func cutInTheMiddle() throws {
        try folder.write("feed.log", (1...1_000).map { "line \($0)\n" }.joined())
        let tail = FileTail(path: path)
        _ = try tail.text()
        try #require(truncate(path, 2_000) == 0)
        #expect(try tail.text() == "<lost file-truncated>")
        try folder.append("feed.log", "\nnew\n")
        #expect(try tail.text() == "\nnew\n")
    }

    @Test("A copy that is shorter than what was read: its writer was faster than the copying")
    func shortCopy() throws {
        for compressed in [false, true] {
            let folder = try TemporaryFolder()
            let path = folder.file("feed.log")
            let writer = try LogWriter(path)
            let first = String(repeating: "first line\n", count: 100)
            writer.write(first)
            try folder.write("feed.log.1", try folder.read("feed.log"))
            writer.write("second line\n")
            let tail = FileTail(path: path)
            #expect(try tail.text() == first + "second line\n")
            if compressed { try folder.compress("feed.log.1") }
            try #require(truncate(path, 0) == 0)
            #expect(try tail.text() == "<lost copied-while-written>")
            #expect(try FileTail(path: path, from: tail.position).text() == "")
            writer.write("third line\n")
            #expect(try tail.text() == "third line\n")
        }
    }

    // MARK: Files that rotations compressed

    @Test("A position in a file that was compressed meanwhile, also in the middle of reading it")
    func compressedMeanwhile() throws {
        let text = (0..<200_000).map { "line number \($0)\n" }.joined()
        try folder.write("feed.log", text)
        var tail = FileTail(path: path)
        var all = try tail.read().flatMap(\.bytes)
        try folder.rename("feed.log", "feed.log.1")
        try folder.compress("feed.log.1")
        try folder.write("feed.log", "new\n")
        while true {
            tail = restarted(tail)
            let bytes = try tail.read().flatMap(\.bytes)
            if bytes.isEmpty { break }
            all += bytes
        }
        #expect(all == Array(text.utf8) + Array("new\n".utf8))
    }

    @Test("A file compressed while it is open and waits for its successor")
    func compressedWhileOpen() throws {
        try folder.write("feed.log", "first line\n")
        let tail = FileTail(path: path)
        #expect(try tail.text() == "first line\n")
        try folder.rename("feed.log", "feed.log.1")
        #expect(try tail.text() == "")
        try folder.compress("feed.log.1")
        #expect(try tail.text() == "")
        try folder.rename("feed.log.1.gz", "feed.log.2.gz")
        try folder.write("feed.log.1", "between\n")
        try folder.write("feed.log", "new\n")
        #expect(try tail.text() == "between\nnew\n")
    }

    @Test("A rotated file that is damaged or in a foreign format is a loss, once; the next ones are read")
    func unreadable() throws {
        for (name, bytes, before) in [
            ("feed.log.1.gz", gzip(Array("lost\n".utf8)).dropLast(6), "lost\n"),
            ("feed.log.1.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x0A][...], ""),
        ] {
            let folder = try TemporaryFolder()
            let path = folder.file("feed.log")
            try folder.write("feed.log", "first line\n")
            let tail = FileTail(path: path)
            #expect(try tail.text() == "first line\n")
            try folder.rename("feed.log", "feed.log.2")
            try folder.write(name, bytes)
            try folder.write("feed.log", "")
            #expect(try tail.text() == before + "<lost file-unreadable>")
            try folder.append("feed.log", "new\n")
            #expect(try tail.text() == "new\n")
        }
    }

    @Test("Files beside it that are no rotation are left alone")
    func strangers() throws {
        try folder.write("feed.log", "first line\n")
        let tail = FileTail(path: path)
        #expect(try tail.text() == "first line\n")
        try folder.rename("feed.log", "feed.log.1")
        for name in ["feed.log.bak", "feed.log-notes.txt", "feed.logs", "feed.log.", "feed.log.2x", "other.log.0"] {
            try folder.write(name, "stranger\n")
        }
        try folder.write("feed.log", "new\n")
        #expect(try tail.text() == "new\n")
    }
}
