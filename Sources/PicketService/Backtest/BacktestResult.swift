package import PicketEvents
import PicketProfiles

/// What a backtest found: what would fire, clear and stay, what the alarms are worth, and which limits would be better.
package struct BacktestResult: Sendable {
    /// One set of profiles.
    package struct Side: Sendable {
        package var profiles: Int
        package var behaviors: Int
        package var tally: BacktestTally
    }

    /// Alarms of one behavior, or of one subject.
    package struct Changes: Sendable, Equatable {
        /// Alarms of the new profiles at a time at which the old ones had none.
        package var fires = 0
        /// Alarms of the old profiles at a time at which the new ones have none.
        package var clears = 0
        /// Alarms of the old profiles that the new ones have too, if perhaps earlier or later.
        package var stays = 0

        package var isNone: Bool { fires == 0 && clears == 0 }
    }

    package struct Row: Sendable {
        package var profile: String
        package var behavior: String
        /// What is an alarm, in words; nil where the side does not have the behavior.
        package var was: String?
        package var now: String?
        package var changes = Changes()
        package var old = BacktestTally()
        package var new = BacktestTally()
    }

    package struct Subject: Sendable {
        package var kind: SubjectKind
        package var name: String
        package var changes: Changes
    }

    /// An alarm that only one of the sets has.
    package struct Difference: Sendable {
        package var fires: Bool
        package var alarm: BacktestAlarm
    }

    /// A behavior with every limit that was tried.
    package struct TradeOff: Sendable {
        package struct Row: Sendable {
            /// `more than 120 in 5m`.
            package var alarm: String
            package var isOwn: Bool
            package var tally: BacktestTally
        }

        package var profile: String
        package var behavior: String
        /// From the strictest to the widest.
        package var rows: [Row]
        /// The row that is suggested, and why.
        package var suggested: Int
        package var why: String
    }

    package private(set) var old: Side
    package private(set) var new: Side
    package private(set) var changes = Changes()
    package private(set) var rows: [Row] = []
    package private(set) var subjects: [Subject] = []
    package private(set) var differences: [Difference] = []
    package private(set) var tradeOffs: [TradeOff] = []
    package let incidents: [BacktestIncident]
    /// Whether everything that happened is known.
    package let isWhole: Bool
    package let records: UInt64
    /// The period, Unix milliseconds; nil when there is no record.
    package let span: (first: Int64, last: Int64)?
    /// See ``BacktestLane/Found/deviceMilliseconds``.
    package let deviceMilliseconds: Int64
    package let budgetThousandths: Int64
    /// Alarms that were not compared one by one, because there are too many.
    package let left: Int

    init(
        _ backtest: Backtest, _ incidents: [BacktestIncident], isWhole: Bool, old: BacktestLane.Found,
        new: BacktestLane.Found, _ ladder: LimitLadder
    ) {
        self.incidents = incidents
        self.isWhole = isWhole
        self.old = Side(profiles: backtest.old, old.tally)
        self.new = Side(profiles: backtest.new, new.tally)
        records = new.records
        span = new.span
        deviceMilliseconds = new.deviceMilliseconds
        budgetThousandths = backtest.budgetThousandths
        left = old.left + new.left
        compare(old.alarms, new.alarms, backtest, old.behaviors, new.behaviors)
        tradeOffs = ladder.tried.enumerated().map { place, tried in
            TradeOff(tried, new.limits[place], self)
        }
    }

    /// How many incidents should be found.
    package var attacks: Int { incidents.count(where: \.isAttack) }

    /// Alarms for each device and week, in thousandths; nil when no device was known for any time.
    package func rate(_ count: Int) -> Int64? {
        guard deviceMilliseconds > 0 else { return nil }
        return Int64((Double(count) * 604_800_000_000 / Double(deviceMilliseconds)).rounded())
    }

    private mutating func compare(
        _ was: [BacktestAlarm], _ now: [BacktestAlarm], _ backtest: Backtest, _ old: [String: BacktestTally],
        _ new: [String: BacktestTally]
    ) {
        var byBehavior: [String: Changes] = [:]
        var bySubject: [String: Subject] = [:]
        func count(_ alarm: BacktestAlarm, _ path: WritableKeyPath<Changes, Int>) {
            changes[keyPath: path] += 1
            byBehavior["\(alarm.profile)/\(alarm.behavior)", default: Changes()][keyPath: path] += 1
            bySubject[
                "\(alarm.subjectKind.rawValue) \(alarm.subject)",
                default: Subject(kind: alarm.subjectKind, name: alarm.subject, changes: Changes())
            ].changes[keyPath: path] += 1
        }
        let (before, after) = (AlarmIndex(was), AlarmIndex(now))
        for alarm in was {
            if after.holdsOverlap(with: alarm) {
                count(alarm, \.stays)
            } else {
                count(alarm, \.clears)
                differences.append(Difference(fires: false, alarm: alarm))
            }
        }
        for alarm in now where !before.holdsOverlap(with: alarm) {
            count(alarm, \.fires)
            differences.append(Difference(fires: true, alarm: alarm))
        }
        differences.sort {
            ($0.alarm.begin, $0.alarm.profile, $0.alarm.behavior, $0.alarm.subject)
                < ($1.alarm.begin, $1.alarm.profile, $1.alarm.behavior, $1.alarm.subject)
        }
        subjects = bySubject.values.sorted {
            let (a, b) = ($0.changes.fires + $0.changes.clears, $1.changes.fires + $1.changes.clears)
            return a != b ? a > b : ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name)
        }
        var seen: Set<String> = []
        for (profile, behavior) in (backtest.new + backtest.old).flatMap({ profile in
            profile.behaviors.map { (profile.name, $0.name) }
        }) where seen.insert("\(profile)/\(behavior)").inserted {
            func words(_ set: [SecurityProfile]) -> String? {
                set.first { $0.name == profile }?.behaviors.first { $0.name == behavior }?.alarmText
            }
            let name = "\(profile)/\(behavior)"
            rows.append(
                Row(
                    profile: profile, behavior: behavior, was: words(backtest.old), now: words(backtest.new),
                    changes: byBehavior[name] ?? Changes(), old: old[name] ?? BacktestTally(),
                    new: new[name] ?? BacktestTally()))
        }
    }
}

