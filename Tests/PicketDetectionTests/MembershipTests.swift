import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// Devices that mitigation moves between groups are meant by other profiles from then on.
@Suite("Moved devices")
struct MembershipTests {
    private static let fleet = FleetView(
        devices: ["t-1": .init(groups: ["thermostats"]), "t-2": .init(groups: ["thermostats"])],
        holders: ["quarantine": ["quarantine", "apart"]])
    private static let flood = Behavior(
        name: "flood", metric: .messagesSent, limit: Limit(.above, 1), duration: 20, slide: 10)

    private func move(_ device: String, _ group: String, _ isMember: Bool, _ seconds: Int64) -> ControlRecord {
        .membership(
            MembershipRecord(
                received: noon + seconds * 1_000, mitigation: "m", device: device, group: group, isMember: isMember))
    }

    private func driver(_ behavior: Behavior, _ targets: [Target]) -> Driver {
        var driver = Driver(SecurityProfile(name: "p", behaviors: [behavior], targets: targets), fleet: Self.fleet)
        driver.open()
        return driver
    }

    @Test("a device that joins a group is meant by its profiles, also through the group that holds it")
    func joins() {
        for group in ["quarantine", "apart"] {
            var driver = driver(Self.flood, [Target([.group(group)])])
            for second in 1...3 { driver.event(Double(second)) }
            #expect(driver.story.isEmpty, "it is not in the group")
            driver.take(move("t-1", "quarantine", true, 4))
            driver.event(5)
            driver.event(6)
            driver.event(6, "t-2")
            driver.event(7, "t-2")
            // What it sent before it was moved was not counted for the group.
            #expect(driver.story == ["in-alarm t-1 2 @6.0"], "\(group)")
        }
    }

    @Test("what goes on under a profile that does not mean it any more is invalidated, and begins anew when it is back")
    func leaves() {
        var driver = driver(Self.flood, [Target([.group("thermostats")], except: [.group("quarantine")])])
        driver.event(1)
        driver.event(2)
        driver.take(move("t-1", "quarantine", true, 3))
        driver.event(4)
        driver.event(5)
        #expect(driver.story == ["in-alarm t-1 2 @2.0", "alarm-invalidated t-1 2 @3.0"])
        #expect(driver.detector.openViolations == 0)
        driver.take(move("t-1", "quarantine", false, 100))
        driver.event(101)
        driver.event(102)
        #expect(driver.story.last == "in-alarm t-1 2 @102.0")
    }

    @Test("a lower limit proves nothing of the time before it was moved")
    func lowerLimit() {
        let silent = Behavior(
            name: "silent", metric: .messagesSent, limit: Limit(.below, 1), duration: 60, slide: 10)
        var driver = driver(silent, [Target([.group("quarantine")])])
        driver.event(1)
        driver.tick(200)
        driver.take(move("t-1", "quarantine", true, 205))
        driver.tick(279)
        #expect(driver.story.isEmpty)
        driver.tick(290)
        #expect(driver.story == ["in-alarm t-1 0 @270.0"])
    }

    @Test("moves lie over the fleet file, also over another one")
    func reload() {
        var driver = driver(Self.flood, [Target([.group("quarantine")])])
        driver.take(move("t-1", "quarantine", true, 1))
        var found: [Violation] = []
        driver.detector.reload(
            [SecurityProfile(name: "p", behaviors: [Self.flood], targets: [Target([.group("quarantine")])])],
            fleet: FleetView(devices: ["t-1": .init()]), at: noon + 2_000, into: &found)
        driver.event(3)
        driver.event(4)
        #expect(driver.story == ["in-alarm t-1 2 @4.0"])
    }

    @Test("who is in no fleet file is moved, and stays unregistered")
    func unregistered() {
        var driver = driver(Self.flood, [Target([.group("quarantine"), .unregistered])])
        driver.take(move("stranger", "quarantine", true, 1))
        driver.event(2, "stranger")
        driver.event(3, "stranger")
        #expect(driver.story == ["in-alarm stranger 2 @3.0"])
    }
}
