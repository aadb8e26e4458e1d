import Foundation
import Synchronization

/// The real program, as a person starts it.
enum Binary {
    /// What a run left behind.
    struct Output: Sendable {
        var stdout: String
        var stderr: String
        var exitCode: Int32

        /// Standard output, line by line.
        var lines: [String] { stdout.split(separator: "\n").map(String.init) }
    }

    /// It is built beside the tests.
    static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("picket").path

    /// Runs it to its end.
    ///
    /// The waiting is done on a thread of its own: tests share few threads, and all of them wait for programs.
    static func run(_ arguments: [String], stdin: Data = Data(), in folder: String? = nil) async throws -> Output {
        try await run(path, arguments, stdin: stdin, in: folder)
    }

    /// Runs another program, found on the path.
    static func python(_ arguments: [String], in folder: String? = nil) async throws -> Output {
        try await run("/usr/bin/env", ["python3", "-B"] + arguments, stdin: Data(), in: folder)
    }

    static func run(_ program: String, _ arguments: [String], stdin: Data, in folder: String?) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try runAndWait(program, arguments, stdin: stdin, in: folder) })
            }
        }
    }

    private static func runAndWait(
        _ program: String, _ arguments: [String], stdin: Data, in folder: String?
    ) throws -> Output {
        // A program may end before it has read everything.
        signal(SIGPIPE, SIG_IGN)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let group = DispatchGroup()
        let stdout = reading(output, group)
        let stderr = reading(errors, group)
        // Whether it reads all of it is its own affair.
        try? input.fileHandleForWriting.write(contentsOf: stdin)
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        group.wait()
        return Output(
            stdout: stdout.text, stderr: stderr.text,
            exitCode: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
    }

    /// All that comes out of `pipe`, read while the program runs, so that it never waits for us.
    private static func reading(_ pipe: Pipe, _ group: DispatchGroup) -> Gathered {
        let gathered = Gathered()
        group.enter()
        Thread.detachNewThread {
            gathered.set((try? pipe.fileHandleForReading.readToEnd()) ?? Data())
            group.leave()
        }
        return gathered
    }

    private final class Gathered: Sendable {
        private let data = Mutex(Data())

        func set(_ data: sending Data) { self.data.withLock { $0 = data } }

        var text: String { String(decoding: data.withLock { $0 }, as: UTF8.self) }
    }
}
