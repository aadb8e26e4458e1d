import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// What limits that learn know, how far they have come, and how long they keep it.
@Suite("Learning")
struct LearningTests {
    private static let day = 86_400.0
    private static let new = Behavior(
        name: "new", metric: .sourceAddress, condition: .firstSeen(FirstSeen(prefix: 24, learnForSeconds: 3_600)))
    private static let past = Behavior(
        name: "past", metric: .messagesSent,
        condition: .history(
            HistoryLimit(
                percentile: Percentile(tenThousandths: 9_900), factorThousandths: 2_000, floor: 1, minimumSamples: 5)),
        duration: 10)

    private func story(registered: Bool) -> [String] {
        var driver = Driver(
            profile(LearningTests.new), fleet: registered ? FleetView(devices: ["t-1": .init()]) : .none)
        driver.open()
        driver.send(1, .connect, address: "10.0.0.1")
        driver.send(2 * 3_600, .connect, address: "10.0.0.2")
        // Another device keeps time going while this one is away for three days.
        driver.send(3 * LearningTests.day, .connect, device: "t-2", address: "10.0.0.9")
        driver.send(3 * LearningTests.day + 60, .connect, address: "10.0.0.3")
        driver.send(3 * LearningTests.day + 120, .connect, address: "10.9.0.3")
        return driver.story
    }

    @Test("a registered device keeps what was learned of it while it is away; another one learns anew")
    func forgetting() {
        #expect(story(registered: true) == ["in-alarm t-1 10.9.0.3 @\(3 * LearningTests.day + 120)"])
        #expect(story(registered: false) == [])
    }

    @Test("a device that is registered long before it comes learns from its first value on")
    func late() {
        var driver = Driver(profile(LearningTests.new), fleet: FleetView(devices: ["t-1": .init()]))
        driver.open()
        driver.send(0, .connect, device: "t-2", address: "10.0.0.9")
        driver.send(40_000, .connect, address: "10.0.0.1")
        driver.send(43_000, .connect, address: "10.5.0.1")
        driver.send(44_000, .connect, address: "10.6.0.1")
        #expect(driver.story == ["in-alarm t-1 10.6.0.1 @44000.0"])
    }

    @Test("of a device that shows more values than are remembered it is said that nothing is new any more")
    func blind() throws {
        var driver = Driver(profile(LearningTests.new))
        driver.open()
        for number in 0..<SeenValues.limit {
            driver.send(Double(number + 1), .connect, address: "10.\(number / 200).\(number % 200).1")
        }
        driver.send(7_200, .connect, address: "192.0.2.1")
        #expect(driver.story == [])
        let known = try #require(driver.detector.learning.first)
        #expect(known.isBlind && known.text.hasPrefix("blind: it shows more than 256 values"), "\(known.text)")
        #expect(String(decoding: known.json, as: UTF8.self).contains(#""state":"blind""#))
    }

    @Test("a device that was away for longer than is remembered is not ready, and not judged")
    func away() throws {
        var driver = Driver(profile(LearningTests.past), fleet: FleetView(devices: ["t-1": .init()]))
        driver.open()
        for window in 0..<7 { for at in 0..<4 { driver.event(Double(window * 10 + at * 2)) } }
        driver.tick(120)
        let known = try #require(driver.detector.learning.first)
        #expect(known.isReady && known.text.hasPrefix("at most 9"), "\(known.text)")
        // Another one keeps time going.
        for day in 1...15 { driver.event(Double(day) * LearningTests.day, "t-2") }
        let later = try #require(driver.detector.learning.first { $0.subject == "t-1" })
        #expect(!later.isReady && later.text == "0 of 5 samples", "\(later.text)")
        #expect(driver.detector.learningCounts.map { "\($0.learning) \($0.ready)" } == ["1 1"])
        for at in 0..<40 { driver.event(15 * LearningTests.day + 60 + Double(at) / 5) }
        driver.tick(15 * LearningTests.day + 120)
        #expect(!driver.violations.contains { $0.subject == "t-1" && $0.event == .inAlarm }, "\(driver.story)")
    }

    @Test("progress is visible before and after a limit is ready, for people and programs")
    func progress() throws {
        var driver = Driver(profile(LearningTests.new, LearningTests.past))
        driver.open()
        driver.send(1, .connect, address: "10.0.0.1")
        for window in 0..<3 { for at in 0..<4 { driver.event(Double(window * 10 + at * 2)) } }
        driver.tick(60)
        #expect(
            driver.detector.learningCounts.map { "\($0.behavior) \($0.learning) \($0.ready)" } == [
                "new 1 0", "past 1 0",
            ])
        let early = driver.detector.learning
        #expect(early.map(\.isReady) == [false, false])
        #expect(early[0].usual == ["10.0.0.0/24"] && early[0].text.hasPrefix("learns until 2026-"))
        #expect(early[1].text.hasPrefix("3 of 5 samples; p50 4"))
        for window in 10..<16 { for at in 0..<4 { driver.event(Double(window * 10 + at * 2)) } }
        driver.send(4_000, .connect, address: "10.0.0.1")
        driver.tick(4_060)
        let ready = driver.detector.learning
        #expect(ready.map(\.isReady) == [true, true])
        #expect(ready[1].text.hasPrefix("at most 9, from"), "\(ready[1].text)")
        let json = String(decoding: ready[1].json, as: UTF8.self)
        #expect(json.contains("\"state\":\"ready\"") && json.contains("\"bound\":9"))
    }
}
