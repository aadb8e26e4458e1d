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
