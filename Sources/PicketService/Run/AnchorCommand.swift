import Dispatch
import Foundation
import Glibc
import Synchronization

/// A program that takes a checkpoint from its standard input: an argument vector, never a shell, with an environment that
/// holds nothing of ours.
struct AnchorCommand {
    let arguments: [String]
    let timeout: Duration

    /// What the program sees of its surroundings. Secrets of this process are no business of its children.
    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/"]

    /// Bytes that any pipe takes at once (Linux has 64 KiB, and at least a page): the input is in it before the program
    /// starts, so that one that reads nothing cannot stop us.
    private static let pipeBytes = 4_096

    /// Runs the program to its end.
    ///
    /// - Returns: what went wrong; nil when it ended with exit code 0 in time.
    func run(input: [UInt8]) -> String? {
        guard let program = arguments.first else { return "no command is given" }
        guard input.count <= AnchorCommand.pipeBytes else { return "the checkpoint is too long for a pipe" }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = Array(arguments.dropFirst())
        process.environment = AnchorCommand.environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardInput = pipe
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        do {
            try pipe.fileHandleForWriting.write(contentsOf: input)
            try pipe.fileHandleForWriting.close()
            try process.run()
        } catch {
            return "\(program): \(error.localizedDescription)"
        }
        let seconds = Double(timeout.components.seconds) + Double(timeout.components.attoseconds) / 1e18
        guard ended.wait(timeout: .now() + seconds) == .success else {
            // What it has started too: Foundation starts it in a process group of its own.
            kill(-process.processIdentifier, SIGKILL)
            ended.wait()
            return "\(program) took longer than \(Int(seconds.rounded(.up))) s and was ended"
        }
        guard process.terminationReason == .exit else {
            return "\(program) was ended by signal \(process.terminationStatus)"
        }
        return process.terminationStatus == 0 ? nil : "\(program) ended with exit code \(process.terminationStatus)"
    }
}
