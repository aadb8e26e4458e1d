import Dispatch
import PicketLocks

/// Reads a whole log on all processors: blocks are dealt out to lanes, each with a state of its own that lasts from the
/// first block to the last. The lanes see their blocks in log order, but not one another's.
package struct LogSweep {
    /// Blocks that are dealt out at once; between two deals the lanes wait for one another.
    private static let deal = 256

    /// Reads all records below `end`.
    ///
    /// - Parameters:
    ///   - lanes: a state for each thread.
    ///   - take: is given a lane and a block.
    /// - Returns: the lanes.
    /// - Throws: `LogError` when a file cannot be read or is damaged.
    package static func run<Lane: Sendable>(
        folder path: String, below end: UInt64, lanes: [Lane], fileSystem: any LogFileSystem = RealFileSystem(),
        take: @Sendable @escaping (inout Lane, LogBlock) -> Void
    ) throws(LogError) -> [Lane] {
        let folder = LogFolder(path)
        let shape = try LogFormat.read(folder, fileSystem).shape
        let pruned = try PrunedList.read(folder, fileSystem).below(shape)
        let states = lanes.map { LaneBox($0) }
        var next = pruned
        for first in try folder.segmentFiles(shape, fileSystem) where first >= pruned && first < end {
            let file = folder.segmentFile(first, shape)
            var segment = try SegmentFile(file, firstIndex: first, fileSystem)
            var jobs: [Job] = []
            walk: while case .member(let header, let dataOffset) = try segment.head(shape) {
                guard header.kind == .lines, header.firstIndex < end else { break walk }
                jobs.append(Job(header: header, dataOffset: dataOffset, offset: segment.offset))
                segment.advance(over: header)
                if jobs.count == deal { try work(&jobs, file, fileSystem, states, end, take) }
            }
            try work(&jobs, file, fileSystem, states, end, take)
            next = segment.nextIndex
        }
        // What is not in a segment yet is little; the reader checks on its way that nothing lies between.
        var reader = try LogReader(folder: path, from: next, fileSystem: fileSystem)
        while reader.position < end, let block = try reader.next() {
            states[0].lane.withLock { take(&$0, block.below(end)) }
        }
        return states.map { $0.lane.withLock { $0 } }
    }

    private struct Job {
        var header: BlockHeader
        var dataOffset: Int
        var offset: Int
    }

    private final class LaneBox<Lane: Sendable>: Sendable {
        let lane: Locked<Lane>

        init(_ lane: Lane) { self.lane = Locked(lane) }
    }

    private static func work<Lane: Sendable>(
        _ jobs: inout [Job], _ path: String, _ fileSystem: any LogFileSystem, _ states: [LaneBox<Lane>],
        _ end: UInt64, _ take: @Sendable @escaping (inout Lane, LogBlock) -> Void
    ) throws(LogError) {
        guard !jobs.isEmpty else { return }
        defer { jobs = [] }
        let file = try fileSystem.open(path, .read)
        let failure = Locked(LogError?.none)
        let work = jobs
        DispatchQueue.concurrentPerform(iterations: states.count) { number in
            guard let inflater = Inflater() else {
                failure.withLock { $0 = LogError(.stopped, path: path, problem: "zlib has no memory") }
                return
            }
            states[number].lane.withLock { lane in
                for place in stride(from: number, to: work.count, by: states.count) {
                    let job = work[place]
                    do throws(LogError) {
                        try MemberTurn.read(job.header.memberSize, at: job.offset, of: file) {
                            (member) throws(LogError) in
                            switch Block.content(of: member, job.header, dataOffset: job.dataOffset, inflater) {
                            case .failure(let damage):
                                throw LogError.corrupt(
                                    path, damage.problem, index: job.header.firstIndex, offset: job.offset)
                            case .success(let bytes):
                                let block = LogBlock(
                                    firstIndex: job.header.firstIndex, count: Int(job.header.count), bytes: bytes)
                                take(&lane, block.below(end))
                            }
                        }
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                        return
                    }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

extension LogBlock {
    /// The block without the records from `end` on.
    package func below(_ end: UInt64) -> LogBlock {
        guard endIndex > end else { return self }
        let kept = Int(end - min(firstIndex, end))
        return LogBlock(
            firstIndex: firstIndex, count: kept, bytes: Array(bytes[..<BlockLines(bytes).offset(of: kept)]))
    }

    /// The records of the block from `start` on.
    package func from(_ start: UInt64) -> LogBlock {
        guard start > firstIndex else { return self }
        let dropped = Int(min(start, endIndex) - firstIndex)
        return LogBlock(
            firstIndex: firstIndex + UInt64(dropped), count: count - dropped,
            bytes: Array(bytes[BlockLines(bytes).offset(of: dropped)...]))
    }
}
