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
}
