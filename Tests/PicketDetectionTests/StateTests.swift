import Foundation
import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// A detector that took up a written state goes on as the one that wrote it.
@Suite("States")
struct StateTests {
    private static func write(_ detector: Detector) throws -> [UInt8] {
        var detector = detector
        var coder = StateCoder()
        try detector.code(&coder)
        return coder.written
    }

    private static func read(_ bytes: [UInt8], into detector: inout Detector) throws {
        var coder = StateCoder(reading: bytes)
        try detector.code(&coder)
        try coder.finish()
    }

    private func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }

    /// New seeds each time, or the one that `PICKET_SEED=n` names; `PICKET_STATE_SEEDS=n` of them, two without.
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["PICKET_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["PICKET_STATE_SEEDS"].flatMap { Int($0) } ?? 2
        return (0..<count).map { _ in UInt64.random(in: 1...999_999) }
    }()

    @Test(
        "a state after every k-th record changes nothing: ids, reasons, and what is known at the end", arguments: seeds)
    func everyKth(seed: UInt64) throws {
        let feed = StateFeed(seed: seed)
        let expected = feed.violations.map { $0.json() }
        let end = try StateTests.write(feed.detector)
        #expect(Set(feed.violations.map(\.behavior)).count >= 12, "PICKET_SEED=\(seed)")
        for k in [1, 17] {
            var (profiles, fleet) = StateFeed.first
            var detector = Detector(profiles: profiles, fleet: fleet, subjectLimit: feed.subjectLimit)
            var found: [Violation] = []
            for (index, step) in feed.steps.enumerated() {
                StateFeed.take(step, into: &detector, &found)
                if case .reload(let newProfiles, let newFleet, _) = step { (profiles, fleet) = (newProfiles, newFleet) }
                guard index % k == k - 1 else { continue }
                let bytes = try StateTests.write(detector)
                var fresh = Detector(profiles: profiles, fleet: fleet, subjectLimit: feed.subjectLimit)
                try StateTests.read(bytes, into: &fresh)
                // The same state is the same bytes.
                let isSame = try StateTests.write(fresh) == bytes
                #expect(isSame, "PICKET_SEED=\(seed), record \(index)")
                detector = fresh
            }
            let lines = found.map { $0.json() }
            let difference = lines.indices.first { $0 >= expected.count || lines[$0] != expected[$0] }
            let isEqual = lines.count == expected.count && difference == nil
            let place = "PICKET_SEED=\(seed), k = \(k)"
            #expect(isEqual, "\(place), line \(difference ?? -1): \(difference.map { text(lines[$0]) } ?? "")")
            let isSameEnd = try StateTests.write(detector) == end
            #expect(isSameEnd, "\(place)")
        }
    }

    @Test("bytes cut anywhere, with more behind them, or of other profiles are refused")
    func refused() throws {
        let feed = StateFeed(seed: 7, events: 120)
        let (profiles, fleet) = StateFeed.first
        var detector = Detector(profiles: profiles, fleet: fleet, subjectLimit: feed.subjectLimit)
        var found: [Violation] = []
        for step in feed.steps {
            if case .reload = step { continue }
            StateFeed.take(step, into: &detector, &found)
        }
        let bytes = try StateTests.write(detector)
        for end in stride(from: 0, to: bytes.count, by: 41) {
            var fresh = Detector(profiles: profiles, fleet: fleet, subjectLimit: feed.subjectLimit)
            #expect(throws: StateProblem.self) { try StateTests.read(Array(bytes[..<end]), into: &fresh) }
        }
        var fresh = Detector(profiles: profiles, fleet: fleet, subjectLimit: feed.subjectLimit)
        #expect(throws: StateProblem("more follows than there should be")) {
            try StateTests.read(bytes + [0], into: &fresh)
        }
        var other = Detector(profiles: BatchTests.profiles, fleet: fleet)
        let problem = #expect(throws: StateProblem.self) { try StateTests.read(bytes, into: &other) }
        #expect(problem?.description.hasPrefix("subjects: it has ") == true, "\(problem?.description ?? "")")
    }

    /// Damage is found by the checksum of whoever keeps the bytes; what gets past it must not run wild while it is read.
    @Test("a changed byte is refused or read, within the memory that the bytes allow")
    func changed() throws {
        let feed = StateFeed(seed: 11, events: 60)
        var (profiles, fleet) = StateFeed.first
        for case .reload(let newProfiles, let newFleet, _) in feed.steps { (profiles, fleet) = (newProfiles, newFleet) }
        let bytes = try StateTests.write(feed.detector)
        var random = SplitMix(seed: 3)
        var refused = 0
        for _ in 0..<200 {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            var fresh = Detector(profiles: profiles, fleet: fleet, subjectLimit: feed.subjectLimit)
            do { try StateTests.read(changed, into: &fresh) } catch { refused += 1 }
        }
        #expect(refused > 20)
    }

    /// Holds the properties that a type has against those that its state names. A property that is in neither list would
    /// be lost at every start.
    private func check(_ value: some StateCoded) throws {
        var value = value
        let named = try StateCoder.names(of: &value)
        #expect(Set(named).count == named.count, "\(type(of: value))")
        let rebuilt = type(of: value).rebuilt
        #expect(Set(named).isDisjoint(with: rebuilt), "\(type(of: value))")
        let labels = Mirror(reflecting: value).children.compactMap(\.label)
        #expect(Set(labels) == Set(named + rebuilt), "\(type(of: value))")
    }

    @Test("every stored property is part of the state or is made anew")
    func properties() throws {
        let detector = Detector(
            profiles: StateFeed.first.profiles, fleet: StateFeed.first.fleet, subjectLimit: 10)
        try check(detector)
        try check(detector.statistics)
        try check(detector.watermarks)
        try check(detector.targets)
        try check(Watermarks.Feed.blank)
        try check(Watermarks.Clock.blank)
        try check(SubjectTable.blank)
        try check(detector.aggregates[0])
        try check(PaneRings<UInt32>(windows: [1], pending: 1))
        try check(DistinctRings())
        try check(DistinctRings.Values.blank)
        try check(DistinctRings.Sighting.blank)
        try check(RuleState.blank)
        try check(Track.blank)
        try check(Track.Hit.blank)
        try check(Track.Open.blank)
        try check(ElapsedState())
        try check(AbsenceState())
        try check(AbsenceState.Waiting.blank)
        try check(TimeQueue<Int>())
        try check(SeenValues())
        try check(HistoryState())
        try check(HistoryState.Past.blank)
        try check(HistoryState.Day.blank)
        try check(DDSketch.blank)
        try check(Silences())
        try check(SilenceRecord.blank)
    }
}
