import Dispatch
import PicketLocks

/// Reads all segments, many blocks at once, and grows the tree over them in order.
struct SegmentCheck {
    private let folder: LogFolder
    private let shape: LogShape
    private let fileSystem: any LogFileSystem
    private let tiles: TileCheck

    private(set) var collector: HeadCollector
    /// Whether the tree holds every record of the segments; not after a finding that left some out.
    private(set) var isWhole = true
    /// Whether the segment that is being read is the last.
    private var isNewest = false

    /// Blocks read at once by all threads together.
    private static let batch = 64

    private struct Job {
        var header: BlockHeader
        var dataOffset: Int
        var offset: Int
    }

    init(
        _ folder: LogFolder, _ shape: LogShape, _ collector: HeadCollector, tiles: TileCheck,
        _ fileSystem: any LogFileSystem
    ) {
        self.tiles = tiles
        self.folder = folder
        self.shape = shape
        self.collector = collector
        self.fileSystem = fileSystem
    }

    mutating func run(_ report: inout VerifyReport, progress: (UInt64) -> Void) throws(LogError) {
        // Below what retention deleted a crash may have left files that are to be deleted still.
        let files = try folder.segmentFiles(shape, fileSystem).filter { $0 >= report.pruned }
        for (place, first) in files.enumerated() {
            guard first == collector.size else {
                if isWhole, first > collector.size {
                    report.add(
                        .incomplete, folder.segmentFile(collector.size, shape), "the segment is not there",
                        index: collector.size)
                }
                isWhole = false
                return
            }
            let path = folder.segmentFile(first, shape)
            isNewest = place + 1 == files.count
            try check(path, first, &report)
            for tile in collector.takeTiles() { try tiles.check(tile, &report) }
            report.segments += 1
            if !isWhole { return }
            progress(collector.size)
        }
    }

    private mutating func check(
        _ path: String, _ first: UInt64, _ report: inout VerifyReport
    ) throws(LogError) {
        var segment = try SegmentFile(path, firstIndex: first, fileSystem)
        var earliest = Int64.max
        var latest = Int64.min
        var jobs: [Job] = []
        while true {
            switch try segment.head(shape) {
            case .member(let header, let dataOffset) where header.kind == .lines:
                jobs.append(Job(header: header, dataOffset: dataOffset, offset: segment.offset))
                earliest = min(earliest, header.earliest)
                latest = max(latest, header.latest)
                segment.advance(over: header)
                if jobs.count == SegmentCheck.batch { try run(&jobs, path, &report) }
            case .member(let header, _):
                try run(&jobs, path, &report)
                if torn != nil { return }
                checkEnd(header, try segment.bytes(of: header), (earliest, latest), segment, &report)
                segment.advance(over: header)
                if try segment.size() > segment.offset {
                    report.add(.tampered, path, "the segment goes on after its end", offset: segment.offset)
                }
                return
            case .none:
                try run(&jobs, path, &report)
                if !isNewest {
                    report.add(.tampered, path, "the segment ends early", index: segment.nextIndex)
                    isWhole = false
                }
                return
            case .cut, .damaged:
                try run(&jobs, path, &report)
                if torn != nil { return }
                // Whether it is the tear of a crash or damage is for the write-ahead files to say.
                try noteEnd(segment, isComplete: segment.nextIndex == first + shape.segmentRecords)
                if !isNewest { noteTear(&report) }
                return
            }
        }
    }

    /// A place at the end of the newest segment where no block can be read.
    struct Tear {
        var path: String
        var index: UInt64
        var offset: Int
        /// All records of the segment were read; its end could not be.
        var isComplete: Bool
        /// It looks as a crash leaves it: the file is short, or sectors are zero. Else it is damage, wherever else the
        /// records are held.
        var isCrash: Bool
        var problem = "a block is cut short"
    }

    private(set) var torn: Tear?

    /// Looks at what stands where no block can be read.
    private mutating func noteEnd(_ segment: SegmentFile, isComplete: Bool) throws(LogError) {
        let rest = try segment.rest(limit: LogLimits.memberBytes * 2)
        var tear = Tear(
            path: segment.path, index: segment.nextIndex, offset: segment.offset, isComplete: isComplete,
            isCrash: BlockHeader.isCutShort(rest)
                || Sector.hasZeros(rest, 0..<rest.count, origin: segment.offset, atLeast: Sector.telling))
        if case .damaged(let problem) = try segment.head(shape) { tear.problem = problem }
        torn = tear
    }

    /// Reports the tear as damage.
    mutating func noteTear(_ report: inout VerifyReport) {
        guard let torn else { return }
        report.add(.tampered, torn.path, torn.problem, index: torn.index, offset: torn.offset)
        isWhole = false
    }

    private func checkEnd(
        _ header: BlockHeader, _ bytes: [UInt8], _ times: (Int64, Int64), _ segment: SegmentFile,
        _ report: inout VerifyReport
    ) {
        guard BlockHeader.isSound(bytes, checksumAt: header.checksumAt), collector.segmentRoot == header.root,
            times == (header.earliest, header.latest)
        else {
            report.add(
                .tampered, segment.path, "the end of the segment tells what its blocks do not", offset: segment.offset)
            return
        }
    }

    /// Checks the blocks of `jobs` side by side and adds them to the tree in order.
    private mutating func run(_ jobs: inout [Job], _ path: String, _ report: inout VerifyReport) throws(LogError) {
        guard !jobs.isEmpty else { return }
        defer { jobs = [] }
        let file = try fileSystem.open(path, .read)
        let results = Locked([BlockCheck.Result?](repeating: nil, count: jobs.count))
        let failure = Locked(LogError?.none)
        let work = jobs
        // One stretch of blocks for each of a few threads: a zlib stream is set up once for each.
        let lanes = min(work.count, 8)
        DispatchQueue.concurrentPerform(iterations: lanes) { [shape] lane in
            guard let inflater = Inflater() else { return }
            for place in stride(from: lane, to: work.count, by: lanes) {
                let job = work[place]
                do throws(LogError) {
                    let result = try MemberTurn.read(job.header.memberSize, at: job.offset, of: file) { member in
                        BlockCheck.run(
                            member, job.header, dataOffset: job.dataOffset, fileOffset: job.offset, shape, inflater)
                    }
                    results.withLock { $0[place] = result }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        for (job, result) in zip(work, results.withLock { $0 }) {
            guard let result else { throw LogError(.stopped, path: path, problem: "zlib has no memory") }
            add(job, result, path, &report)
        }
    }

    private mutating func add(_ job: Job, _ result: BlockCheck.Result, _ path: String, _ report: inout VerifyReport) {
        guard isWhole, torn == nil else { return }
        if let problem = result.problem, result.hasZeros, isNewest {
            torn = Tear(
                path: path, index: job.header.firstIndex, offset: job.offset, isComplete: false, isCrash: true,
                problem: problem)
            return
        }
        if let problem = result.problem {
            report.add(.tampered, path, problem, index: job.header.firstIndex, offset: job.offset)
        }
        report.blocks += 1
        report.add(gaps: result.gaps, result.declared)
        if result.leaves.count == Int(job.header.count) {
            collector.add(result.leaves, groups: result.groups)
        } else if UInt64(job.header.count) != shape.blockRecords
            || !collector.add(subtree: job.header.root, level: shape.blockLog2)
        {
            // Without its leaves a short block has no place in the tree; nothing after it can be proved.
            isWhole = false
        }
    }
}
