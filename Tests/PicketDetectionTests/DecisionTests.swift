import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// What people decide about violations comes in as records, and changes what comes after them.
@Suite("Decisions")
struct DecisionTests {
    private static let flood = Behavior(name: "flood", metric: .messagesSent, limit: Limit(.above, 2), duration: 10)

    private func silence(
        _ violation: Violation, at seconds: Double, until: Double, identity: Identity = .claimed
    ) -> ControlRecord {
        .silence(
            SilenceRecord(
                received: noon + Int64(seconds * 1_000), by: "anna", violation: violation.id,
                profile: violation.profile, behavior: violation.behavior, subjectKind: violation.subjectKind,
                subject: violation.subject, identity: identity, until: noon + Int64(until * 1_000),
                reason: "roll-out", owner: "anna"))
    }

    private func burst(_ driver: inout Driver, _ seconds: Double, _ device: String = "t-1") {
        for index in 0..<3 { driver.event(seconds + Double(index) / 10, device) }
    }

    @Test("a silence marks what comes after it, of that behavior and subject alone, until it ends")
    func silence() throws {
        var driver = Driver(profile(DecisionTests.flood))
        driver.open()
        burst(&driver, 1)
        let first = try #require(driver.violations.first)
        #expect(first.silenced == nil)
        driver.take(silence(first, at: 2, until: 100))
        burst(&driver, 40)
        burst(&driver, 40, "t-2")
        burst(&driver, 200)
        driver.tick(300)
        let marks = driver.violations.map { "\($0.event.rawValue) \($0.subject) \($0.silenced ?? "-")" }
        #expect(
            marks == [
                "in-alarm t-1 -", "alarm-cleared t-1 roll-out", "in-alarm t-1 roll-out", "in-alarm t-2 -",
                "alarm-cleared t-1 roll-out", "alarm-cleared t-2 -", "in-alarm t-1 -", "alarm-cleared t-1 -",
            ])
        #expect(driver.violations[2].isOnlyRecorded && !driver.violations[3].isOnlyRecorded)
    }

    @Test("a newer silence stands for an older one: none is left when it ends at once")
    func end() throws {
        var driver = Driver(profile(DecisionTests.flood))
        driver.open()
        burst(&driver, 1)
        let first = try #require(driver.violations.first)
        driver.take(silence(first, at: 2, until: 1_000))
        driver.take(silence(first, at: 30, until: 30))
        burst(&driver, 40)
        #expect(driver.violations.last?.event == .inAlarm && driver.violations.last?.silenced == nil)
    }

    @Test("what others claim in the name of a proved device does not hide behind its silence")
    func identity() throws {
        var driver = Driver(profile(DecisionTests.flood))
        driver.open()
        burst(&driver, 1)
        let first = try #require(driver.violations.first)
        driver.take(silence(first, at: 2, until: 1_000, identity: .certificate))
        burst(&driver, 40)
        #expect(driver.violations.last?.event == .inAlarm && driver.violations.last?.silenced == nil)
        for index in 0..<3 { driver.send(80 + Double(index), .publish, identity: .certificate) }
        #expect(driver.violations.last?.event == .inAlarm && driver.violations.last?.silenced == "roll-out")
    }

    @Test("a silence outlives a reload")
    func reload() throws {
        var driver = Driver(profile(DecisionTests.flood))
        driver.open()
        burst(&driver, 1)
        driver.take(silence(try #require(driver.violations.first), at: 2, until: 1_000))
        var found: [Violation] = []
        driver.detector.reload([profile(DecisionTests.flood)], at: noon + 30_000, into: &found)
        burst(&driver, 40)
        #expect(driver.violations.last?.silenced == "roll-out")
    }

    @Test("what was new is usual when a person says that it is harmless, and not any more when that is taken back")
    func newNetwork() throws {
        var driver = Driver(
            profile(
                Behavior(
                    name: "new", metric: .sourceAddress,
                    condition: .firstSeen(FirstSeen(prefix: 24, learnForSeconds: 60))
                )))
        driver.open()
        driver.send(1, .connect, address: "10.0.0.1")
        driver.send(100, .connect, address: "10.9.0.1")
        let alarm = try #require(driver.violations.first)
        driver.send(110, .connect, address: "10.0.0.1")
        driver.take(.verdict(VerdictRecord(received: noon, by: "anna", violation: alarm.id, state: .benignPositive)))
        driver.send(120, .connect, address: "10.9.0.7")
        driver.send(130, .connect, address: "10.8.0.7")
        #expect(
            driver.story == [
                "in-alarm t-1 10.9.0.1 @100.0", "alarm-cleared t-1 10.0.0.1 @110.0", "in-alarm t-1 10.8.0.7 @130.0",
            ])
        let second = try #require(driver.violations.last)
        driver.take(.verdict(VerdictRecord(received: noon, by: "anna", violation: second.id, state: .falsePositive)))
        driver.send(140, .connect, address: "10.8.0.7")
        driver.take(.verdict(VerdictRecord(received: noon, by: "anna", violation: second.id, state: .unknown)))
        driver.send(150, .connect, address: "10.8.0.7")
        #expect(driver.story.suffix(2) == ["alarm-cleared t-1 10.8.0.7 @140.0", "in-alarm t-1 10.8.0.7 @150.0"])
    }

    @Test(
        "a history learns from an open violation only when a person says that it is harmless", arguments: [true, false])
    func history(isHarmless: Bool) throws {
        var driver = Driver(
            profile(
                Behavior(
                    name: "past", metric: .messagesSent,
                    condition: .history(
                        HistoryLimit(
                            percentile: Percentile(tenThousandths: 9_000), factorThousandths: 1_000, floor: 1,
                            minimumSamples: 5)), duration: 10)))
        driver.open()
        func windows(_ range: Range<Int>, messages: Int) {
            for window in range {
                for message in 0..<messages { driver.event(Double(window * 10) + Double(message) / 10) }
            }
        }
        windows(0..<20, messages: 2)
        windows(20..<24, messages: 9)
        let alarm = try #require(driver.violations.first)
        let state: VerificationState = isHarmless ? .benignPositive : .truePositive
        driver.take(.verdict(VerdictRecord(received: noon, by: "anna", violation: alarm.id, state: state)))
        windows(24..<60, messages: 9)
        driver.tick(620)
        let wasCleared = driver.violations.first { $0.event == .alarmCleared }.map { $0.value == 9 } ?? false
        #expect(wasCleared == isHarmless, "\(driver.story)")
    }
}
