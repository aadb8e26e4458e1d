import Dispatch
import Foundation
import Glibc

/// Runs a program with an argument vector, a cleaned environment and an end to its time. No shell is involved.
package enum ProgramRun {
    /// What came of it.
    package enum End: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)
        case tookTooLong
        case notStarted(String)
    }

    /// The environment it gets: enough to find programs, nothing of ours.
    private static let environment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
    ]

    /// Runs it to its end on a thread of its own.
    package static func run(_ arguments: [String], withinSeconds seconds: Int) async -> End {
        await withCheckedContinuation { done in
            Thread { done.resume(returning: wait(arguments, seconds)) }.start()
        }
    }

    private static func wait(_ arguments: [String], _ seconds: Int) -> End {
        guard let program = arguments.first else { return .notStarted("there is no program") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = Array(arguments.dropFirst())
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        do {
            try process.run()
        } catch {
            return .notStarted("\(program): \(error.localizedDescription)")
        }
        guard ended.wait(timeout: .now() + .seconds(seconds)) == .success else {
            // What it has started too: Foundation starts it in a process group of its own.
            kill(-process.processIdentifier, SIGKILL)
            ended.wait()
            return .tookTooLong
        }
        return process.terminationReason == .exit
            ? .code(process.terminationStatus) : .signal(process.terminationStatus)
    }
}