extension BacktestResult.Side {
    init(profiles: [SecurityProfile], _ tally: BacktestTally) {
        self.init(
            profiles: profiles.count, behaviors: profiles.reduce(0) { $0 + $1.behaviors.count }, tally: tally)
    }
}

/// Finds alarms of the same behavior and subject that were open at the same time.
private struct AlarmIndex {
    /// In the order in which they began.
    private var byKey: [String: [BacktestAlarm]] = [:]

    init(_ alarms: [BacktestAlarm]) {
        for alarm in alarms { byKey[AlarmIndex.key(alarm), default: []].append(alarm) }
        for key in byKey.keys { byKey[key]?.sort { $0.begin < $1.begin } }
    }

    private static func key(_ alarm: BacktestAlarm) -> String {
        "\(alarm.profile)\n\(alarm.behavior)\n\(alarm.subjectKind.rawValue)\n\(alarm.subject)"
    }

    /// At most one violation of a behavior and subject is open at a time, so only the last that began before the end of
    /// `alarm` can reach into it, and those after it.
    func holdsOverlap(with alarm: BacktestAlarm) -> Bool {
        guard let own = byKey[AlarmIndex.key(alarm)] else { return false }
        var (low, high) = (0, own.count)
        let end = alarm.end ?? .max
        while low < high {
            let middle = (low + high) / 2
            if own[middle].begin <= end { low = middle + 1 } else { high = middle }
        }
        return low > 0 && own[low - 1].overlaps(alarm)
    }
}
