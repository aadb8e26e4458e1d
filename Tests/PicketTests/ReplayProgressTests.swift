import Foundation
import Glibc
import PicketService
import Testing

/// What a person sees while a long replay runs.
@Suite(.waits) struct ReplayProgressTests {
    @Test func `the line says how far it has come and how long the rest takes`() {
        for (done, total, seconds, words) in [
            (0, nil, 3, "reading  0 MB"), (7_400_000, nil, 3, "reading  7 MB"), (0, 100, 3, "reading  0 MB"),
            (25, 100, 10, "reading  [######                  ]  25 %  about 30 s left"),
            (50, 100, 600, "reading  [############            ]  50 %  about 10 min left"),
            (1, 100, 300, "reading  [                        ]  1 %  about 8 h left"),
            (99, 100, 60, "reading  [####################### ]  99 %  almost done"),
            // More than there was at the start: a log that grows.
            (120, 100, 60, "reading  [########################]  100 %  almost done"),
        ] as [(UInt64, UInt64?, Int, String)] {
            #expect(ReplayProgress(done: done, total: total).text("reading", elapsed: .seconds(seconds)) == words)
        }
    }

    @Test func `of a compressed file its compressed bytes count, so that the time left is known`() async throws {
        let folder = try TemporaryFolder()
        var lines = ""
        for _ in 0..<20_000 {
            // What does not compress well, so that it is read in several pieces.
            let topic = (0..<4).map { _ in String(UInt64.random(in: 0 ... .max), radix: 16) }.joined()
            lines += "{\"time\":\"2026-11-18T10:00:00.000Z\",\"kind\":\"publish\",\"device\":\"d\","
            lines += "\"topic\":\"\(topic)\"}\n"
        }
        try folder.write("feed.ndjson", lines)
        let zip = Process()
        zip.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
        zip.arguments = ["-k", folder.file("feed.ndjson")]
        try zip.run()
        zip.waitUntilExit()
        for name in ["feed.ndjson", "feed.ndjson.gz"] {
            let size = try #require(
                try FileManager.default.attributesOfItem(atPath: folder.file(name))[.size] as? NSNumber)
            var seen: [ReplayProgress] = []
            try withoutActuallyEscaping({ seen.append($0) }) { note in
                var job = ReplayJob(inputs: [folder.file(name)], profiles: [])
                job.progress = note
                _ = try job.run { _ in }
            }
            #expect(seen.count > 2 && seen.allSatisfy { $0.total == size.uint64Value }, "\(name)")
            #expect(seen.last?.done == size.uint64Value, "\(name)")
            #expect(seen.first.map { $0.done < size.uint64Value } == true, "\(name)")
        }
    }

    /// Runs a replay of standard input that takes more than a second, with this as standard error.
    private func replay(_ folder: TemporaryFolder, errors: FileHandle) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = ["replay", "-", "--profile", "p.yaml", "--format", "ndjson"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        for part in 0..<4 {
            var lines = ""
            for number in 0..<3_000 {
                let time = String(format: "2026-11-18T1%d:%02d:%02d.000Z", part, number / 60, number % 60)
                lines += "{\"time\":\"\(time)\",\"kind\":\"publish\",\"device\":\"d\",\"topic\":\"t\"}\n"
            }
            try input.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
            usleep(600_000)
        }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test func `it is drawn on a terminal after a second and taken away in the end, and never in a file`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "p.yaml", "profile: p\nbehaviors: [{ name: b, metric: num-messages-sent, alarm: more than 9999 in 1m }]\n")
        let (main, terminal) = try #require(Self.terminal())
        #expect(try replay(folder, errors: terminal) == 0)
        try terminal.close()
        let shown = String(decoding: main.availableData, as: UTF8.self)
        #expect(shown.contains("\r\u{1B}[2Kreading  ") && shown.contains(" MB"), "\(shown.debugDescription)")
        #expect(shown.hasSuffix("\r\u{1B}[2K"), "\(shown.debugDescription)")
        try folder.write("errors", "")
        let file = try #require(FileHandle(forWritingAtPath: folder.file("errors")))
        #expect(try replay(folder, errors: file) == 0)
        #expect(try String(contentsOfFile: folder.file("errors"), encoding: .utf8) == "")
    }

    /// Both ends of a terminal that is none of a person's.
    private static func terminal() -> (main: FileHandle, terminal: FileHandle)? {
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (locked, number): (Int32, UInt32) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): `unlockpt` and `ptsname` are not in Swift's Glibc.
        guard main >= 0, ioctl(main, 0x4004_5431, &locked) == 0, ioctl(main, 0x8004_5430, &number) == 0 else {
            return nil
        }
        let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        guard other >= 0 else { return nil }
        return (
            FileHandle(fileDescriptor: main, closeOnDealloc: true),
            FileHandle(fileDescriptor: other, closeOnDealloc: true)
        )
    }
}
