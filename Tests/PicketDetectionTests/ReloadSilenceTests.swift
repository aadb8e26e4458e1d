import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

@Suite("Reload and silence")
struct ReloadSilenceTests {
    @Test("other profiles do not end the silence of a registered device")
    func reload() {
        let silent = Behavior(name: "silent", metric: .silence, limit: Limit(.above, 100))
        let fleet = FleetView(devices: ["t-1": .init()])
        var driver = Driver(profile(silent), fleet: fleet)
        driver.open()
        driver.event(1)
        driver.tick(150)
        #expect(driver.story == ["in-alarm t-1 101 @102.0"])
        var found: [Violation] = []
        driver.detector.reload([profile(silent)], at: noon + 160_000, into: &found)
        driver.tick(170)
        #expect(driver.detector.openViolations == 1)
        #expect(driver.story == ["in-alarm t-1 101 @102.0"])
    }

    @Test("devices that are registered while there is no room for them make others give way")
    func full() {
        let silent = Behavior(name: "silent", metric: .silence, limit: Limit(.above, 100))
        let one = SecurityProfile(name: "p", behaviors: [silent], targets: [Target([.group("a")])])
        var driver = Driver(one, subjectLimit: 4)
        driver.open()
        for number in 0..<4 { driver.event(Double(number), "d-\(number)") }
        let devices = Dictionary(uniqueKeysWithValues: (1...3).map { ("t-\($0)", FleetView.Device(groups: ["a"])) })
        var found: [Violation] = []
        driver.detector.reload([one], fleet: FleetView(devices: devices), at: noon + 5_000, into: &found)
        #expect(driver.detector.statistics.evicted == 3)
        driver.event(6, "t-2")
        driver.tick(150)
        #expect(
            driver.story == [
                "in-alarm t-1 101 @106.0", "in-alarm t-3 101 @106.0", "in-alarm t-2 101 @107.0",
            ])
    }

    @Test("devices that are registered with the first event, when there is no room, do not confuse it")
    func fullAtFirst() {
        let loud = Behavior(name: "loud", metric: .messagesSent, limit: Limit(.above, 0), duration: 60)
        let devices = Dictionary(uniqueKeysWithValues: (1...6).map { ("t-\($0)", FleetView.Device()) })
        var driver = Driver(profile(loud), fleet: FleetView(devices: devices), subjectLimit: 4)
        driver.open()
        driver.event(1, "t-5")
        driver.event(2, "d-1")
        #expect(driver.story == ["in-alarm t-5 1 @1.0", "in-alarm d-1 1 @2.0"])
    }
}
