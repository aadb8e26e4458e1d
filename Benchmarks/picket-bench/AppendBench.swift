import Glibc
import PicketEvents
import PicketLog

/// Appends the records of a log to a new one as a live writer does: frames into the write-ahead file, each synced, blocks
/// sealed beside it, the tree grown, a checkpoint a second. Reading the old log is not counted: its thread says what
/// processor time that took.
enum AppendBench {
    /// Records of one append: what a busy feed brings while the disk makes the frame before durable.
    private static let frameRecords = 4_096

    static func run(from source: String, to folder: String, level: Int) throws {
        var options = LogOptions(level: level, origin: "bench.test/log")
        if let signer = NoteSigner(newFor: "bench.test/log") { options.signers = [signer] }
        options.reserveBytes = LogLimits.reserveBytes
        let writer = try LogWriter(folder: folder, options: options)
        var reader = try LogReader(folder: source)
        var buffer = RecordBuffer()
        var reading = 0.0
        let clock = ContinuousClock()
        let start = clock.now
        let processorStart = processorSeconds(CLOCK_PROCESS_CPUTIME_ID)
        while true {
            let before = processorSeconds(CLOCK_THREAD_CPUTIME_ID)
            buffer.removeAll()
            let isAtEnd = try !fill(&buffer, &reader)
            reading += processorSeconds(CLOCK_THREAD_CPUTIME_ID) - before
            if buffer.isEmpty { break }
            try writer.append(buffer)
            if isAtEnd { break }
        }
        let records = writer.nextIndex
        try writer.close()
        let processor = processorSeconds(CLOCK_PROCESS_CPUTIME_ID) - processorStart - reading
        let elapsed = (clock.now - start) / Duration.seconds(1)
        print(
            "{\"records\":\(records),\"cpuSeconds\":\(processor),\"readingSeconds\":\(reading),\"seconds\":\(elapsed),"
                + "\"peakBytes\":\(peakBytes())}")
    }

    /// Reads the records of the next frame; false at the end of the log.
    private static func fill(_ buffer: inout RecordBuffer, _ reader: inout LogReader) throws -> Bool {
        while buffer.count < frameRecords {
            guard let block = try reader.next() else { return false }
            var start = 0
            while let end = block.bytes[start...].firstIndex(of: 0x0A) {
                let time = Timestamp.parse(block.bytes.span.bytes, (start + 13)..<(start + 37)) ?? 0
                buffer.append(time: time) { $0.append(contentsOf: block.bytes[start..<end]) }
                start = end + 1
            }
        }
        return true
    }

    private static func processorSeconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most memory this process ever held.
    private static func peakBytes() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1_024
    }
}
