import PicketDetection
import PicketEvents
import PicketLog
import PicketProfiles

/// One pass over a log with one set of profiles.
struct BacktestLane: Sendable {
    let folder: String
    /// The index after the last record that is read.
    let end: UInt64
    let profiles: [SecurityProfile]
    let fleet: Fleet
    let selection: ReplaySelection
    let judge: BacktestJudge
    /// The limits that are tried in this pass; nil for none.
    let ladder: LimitLadder?

    /// What a pass found.
    struct Found: Sendable {
        /// In the order in which they began, up to a number.
        var alarms: [BacktestAlarm] = []
        var tally = BacktestTally()
        /// By `profile/behavior`.
        var behaviors: [String: BacktestTally] = [:]
        /// By behavior that was tried, and by limit.
        var limits: [[BacktestTally]] = []
        /// The sum over all devices of the time that they were known and within the period, in milliseconds.
        var deviceMilliseconds: Int64 = 0
        var records: UInt64 = 0
        var span: (first: Int64, last: Int64)?
        /// Alarms beyond the number that is kept; they are in the counts.
        var left = 0
    }

    /// Alarms that are kept one by one, of each side: 200 MB. More is a profile that nobody would load.
    static let mostAlarms = 500_000

    /// - Throws: `LogError` when the log cannot be read.
    func run(progress: (ReplayProgress) -> Void = { _ in }) throws -> Found {
        var reader = try LogReader(folder: folder)
        var detector = Detector(profiles: ladder?.profiles ?? profiles, fleet: fleet.view)
        var replay = LogReplay()
        var found = Found()
        found.limits = ladder?.tried.map { Array(repeating: BacktestTally(), count: $0.limits.count) } ?? []
        var places: [String: Int] = [:]
        let windows = windows
        let extent = try LogExtent.read(folder: folder)
        // Of what feeds told: a reading of the log weeks later is a record too, and no time in which a device was watched.
        var seen: (first: Int64, last: Int64)?
        while !selection.isPast(replay.newestReceived), let block = try reader.next()?.below(end), block.count > 0 {
            let before = seen
            replay.take(block, into: &detector, observe: { BacktestLane.look(at: $0, &seen) }) { violations in
                for violation in violations { take(violation, windows, &found, &places) }
            }
            if let seen {
                let time = within(seen.last) - within(before?.last ?? seen.first)
                found.deviceMilliseconds += Int64(detector.knownSubjects(.device)) * max(0, time)
            }
            progress(
                ReplayProgress(
                    done: block.endIndex - min(extent.first, block.endIndex), total: extent.end - extent.first))
        }
        found.records = replay.records
        found.span = seen.map { (within($0.first), within($0.last)) }
        return found
    }

    /// Widens `seen` to the times of the events that feeds told.
    private static func look(at batch: EventBatch, _ seen: inout (first: Int64, last: Int64)?) {
        for row in 0..<batch.count where !batch.head[row].kind.isPicketOwn && batch.head[row].kind != .rejected {
            let time = batch.engineTime[row]
            seen = (min(seen?.first ?? time, time), max(seen?.last ?? time, time))
        }
    }

    /// A time, or the end of the period that it lies beyond.
    private func within(_ time: Int64) -> Int64 { min(max(time, selection.from ?? .min), selection.to ?? .max) }

    /// By `profile/behavior`: the length of the window, in milliseconds.
    private var windows: [String: Int64] {
        var windows: [String: Int64] = [:]
        for profile in profiles {
            for behavior in profile.behaviors {
                windows["\(profile.name)/\(behavior.name)"] = Int64(behavior.duration ?? 0) * 1_000
            }
        }
        return windows
    }

    private func take(
        _ violation: Violation, _ windows: [String: Int64], _ found: inout Found, _ places: inout [String: Int]
    ) {
        let isCandidate = ladder != nil && LimitLadder.isCandidate(violation.behavior)
        guard violation.event == .inAlarm else {
            if !isCandidate, let place = places.removeValue(forKey: violation.id) {
                found.alarms[place].end = violation.time
            }
            return
        }
        guard selection.wants(violation) else { return }
        let name = "\(violation.profile)/\(violation.behavior)"
        let rung = ladder?.places[name]
        let own =
            rung.flatMap { place in ladder.map { $0.tried[place.tried] } }
            .map { "\($0.profile)/\($0.behavior.name)" } ?? name
        let judgement = judge.judge(violation, behavior: own, window: windows[own] ?? 0)
        if let rung { found.limits[rung.tried][rung.limit].add(violation, judgement, judge.incidents) }
        guard !isCandidate else { return }
        found.tally.add(violation, judgement, judge.incidents)
        found.behaviors[name, default: BacktestTally()].add(violation, judgement, judge.incidents)
        guard !violation.isOnlyRecorded else { return }
        guard found.alarms.count < BacktestLane.mostAlarms else {
            found.left += 1
            return
        }
        places[violation.id] = found.alarms.count
        found.alarms.append(BacktestAlarm(violation, judgement))
    }
}
