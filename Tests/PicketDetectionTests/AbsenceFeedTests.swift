import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// What is absent from one feed may come with another one, which is slower.
@Suite("Absence across feeds")
struct AbsenceFeedTests {
    /// An unlock that nobody asked for, by a broker's log and an audit trail that is up to twenty minutes late.
    private func driver(broker: String = "mosquitto") throws -> Driver {
        let text = """
            profile: p
            targets: [all]
            behaviors:
              - { name: b, metric: count, where: { kind: deliver }, without: { user-action: unlock, within: 30s } }
            """
        var driver = Driver(try #require(ProfileLoader.parse(text: text, file: "p.yaml").profile))
        driver.open(0, format: broker)
        driver.open(1, format: "cloudtrail", lateness: 1_200_000)
        return driver
    }

    /// Anna unlocks `lock-1` at `seconds`, and the trail says so at `received`.
    private func unlock(_ driver: inout Driver, _ seconds: Double, received: Double) {
        var batch = EventBatch()
        batch.add(EventBatch.Attribute(key: .action, text: batch.appendText("unlock".utf8)))
        batch.add(EventBatch.Attribute(key: .resource, text: batch.appendText("lock-1".utf8)))
        let anna = batch.appendText("anna".utf8)
        batch.append(
            EventBatch.Head(kind: .user, flags: [.hasTime], feed: FeedID(1)), time: noon + Int64(seconds * 1_000),
            device: .none, client: .none, user: anna)
        batch.sealTimes()
        batch.received[0] = noon + Int64(received * 1_000)
        driver.step(batch)
    }

    /// The broker speaks on, a message a minute, and time passes.
    private func passes(_ driver: inout Driver, from start: Int, to end: Int) {
        for second in stride(from: start, to: end, by: 60) { driver.event(Double(second), "meter") }
    }

    @Test("An unlock that the trail explains a quarter of an hour later is no alarm")
    func explainedLater() throws {
        var driver = try driver()
        driver.event(0, "lock-1", kind: .deliver)
        passes(&driver, from: 60, to: 900)
        unlock(&driver, -5, received: 900)
        passes(&driver, from: 960, to: 4_000)
        #expect(driver.story.isEmpty, "\(driver.story)")
    }

    @Test("One that it never explains is an alarm when it could not come any more, also while the trail says nothing")
    func neverExplained() throws {
        for isSilent in [true, false] {
            var driver = try driver()
            driver.event(0, "lock-1", kind: .deliver)
            passes(&driver, from: 60, to: 900)
            // Somebody else, at another time.
            if !isSilent { unlock(&driver, 700, received: 910) }
            #expect(driver.story.isEmpty, "\(driver.story)")
            passes(&driver, from: 960, to: 4_000)
            #expect(driver.story.first == "in-alarm lock-1 1 @30.0", "\(driver.story)")
        }
    }

    @Test("Where the trail was not seen, nothing is proved; where the broker's log was not, it does not matter")
    func gap() throws {
        for (feed, isAlarm) in [("feed-1", false), ("feed-0", true)] {
            // EMQX's rules tell nothing of people.
            var driver = try driver(broker: "emqx")
            driver.event(0, "lock-1", kind: .deliver)
            driver.take(
                .gap(
                    GapRecord(
                        received: noon + 20_000, name: feed, from: noon + 10_000, to: noon + 20_000,
                        cause: "picket-away")))
            passes(&driver, from: 60, to: 4_000)
            #expect(driver.story.contains("in-alarm lock-1 1 @30.0") == isAlarm, "\(feed): \(driver.story)")
        }
    }
}
