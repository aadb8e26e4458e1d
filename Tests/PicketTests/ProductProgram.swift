import Foundation
import Testing

/// The real binary, run as a person runs it. Ended by its process id only.
final class ProductProgram {
    /// How long a test waits for what must come: long enough for two cores that hundreds of other tests use. Nothing waits it
    /// out unless it fails.
    static let patience = Duration.seconds(240)

    /// `picket` as it was built with these tests; `PICKET` names another one, a release build say.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["PICKET"] { return named }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = URL(fileURLWithPath: tests)
        // Beside the bundle, or above it where the bundle is a folder.
        for _ in 0..<4 {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("picket").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        return "picket"
    }()

    /// How a process ended.
    enum End: Equatable {
        case code(Int32)
        case signal(Int32)
        /// It had to be killed.
        case hung
    }

    let pid: pid_t
    /// The files that hold its output and its words.
    let output: String
    let words: String
    private(set) var end: End?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: `picket` unless said otherwise.
    ///   - folder: where its output files go; also where it works, so that relative paths are inside.
    ///   - input: the file that is its standard input.
    init(
        _ arguments: [String], executable: String = ProductProgram.path, in folder: ProductFolder,
        input: String = "/dev/null"
    ) throws {
        let name = folder.nextName()
        output = folder.file("\(name).out")
        self.words = folder.file("\(name).err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, self.words, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // As from a terminal: what the test runner, or who started it, ignores is not ignored here.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // Nor is blocked what the test's own thread blocks: a broker would never see its SIGTERM.
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
        // The shell changes the folder and becomes the program: the process id stays.
        let shell = "/bin/sh"
        let words = [shell, "-c", "cd \"$0\" && exec \"$@\"", folder.path, executable] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        argv.append(nil)
        defer { for argument in argv { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, shell, &actions, &attributes, argv, environ)
        try #require(code == 0, "\(executable) was not started: \(String(cString: strerror(code)))")
        self.pid = pid
    }

    deinit {
        if end == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
    }

    /// Runs the program to its end.
    ///
    /// - Returns: how it ended, what it wrote, and what it said.
    static func run(
        _ arguments: [String], executable: String = ProductProgram.path, in folder: ProductFolder,
        input: String = "/dev/null", limit: Duration = ProductProgram.patience
    ) throws -> (end: End, output: [UInt8], words: String) {
        let program = try ProductProgram(arguments, executable: executable, in: folder, input: input)
        let end = program.wait(limit)
        return (end, program.outputBytes, program.wordsText)
    }

    var outputBytes: [UInt8] { [UInt8](FileManager.default.contents(atPath: output) ?? Data()) }

    /// The whole lines of its output.
    var outputLines: [String] {
        var lines = String(decoding: outputBytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        return lines.map(String.init)
    }

    var wordsText: String {
        String(decoding: FileManager.default.contents(atPath: words) ?? Data(), as: UTF8.self)
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Whether it has ended, without waiting.
    var hasEnded: Bool {
        var status = siginfo_t()
        return end != nil
            || waitid(P_PID, id_t(pid), &status, WEXITED | WNOHANG | WNOWAIT) == 0 && status.si_signo != 0
    }

    /// Waits for its end; after `limit` it is killed.
    func wait(_ limit: Duration = ProductProgram.patience) -> End {
        if let end { return end }
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) != pid {
            if clock.now >= deadline {
                kill(pid, SIGKILL)
                waitpid(pid, &status, 0)
                end = .hung
                return .hung
            }
            usleep(500)
        }
        let ended: End = status & 0x7F == 0 ? .code((status >> 8) & 0xFF) : .signal(status & 0x7F)
        end = ended
        return ended
    }

    /// Waits until `condition` holds, looking every millisecond; gives up when the program ends or after `limit`.
    func waits(_ limit: Duration = ProductProgram.patience, until condition: () throws -> Bool) rethrows -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var status = siginfo_t()
        while clock.now < deadline {
            if try condition() { return true }
            let hasEnded = waitid(P_PID, id_t(pid), &status, WEXITED | WNOHANG | WNOWAIT) == 0 && status.si_signo != 0
            if hasEnded { return try condition() }
            usleep(1_000)
        }
        return false
    }

    /// Waits until `picket run` says that it follows its feeds.
    func isUp(_ limit: Duration = ProductProgram.patience) -> Bool { waits(limit) { wordsText.contains(" records\n") } }
}

/// A folder that is gone when the test is.
final class ProductFolder {
    let path: String
    private var names = 0

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/picket-product-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        if ProcessInfo.processInfo.environment["PICKET_KEEP"] != nil {
            print("kept: \(path)")
        } else {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func nextName() -> String {
        names += 1
        return "program-\(names)"
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    }

    /// Appends, as the writer of a log does.
    func append(_ name: String, _ text: String) throws {
        let number = open(file(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(number >= 0)
        defer { close(number) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(number, bytes, bytes.count) == bytes.count)
    }

    /// The paths of the files below `name`.
    func files(below name: String) -> [String] {
        (FileManager.default.enumerator(atPath: file(name))?.allObjects as? [String] ?? []).sorted().map {
            file("\(name)/\($0)")
        }
    }
}

/// Work that waits for processes and files runs on a thread of its own: the test runner has only as many as cores.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { done in
        let thread = Thread { done.resume(with: Result(catching: body)) }
        thread.stackSize = 8 << 20
        thread.start()
    }
}

/// Chance that can be repeated (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ end: Int) -> Int { Int(next() >> 33) % end }

    /// True once in `rounds`.
    mutating func oneIn(_ rounds: Int) -> Bool { below(rounds) == 0 }
}
