import PicketDetection
import PicketEvents
import PicketFeeds
import PicketProfiles

/// Runs historical inputs through the profiles as fast as the machine allows.
///
/// The inputs are merged line by line: the next line comes from the input whose newest time is smallest, ties to the
/// earlier one (DESIGN §5, watermark). The driver decodes, sequences, writes and detects batch by batch, on one thread,
/// and reads no clock.
package struct Replay {
    private var inputs: [ReplayInput]
    private var detector: Detector
    private var log: (any RecordSink)?
    private var found: [Violation] = []
    /// Is named by the first record of the log that is written: what was in force from the beginning.
    var profileSet: ProfileSet?
    /// Is told the bytes that were read so far, after every batch.
    var progress: (UInt64) -> Void = { _ in }

    init(inputs: [ReplayInput], detector: Detector, log: (any RecordSink)? = nil) {
        self.inputs = inputs
        self.detector = detector
        self.log = log
    }

    /// Reads everything.
    ///
    /// - Parameter report: called with violations in their order, as they are found.
    /// - Returns: the detector as it stands at the end, and what each input has shown.
    /// - Throws: ``FeedError`` from an input, `LogError` from the log.
    mutating func run(report: ([Violation]) throws -> Void) throws -> (detector: Detector, inputs: [ReplayInput]) {
        do {
            try read(report)
        } catch let error as FeedError {
            // What was read until the input broke off is a log all the same; that it did not end stands in no record.
            try log?.finish()
            throw error
        }
        try log?.finish()
        return (detector, inputs)
    }

    private mutating func read(_ report: ([Violation]) throws -> Void) throws {
        try open(report)
        while let next = nextInput() {
            try take(next, report)
            try inputs[next].prepare()
            progress(inputs.reduce(0) { $0 + $1.bytesRead })
            if inputs[next].isFinished { try end(next, report) }
        }
    }

    private mutating func open(_ report: ([Violation]) throws -> Void) throws {
        for index in inputs.indices { try inputs[index].prepare() }
        if let profileSet, log != nil {
            let first = inputs.compactMap { $0.current?.batch.received[0] }.min() ?? 0
            let record = ProfileRecord(
                received: first, sha256: profileSet.sha256, profiles: profileSet.profiles.map(\.name))
            try self.log?.append(line: record.line(), time: first)
        }
        for index in inputs.indices {
            let input = inputs[index]
            log?.setName(input.name, of: input.feed)
            let record = FeedRecord(
                received: input.current?.batch.received[0] ?? 0, name: input.name, state: .opened, mode: .replay,
                format: input.format.rawValue, lateness: Replay.lateness)
            try step(.feed(record), input.feed, report)
        }
        for index in inputs.indices where inputs[index].isFinished { try end(index, report) }
    }

    /// How late an event of a replayed input may come and still count, in milliseconds.
    package static let lateness: Int64 = 10_000

    /// The input whose next line is to be taken; nil when all have ended.
    private func nextInput() -> Int? {
        var best: Int?
        for index in inputs.indices where !inputs[index].isFinished {
            if best == nil || newestTaken(index) < newestTaken(best ?? 0) { best = index }
        }
        return best
    }

    /// The newest time of the lines of an input that were taken.
    private func newestTaken(_ index: Int) -> Int64 {
        guard let current = inputs[index].current else { return inputs[index].newest }
        return inputs[index].row > 0 ? current.batch.received[inputs[index].row - 1] : taken[index] ?? .min
    }

    /// By input: the newest time of the batches before the current one.
    private var taken: [Int: Int64] = [:]

    /// Takes lines from one input until another one is next.
    private mutating func take(_ index: Int, _ report: ([Violation]) throws -> Void) throws {
        guard let batch = inputs[index].current?.batch else { return }
        let start = inputs[index].row
        var end = batch.count
        if inputs.count > 1 {
            // How far the input may go: while its newest time is below that of earlier arguments' inputs, and not above
            // that of later ones.
            var bound = Int64.max
            var isEarlier = false
            for other in inputs.indices where other != index && !inputs[other].isFinished {
                let newest = newestTaken(other)
                if newest < bound || (newest == bound && other < index) {
                    bound = newest
                    isEarlier = other < index
                }
            }
            end = start + 1
            while end < batch.count {
                let newest = batch.received[end - 1]
                guard newest < bound || (newest == bound && !isEarlier) else { break }
                end += 1
            }
        }
        try log?.append(batch, rows: start..<end)
        detector.step(batch, rows: start..<end, into: &found)
        taken[index] = batch.received[end - 1]
        inputs[index].row = end
        try deliver(received: batch.received[end - 1], report)
    }

    private mutating func end(_ index: Int, _ report: ([Violation]) throws -> Void) throws {
        let newest = inputs[index].newest
        let record = FeedRecord(
            received: newest == .min ? 0 : newest, name: inputs[index].name, state: .ended, mode: .replay)
        try step(.feed(record), inputs[index].feed, report)
    }

    private mutating func step(
        _ control: ControlRecord, _ feed: FeedID, _ report: ([Violation]) throws -> Void
    ) throws {
        guard case .feed(let record) = control else { return }
        try log?.append(line: control.line(), time: record.received)
        detector.step(control, feed: feed, into: &found)
        try deliver(received: record.received, report)
    }

    private mutating func deliver(received: Int64, _ report: ([Violation]) throws -> Void) throws {
        guard !found.isEmpty else { return }
        if log != nil {
            for violation in found { try log?.append(line: violation.record(received: received), time: received) }
        }
        try report(found)
        found.removeAll(keepingCapacity: true)
    }
}
