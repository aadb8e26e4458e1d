import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// What the case folders cannot say, because no file of the past has it: silence, gaps, other profiles, too many devices.
@Suite("Detector, live")
struct DetectorTests {
    let silent = Behavior(name: "silent", metric: .messagesSent, limit: Limit(.below, 1), duration: 60, slide: 10)
    let flood = Behavior(name: "flood", metric: .messagesSent, limit: Limit(.above, 2), duration: 60, slide: 10)

    @Test("a tick ends a window when every feed is silent, and only then is one wanted")
    func ticks() {
        var driver = Driver(profile(silent))
        driver.open()
        driver.event(1)
        #expect(!driver.detector.wouldWake(noon + 30_000))
        // The feed is idle after 30 s; W is then `received` minus the lateness.
        driver.tick(60)
        #expect(driver.story.isEmpty)
        #expect(driver.detector.wouldWake(noon + 81_000))
        driver.tick(81)
        #expect(driver.story == ["in-alarm t-1 0 @70.0"])
        driver.event(85)
        driver.tick(130)
        #expect(driver.story == ["in-alarm t-1 0 @70.0", "alarm-cleared t-1 1 @90.0"])
    }

    @Test("a gap proves nothing: a lower limit neither alarms nor clears in it")
    func gaps() {
        var driver = Driver(profile(silent))
        driver.open()
        driver.event(1)
        let gap = GapRecord(
            received: noon + 50_000, name: "feed-0", from: noon + 20_000, to: noon + 50_000, cause: "test")
        var found: [Violation] = []
        driver.detector.step(.gap(gap), feed: nil, into: &found)
        driver.tick(100)
        #expect(driver.story.isEmpty)
        // The first window that holds nothing of the gap ends at 110 s.
        driver.tick(125)
        #expect(driver.story == ["in-alarm t-1 0 @110.0"])
    }

    private func gap(_ feed: Int, _ from: Double, _ to: Double, cause: String = "picket-away") -> ControlRecord {
        .gap(
            GapRecord(
                received: noon + Int64(to * 1_000), name: "feed-\(feed)", from: noon + Int64(from * 1_000),
                to: noon + Int64(to * 1_000), cause: cause))
    }

    @Test("a gap of a feed that cannot provide a metric proves nothing about it, and excuses nothing")
    func gapsOfOthers() {
        let quiet = Behavior(name: "quiet", metric: .silence, limit: Limit(.above, 60))
        for (feed, expected) in [
            (0, []), (1, ["in-alarm t-1 0 @70.0"]), (7, []),
        ] {
            var driver = Driver(profile(silent))
            driver.open()
            driver.open(1, format: "cloudtrail")
            driver.event(1)
            driver.take(gap(feed, 20, 50))
            driver.tick(100)
            #expect(driver.story == expected, "a gap of feed-\(feed); of one that nobody knows it may be anybody's")
        }
        for (feed, expected) in [(0, "in-alarm t-1 61 @111.0"), (1, "in-alarm t-1 61 @62.0")] {
            var driver = Driver(profile(quiet))
            driver.open()
            driver.open(1, format: "cloudtrail")
            driver.event(1)
            driver.take(gap(feed, 20, 50))
            driver.tick(130)
            #expect(driver.story.map { String($0.prefix(8)) } == ["in-alarm"])
            #expect(driver.story.first?.hasSuffix(String(expected.suffix(6))) == true, "\(driver.story)")
        }
    }

    @Test("a feed whose broker cannot be reached is silent, though that is a gap; a Picket that was away heard nobody")
    func silenceOfFeeds() {
        let quiet = Behavior(name: "quiet", metric: .silence, subject: .feed, limit: Limit(.above, 120))
        for (cause, expected) in [("broker-unreachable", ["in-alarm feed-0 121 @122.0"]), ("picket-away", [])] {
            var driver = Driver(profile(quiet))
            driver.open()
            driver.event(1)
            // An outage is written piece by piece.
            for minute in 0..<3 { driver.take(gap(0, Double(minute) * 60 + 2, Double(minute) * 60 + 62, cause: cause)) }
            driver.tick(200)
            #expect(driver.story == expected, "\(cause)")
        }
    }

    @Test("gaps are counted for their feed")
    func countedGaps() {
        var driver = Driver(
            profile(Behavior(name: "gaps", metric: .gaps, subject: .feed, limit: Limit(.above, 1), duration: 60)))
        driver.open()
        driver.open(1)
        driver.take(gap(0, 1, 2))
        driver.take(gap(1, 1, 3))
        #expect(driver.story.isEmpty)
        driver.take(gap(0, 4, 5))
        driver.tick(200)
        #expect(driver.story.map { String($0.prefix(22)) } == ["in-alarm feed-0 2 @5.0", "alarm-cleared feed-0 1"])
    }

