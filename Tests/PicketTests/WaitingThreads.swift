import Foundation
import PicketService
import Testing

/// Threads for tests that wait for processes and files.
///
/// Swift runs asynchronous work on as many threads as there are cores. Two tests that sit in `waitpid` hold both threads
/// of a small machine, and what a third test has to send to a broker stays unsent for seconds (measured: 16 messages in
/// five minutes). So tests that wait take these threads, and leave Swift's own to those that do not.
final class WaitingThreads: TaskExecutor {
    /// Four for each test that is under way: its body, and what it starts beside it.
    private static let threads = 4 * WaitsTrait.atOnce

    static let shared = WaitingThreads()

    private let condition = NSCondition()
    /// The jobs nobody has begun; guarded by `condition`.
    private nonisolated(unsafe) var jobs: [UnownedJob] = []

    private init() {
        for _ in 0..<Self.threads {
            let thread = Thread { [unowned self] in work() }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock { jobs.append(job) }
        condition.signal()
    }

    /// Whether the caller is on one of these threads.
    static var isCurrent: Bool { Thread.current.threadDictionary[mark] != nil }

    private static let mark = "picket.waiting"

    private func work() {
        Thread.current.threadDictionary[Self.mark] = true
        while true {
            condition.lock()
            while jobs.isEmpty { condition.wait() }
            let job = jobs.removeFirst()
            condition.unlock()
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// Runs each test of a suite on `WaitingThreads`, when its turn has come.
struct WaitsTrait: SuiteTrait, TestTrait, TestScoping {
    /// So many tests are under way at once: more of them start more processes than two cores serve in time. A test that has
    /// begun is not kept waiting by those that have not.
    static let atOnce = 3

    private static let turns = Turns(atOnce: atOnce)

    let isRecursive = true

    /// Around a test with all its cases, so that waiting for the turn is no part of a case's time limit.
    func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
        testCase == nil && !test.isSuite ? self : nil
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        await Self.turns.begin()
        defer { Self.turns.end() }
        // The executor is for the test's own tasks. A sleep ends on Swift's threads all the same, and so does what a client
        // of MQTT does by itself; there hundreds of tests that only calculate stand in line before it (measured: a sleep of
        // 10 ms took 20 s). On Linux each priority has threads of its own.
        try await withoutActuallyEscaping(function) { function in
            let test = Task(priority: .high) {
                try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
            }
            try await withTaskCancellationHandler {
                try await test.value
            } onCancel: {
                test.cancel()
            }
        }
    }
}

extension Trait where Self == WaitsTrait {
    /// The tests of this suite wait for processes, files or sockets without giving up their thread.
    static var waits: Self { WaitsTrait() }
}

@Suite(.waits)
struct WaitingThreadsTests {
    @Test("A test that waits has a thread of its own kind")
    func ofItsOwn() {
        #expect(WaitingThreads.isCurrent)
    }

    @Test("So has an asynchronous one, after it slept, and what it starts")
    func afterSleep() async throws {
        try await Task.sleep(for: .milliseconds(1))
        #expect(Self.isOnWaitingThread())
        async let child = Self.isOnWaitingThread()
        #expect(await child)
    }

    @Test("What it starts for itself does not stand in line behind tests that calculate")
    func ahead() async {
        #expect(Task.currentPriority == .high)
        #expect(await Task { Task.currentPriority }.value == .high)
    }

    private static func isOnWaitingThread() -> Bool { WaitingThreads.isCurrent }
}
