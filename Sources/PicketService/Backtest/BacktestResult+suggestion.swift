import PicketEvents
import PicketProfiles

/// Which limit is suggested.
extension BacktestResult.TradeOff {
    init(_ tried: LimitLadder.Tried, _ tallies: [BacktestTally], _ result: BacktestResult) {
        profile = tried.profile
        behavior = tried.behavior.name
        rows = zip(tried.limits, tallies).map { limit, tally in
            Row(
                alarm: tried.behavior.with(name: tried.behavior.name, limit: limit).alarmText,
                isOwn: limit == tried.behavior.limit, tally: tally)
        }
        let own = rows.firstIndex(where: \.isOwn) ?? 0
        let most = rows.map(\.tally.found.count).max() ?? 0
        (suggested, why) =
            most > 0
            ? BacktestResult.TradeOff.byIncidents(rows, own, most)
            : BacktestResult.TradeOff.byBudget(rows, own, result)
    }

    /// Of the limits that find most of what should be found those with the fewest wrong alarms; of these the present one, else
    /// the one in the middle, which is furthest from being wrong either way.
    private static func byIncidents(_ rows: [Row], _ own: Int, _ most: Int) -> (Int, String) {
        let finding = rows.indices.filter { rows[$0].tally.found.count == most }
        let least = finding.map { rows[$0].tally.costs }.min() ?? 0
        let best = finding.filter { rows[$0].tally.costs == least }
        let found = "finds \(most == 1 ? "the one incident" : "all \(most) incidents") that any of these limits finds"
        let cost =
            least == 0 ? "without a wrong alarm" : "with \(least) other alarm\(least == 1 ? "" : "s"), the fewest"
        if best.contains(own) { return (own, "the present limit \(found), \(cost)") }
        return (best[best.count / 2], "\(found), \(cost)")
    }

    /// Where nobody knows what is an attack: the strictest limit with few enough alarms.
    private static func byBudget(_ rows: [Row], _ own: Int, _ result: BacktestResult) -> (Int, String) {
        let budget = Quantity.decimal(result.budgetThousandths, places: 3)
        let few = rows.indices.first { (result.rate(rows[$0].tally.costs) ?? 0) <= result.budgetThousandths }
        guard let few else {
            return (rows.count - 1, "every limit tried has more than \(budget) alarms for each device and week")
        }
        // Stricter than now only where that was never an alarm here: nothing says that anything would be found by it.
        guard few > own || rows[few].tally.costs == 0 else {
            return (own, "the present limit has at most \(budget) alarms for each device and week")
        }
        let what = rows[few].tally.costs == 0 ? "no alarm here" : "at most \(budget) alarms for each device and week"
        return (few, "the strictest limit tried with \(what)")
    }
}