    @Test("pieces of one outage are one gap, and those of a month ago are forgotten")
    func gapList() {
        var list = GapList()
        func add(_ from: Int64, _ to: Int64, feed: Int = 0) {
            list.add(GapList.Gap(from: from, to: to, feed: feed, isFeedAway: true))
        }
        for minute in 0..<60 { add(Int64(minute) * 60_000, Int64(minute + 1) * 60_000) }
        add(0, 10_000, feed: 1)
        #expect(list.gaps.map(\.to) == [10_000, 3_600_000])
        #expect(list.overlaps(from: 5_000, to: 6_000) { $0.feed == 1 })
        #expect(!list.overlaps(from: 10_000, to: 20_000) { $0.feed == 1 })
        #expect(!list.overlaps(from: 3_600_000, to: 3_700_000) { _ in true })
        #expect(list.ending(after: 10_000).map(\.feed) == [0] && list.ending(after: 3_600_000).isEmpty)
        add(31 * 86_400_000, 31 * 86_400_000 + 1)
        #expect(list.gaps.count == 1)
    }

    @Test("a behavior that changes in meaning ends its violations; one that does not goes on")
    func reload() {
        var driver = Driver(profile(flood))
        driver.open()
        for second in 1...3 { driver.event(Double(second)) }
        #expect(driver.story == ["in-alarm t-1 3 @3.0"])
        var found: [Violation] = []
        driver.detector.reload([profile(flood, silent)], at: noon + 4_000, into: &found)
        #expect(found.isEmpty && driver.detector.openViolations == 1)
        let other = Behavior(name: "flood", metric: .messagesSent, limit: Limit(.above, 5), duration: 60, slide: 10)
        driver.detector.reload([profile(other)], at: noon + 5_000, into: &found)
        #expect(found.map(\.event) == [.alarmInvalidated])
        #expect(found.first?.why.contains("changed or removed") == true)
        #expect(driver.detector.openViolations == 0)
    }

    @Test("a lower limit judges only windows that began after it was loaded")
    func loadedLate() {
        var driver = Driver(profile(flood))
        driver.open()
        driver.event(1)
        var found: [Violation] = []
        driver.detector.reload([profile(silent)], at: noon + 95_000, into: &found)
        driver.tick(160)
        #expect(driver.story.isEmpty)
        driver.tick(171)
        #expect(driver.story == ["in-alarm t-1 0 @160.0"])
    }

    @Test("too many devices: those unseen for longest go, never one with an open violation, and all are counted")
    func eviction() {
        var driver = Driver(profile(flood), subjectLimit: 16)
        driver.open()
        for second in 1...3 { driver.event(Double(second), "flooder") }
        for number in 0..<40 { driver.event(4 + Double(number) / 100, "t-\(number)") }
        #expect(driver.detector.knownSubjects(.device) <= 16)
        #expect(driver.detector.statistics.evicted == 41 - driver.detector.knownSubjects(.device))
        #expect(driver.detector.openViolations == 1)
        // Its number has changed; its violation is still its own.
        driver.event(70, "t-1")
        driver.event(90, "t-1")
        #expect(driver.story.last == "alarm-cleared flooder 0 @70.0")
    }

    @Test("a live feed that falls silent holds nothing back; one that is only late does")
    func idleFeeds() {
        var driver = Driver(profile(flood))
        driver.open(0)
        driver.open(1)
        driver.event(1, "a", feed: 0)
        driver.event(2, "b", feed: 1)
        for second in 3...5 { driver.event(Double(second), "a", feed: 0) }
        // Feed 1 still counts: its mark holds W at -8 s.
        driver.event(29, "a", feed: 0)
        #expect(driver.detector.watermarks.least == noon - 8_000)
        driver.event(40, "a", feed: 0)
        #expect(driver.detector.watermarks.least == noon + 30_000)
    }

    @Test(
        "a feed that comes late holds back what it can provide while it says nothing, and so does one that comes later")
    func lateFeed() {
        var driver = Driver(profile(flood))
        driver.open(0)
        driver.open(1, lateness: 1_200_000)
        for second in 1...4 { driver.event(Double(second), "a", feed: 0) }
        #expect(driver.detector.watermarks.least == noon + 4_000 - 1_200_000)
        // Fifteen minutes late, and not too late.
        driver.event(-900, "b", feed: 1, received: 5)
        #expect(driver.detector.statistics.late == 0)
        // An audit trail names no device: a rule on devices does not wait for it, whatever it counts.
        let everything = Behavior(name: "all", metric: .count, limit: Limit(.above, 5), duration: 60)
        var mixed = Driver(profile(everything))
        mixed.open(0)
        mixed.open(1, format: "cloudtrail", lateness: 1_200_000)
        for second in 1...4 { mixed.event(Double(second), "a", feed: 0) }
        #expect(mixed.detector.watermarks.least == noon - 6_000)
        // What no feed can provide waits for one that can.
        var other = Driver(profile(flood))
        other.open(0, format: "cloudtrail")
        other.tick(4)
        other.open(1)
        other.event(-300, "a", feed: 1, received: 5)
        #expect(other.detector.statistics.late == 0)
    }

    @Test("events that come too late are counted once, and change no window")
    func late() {
        var driver = Driver(profile(flood))
        driver.open()
        driver.event(100)
        for second in 1...5 { driver.event(Double(second), received: 100) }
        #expect(driver.detector.statistics.late == 5)
        #expect(driver.story.isEmpty)
    }
}
