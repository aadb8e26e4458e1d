import Dispatch
import PicketEvents
import PicketLocks
import PicketLog
package import PicketProfiles

/// What another set of profiles would have said of a log: two passes by the engine that a daemon runs, side by side.
package struct Backtest {
    /// The log folder.
    package var folder: String
    package var old: [SecurityProfile]
    package var new: [SecurityProfile]
    package var fleet = Fleet.none
    /// Which violations are looked at. The records before are read all the same, so that windows are full.
    package var selection = ReplaySelection()
    /// Everything that happened, where that is known; nil to go by what people said of violations in the log.
    package var truth: [BacktestIncident]?
    /// Wrong alarms that a fleet bears, in thousandths for each device and week: where nobody knows what is an attack, the
    /// suggested limit is the strictest that stays below.
    package var budgetThousandths: Int64 = 10
    /// Is told now and then how far the slower pass has come.
    package var progress: (ReplayProgress) -> Void = { _ in }

    package init(folder: String, old: [SecurityProfile], new: [SecurityProfile]) {
        self.folder = folder
        self.old = old
        self.new = new
    }

    /// - Throws: `LogError` when the log cannot be read.
    package func run() throws -> BacktestResult {
        // A daemon may write on meanwhile: both passes end where the log ends now, or they would not be of the same records.
        let end = try LogExtent.present(folder: folder)
        let incidents = try truth ?? BacktestTruth.verdicts(in: folder)
        let judge = BacktestJudge(incidents, isWhole: truth != nil)
        func lane(_ profiles: [SecurityProfile], _ ladder: LimitLadder?) -> BacktestLane {
            BacktestLane(
                folder: folder, end: end, profiles: profiles, fleet: fleet, selection: selection, judge: judge,
                ladder: ladder)
        }
        let ladder = LimitLadder(new)
        let before = lane(old, nil)
        let result = Locked(Result<BacktestLane.Found, any Error>?.none)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            let found = Result { try before.run() }
            result.withLock { $0 = found }
        }
        let now = Result { try lane(new, ladder).run(progress: progress) }
        group.wait()
        guard let was = result.withLock({ $0 }) else {
            throw LogError(.stopped, path: folder, problem: "a pass did not end")
        }
        return BacktestResult(
            self, incidents, isWhole: judge.isWhole, old: try was.get(), new: try now.get(), ladder)
    }
}
