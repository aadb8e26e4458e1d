import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// Each kind of condition and metric alone: an alarm, and what ends it.
@Suite("Conditions")
struct ConditionTests {
    private func driver(
        _ behaviors: Behavior..., targets: [Target] = [.all], exceptions: [ViolationException] = [],
        fleet: FleetView = .none
    ) -> Driver {
        var driver = Driver(
            SecurityProfile(name: "p", behaviors: behaviors, targets: targets, exceptions: exceptions), fleet: fleet)
        driver.open()
        return driver
    }

    private func ranges(_ texts: String...) throws -> SetLimit.Members {
        .addresses(try texts.map { try AddressRange($0) })
    }

    @Test("an address outside of the set alarms, one inside clears")
    func addressSet() throws {
        var driver = driver(
            Behavior(
                name: "b", metric: .sourceAddress,
                condition: .set(SetLimit(.outside, try ranges("10.20.0.0/16", "2001:db8::/32")))))
        driver.send(1, .connect, address: "10.20.3.4")
        driver.send(2, .connect, address: "203.0.113.9")
        driver.send(3, .connect, address: "2001:db9::1")
        driver.send(4, .connect)
        driver.send(5, .connect, address: "2001:db8::7")
        #expect(
            driver.story == ["in-alarm t-1 203.0.113.9 @2.0", "alarm-cleared t-1 2001:db8::7 @5.0"])
        #expect(driver.violations.last?.count == 2)
    }

    @Test("reports: ports in a set, an empty list clears, sums of deltas, decimals of custom numbers")
    func reports() {
        let ports = SetLimit(.outside, .numbers([22, 8_883]))
        var driver = driver(
            Behavior(name: "ports", metric: .listeningTCPPorts, condition: .set(ports)),
            Behavior(
                name: "sum", metric: .allBytesOut, condition: .limit(Limit(.above, 100)), duration: 60, slide: 10),
            Behavior(
                name: "cpu", metric: .custom(CustomMetric(name: "cpu_usage", type: .number)),
                condition: .limit(Limit(.above, 90_000_000))))
        driver.report(1, #"{"all-bytes-out":60,"cpu_usage":12.5,"listening-tcp-ports":[22,8883]}"#)
        driver.report(2, #"{"all-bytes-out":41,"cpu_usage":90.25,"listening-tcp-ports":[22,8080,9090]}"#)
        driver.report(3, #"{"cpu_usage":-3,"listening-tcp-ports":[]}"#)
        #expect(
            Set(driver.story) == [
                "in-alarm t-1 8080, 9090 @2.0", "in-alarm t-1 101 @2.0", "in-alarm t-1 90250000 @2.0",
                "alarm-cleared t-1 - @3.0", "alarm-cleared t-1 -3000000 @3.0",
            ])
        #expect(driver.violations.allSatisfy { $0.evidence == .device })
        let line = String(decoding: driver.violations.first { $0.behavior == "cpu" }?.json() ?? [], as: UTF8.self)
        #expect(line.contains(#""value":90.25,"expected":"at most 90""#))
    }

    @Test("different topics are counted, also when they come again, and forgotten with their window")
    func distinct() {
        var driver = driver(
            Behavior(
                name: "b", metric: .distinctTopics, condition: .limit(Limit(.above, 2)), duration: 60, slide: 10))
        for second in 0..<5 { driver.send(Double(second), .publish, topic: "a") }
        driver.send(6, .publish, topic: "b")
        #expect(driver.story.isEmpty)
        driver.send(20, .publish, topic: "c")
        driver.send(75, .publish, topic: "c")
        driver.send(95, .publish, topic: "c")
        #expect(driver.story == ["in-alarm t-1 3 @20.0", "alarm-cleared t-1 1 @70.0"])
    }

    @Test("one address with many devices is one violation, of its network where that is asked for")
    func devicesPerNetwork() {
        var driver = driver(
            Behavior(
                name: "b", metric: .devicesPerAddress, subject: .address, prefix: AddressPrefix(ipv4: 24),
                condition: .limit(Limit(.above, 3)), duration: 60, slide: 10))
        for number in 0..<6 {
            driver.send(Double(number), .connect, device: "d-\(number)", address: "198.51.100.\(number)")
        }
        driver.send(7, .connect, device: "d-9", address: "203.0.113.1")
        #expect(driver.story == ["in-alarm 198.51.100.0/24 4 @3.0"])
    }

    @Test("more than a thousand different values are counted as more")
    func over() {
        var driver = driver(
            Behavior(
                name: "b", metric: .distinctClients, condition: .limit(Limit(.above, 1_024)), duration: 60, slide: 10))
        for number in 0..<6_000 { driver.send(1, .connect, client: "c-\(number)") }
        driver.tick(80)
        #expect(driver.story == ["in-alarm t-1 1025 @1.0", "alarm-cleared t-1 0 @70.0"])
        #expect(driver.violations.first?.why.contains("more than 1024") == true)
    }

    @Test(
        "a percentile by nearest rank compares every subject with an event in the window",
        arguments: [(10_000, 0), (5_000, 2), (0, 4)])
    func percentile(tenThousandths: Int, above: Int) {
        var driver = driver(
            Behavior(
                name: "b", metric: .messagesSent,
                condition: .percentile(
                    PercentileLimit(.above, Percentile(tenThousandths: tenThousandths), minimumSubjects: 5)),
                duration: 60, slide: 60))
        for device in 1...5 {
            for _ in 0..<device * 10 { driver.send(30, .publish, device: "d-\(device)") }
        }
        driver.tick(75)
        #expect(driver.violations.count { $0.event == .inAlarm } == above)
        driver.tick(200)
        #expect(driver.detector.openViolations == 0)
        #expect(driver.violations.count { $0.event == .alarmCleared } == above)
    }

    @Test("too few subjects make no percentile")
    func minimumSubjects() {
        var driver = driver(
            Behavior(
                name: "b", metric: .messagesSent,
                condition: .percentile(
                    PercentileLimit(.above, Percentile(tenThousandths: 5_000), minimumSubjects: 3)),
                duration: 60, slide: 60))
        driver.send(1, .publish, device: "a")
        for _ in 0..<9 { driver.send(2, .publish, device: "b") }
        driver.tick(75)
        #expect(driver.story.isEmpty)
    }

    @Test("three devices are enough to see one that is unlike its peers, which then is no measure for them")
    func peers() {
        var driver = driver(
            Behavior(
                name: "b", metric: .messagesSent,
                condition: .peers(
                    PeerLimit(percentile: Percentile(tenThousandths: 9_900), factorThousandths: 3_000, floor: 2)),
                duration: 60, slide: 60))
        for minute in 0..<4 {
            let many = minute == 1 || minute == 2
            for _ in 0..<5 { driver.send(Double(minute * 60 + 10), .publish, device: "a") }
            for _ in 0..<4 { driver.send(Double(minute * 60 + 10), .publish, device: "b") }
            for _ in 0..<(many ? 18 : 6) { driver.send(Double(minute * 60 + 10), .publish, device: "c") }
        }
        driver.tick(300)
        #expect(driver.story == ["in-alarm c 18 @120.0", "alarm-cleared c 6 @240.0"])
        #expect(driver.violations.first?.why.contains("(17)") == true)
        #expect(driver.violations.first?.count == 1 && driver.violations.last?.count == 2)
    }

    @Test("a device is compared with its own past, and what is wrong is not learned")
    func history() {
        var driver = driver(
            Behavior(
                name: "b", metric: .messagesSent,
                condition: .history(
                    HistoryLimit(
                        percentile: Percentile(tenThousandths: 9_900), factorThousandths: 2_000, floor: 1, days: 3,
                        minimumSamples: 20)),
                duration: 60, slide: 60))
        for minute in 0..<30 {
            for _ in 0..<10 { driver.send(Double(minute * 60 + 1), .publish) }
        }
        for minute in 30..<40 {
            for _ in 0..<22 { driver.send(Double(minute * 60 + 1), .publish) }
        }
        driver.send(40 * 60 + 1, .publish)
        driver.send(45 * 60, .publish)
        #expect(driver.story == ["in-alarm t-1 22 @1860.0", "alarm-cleared t-1 1 @2460.0"])
        #expect(driver.violations.last?.count == 10)
        #expect(driver.detector.learning.first?.past?.samples == 31)
    }

    @Test("the sketch is right within one hundredth, for every rank")
    func sketch() {
        var random = SplitMix(seed: 11)
        var sketch = DDSketch()
        var values: [Int64] = []
        for _ in 0..<3_000 {
            let value = Int64.random(in: 0...(1 << Int64.random(in: 0...60, using: &random)), using: &random)
            values.append(value)
            sketch.add(value)
        }
        values.sort()
        for rank in 1...values.count {
            let found = sketch.value(ofRank: rank) ?? -1
            let exact = values[rank - 1]
            #expect((found - exact).magnitude * 100 <= exact.magnitude, "rank \(rank): \(found) for \(exact)")
        }
        #expect(sketch.value(ofRank: values.count + 1) == nil)
    }

    @Test("a network that was never seen alarms after the time to learn, until a known one is back")
    func firstSeen() {
        var driver = driver(
            Behavior(
                name: "b", metric: .sourceAddress,
                condition: .firstSeen(FirstSeen(prefix: 24, learnForSeconds: 3_600))))
        driver.send(0, .connect, address: "10.0.1.5")
        driver.send(1_800, .connect, address: "10.0.2.5")
        driver.send(3_700, .connect, address: "10.0.2.77")
        driver.send(3_800, .connect, address: "10.0.3.1")
        driver.send(3_900, .connect, address: "10.0.3.2")
        driver.send(4_000, .connect, address: "10.0.1.9")
        #expect(driver.story == ["in-alarm t-1 10.0.3.1 @3800.0", "alarm-cleared t-1 10.0.1.9 @4000.0"])
    }

    @Test("silence and disconnection grow by themselves, and end with the next event")
    func elapsed() {
        var driver = driver(
            Behavior(name: "silent", metric: .silence, condition: .limit(Limit(.above, 100))),
            Behavior(name: "gone", metric: .disconnectDuration, condition: .limit(Limit(.above, 60))))
        driver.send(0.5, .connect)
        driver.send(2.5, .disconnect)
        #expect(!driver.detector.wouldWake(noon + 60_000))
        driver.tick(74)
        #expect(driver.story == ["in-alarm t-1 61 @63.0"])
        driver.tick(114)
        #expect(driver.story.last == "in-alarm t-1 101 @103.0")
        driver.send(200, .connect)
        #expect(Set(driver.story.suffix(2)) == ["alarm-cleared t-1 0 @200.0"])
        driver.tick(290)
        #expect(driver.detector.openViolations == 0)
    }

    @Test("a door that opens although nobody asked")
    func absence() throws {
        let asked = Filter(kinds: EventKindSet(.user), terms: [])
        var driver = driver(
            Behavior(
                name: "b", metric: .messagesReceived, condition: .without(Companion(asked, withinSeconds: 30))))
        driver.send(0, .user, device: "t-1")
        driver.send(20, .deliver)
        driver.send(100, .deliver)
        // It comes late, from another feed, and still within time.
        driver.send(105, .user, device: "t-1")
        driver.send(200, .deliver)
        driver.send(250, .deliver)
        driver.send(260, .user, device: "t-1")
        driver.tick(400)
        #expect(driver.story == ["in-alarm t-1 1 @230.0", "alarm-cleared t-1 1 @280.0"])
    }

    @Test("a door that nobody asked to open is told anew after ten quiet minutes, though nobody ever asks")
    func absenceAgain() throws {
        let asked = Filter(kinds: EventKindSet(.user), terms: [])
        var driver = driver(
            Behavior(
                name: "b", metric: .messagesReceived, condition: .without(Companion(asked, withinSeconds: 30))))
        driver.send(0, .deliver)
        driver.send(500, .deliver)
        driver.tick(700)
        #expect(driver.story == ["in-alarm t-1 1 @30.0"], "the second one makes it longer")
        driver.tick(1_200)
        driver.send(3_600, .deliver)
        driver.tick(3_700)
        #expect(
            driver.story == ["in-alarm t-1 1 @30.0", "alarm-cleared t-1 0 @1130.0", "in-alarm t-1 1 @3630.0"])
    }

    @Test("a sign of success counts only after guessing, from the same address")
    func sequence() {
        var driver = driver(
            Behavior(
                name: "in", metric: .connectionAttempts,
                filter: Filter(kinds: EventKindSet(.connect)), condition: .limit(Limit(.above, 0)),
                after: Predecessor(behavior: "guessing", withinSeconds: 600)),
            Behavior(
                name: "guessing", metric: .authorizationFailures, subject: .address, limit: Limit(.above, 3),
                duration: 60, slide: 10))
        driver.send(0, .connect, device: "a", address: "10.0.0.1")
        for second in 1...5 {
            driver.send(Double(second), .connectFailed, device: "b", address: "10.0.0.9", reason: .notAuthorized)
        }
        driver.send(6, .connect, device: "c", address: "10.0.0.1")
        driver.send(7, .connect, device: "b", address: "10.0.0.9")
        #expect(driver.story == ["in-alarm 10.0.0.9 4 @4.0", "in-alarm b 1 @7.0"])
    }

    @Test("only those who are meant are measured, also by a limit from below")
    func targets() {
        let fleet = FleetView(devices: [
            "t-1": .init(groups: ["thermostats"]), "t-2": .init(groups: ["thermostats"]),
            "lab-1": .init(groups: ["thermostats"]),
        ])
        let silent = Behavior(
            name: "silent", metric: .messagesSent, limit: Limit(.below, 1), duration: 60, slide: 10)
        var driver = driver(
            silent, targets: [Target([.group("thermostats")], except: [.device("lab-*")])], fleet: fleet)
        driver.send(1, .publish, device: "t-1")
        driver.send(1, .publish, device: "lab-1")
        driver.send(1, .publish, device: "stranger")
        driver.tick(150)
        // t-2 was never heard, and is in the fleet file all the same.
        #expect(driver.story == ["in-alarm t-2 0 @60.0", "in-alarm t-1 0 @70.0"])
        var found: [Violation] = []
        driver.detector.reload(
            [SecurityProfile(name: "p", behaviors: [silent], targets: [Target([.group("thermostats")])])],
            fleet: FleetView(devices: ["t-1": .init(groups: ["thermostats"])]), at: noon + 150_000, into: &found)
        #expect(found.map(\.event) == [.alarmInvalidated, .alarmInvalidated] || found.map(\.subject) == ["t-2"])
    }

    @Test("an exception marks violations of proved identities alone, and ends")
    func exceptions() {
        let excused = ViolationException(
            behavior: "flood", subject: "t-*", reason: "load test", owner: "anna", expires: noon + 100_000)
        let flood = Behavior(name: "flood", metric: .messagesSent, limit: Limit(.above, 1), duration: 20, slide: 10)
        var driver = driver(flood, exceptions: [excused])
        for device in ["t-1", "t-2", "x-1"] {
            let identity: Identity = device == "t-2" ? .claimed : .certificate
            driver.send(1, .publish, device: device, identity: identity)
            driver.send(2, .publish, device: device, identity: identity)
        }
        #expect(
            driver.violations.map { "\($0.subject) \($0.excepted ?? "-") \($0.identity.name)" } == [
                "t-1 load test certificate", "t-2 - claimed", "x-1 - certificate",
            ])
        driver.send(120, .publish, identity: .certificate)
        driver.send(121, .publish, identity: .certificate)
        #expect(driver.violations.last?.excepted == nil)
    }

    @Test("the identity of a violation is the weakest of the window")
    func identity() {
        var driver = driver(
            Behavior(name: "b", metric: .messagesSent, limit: Limit(.above, 2), duration: 20, slide: 10))
        driver.send(1, .publish, identity: .certificate)
        driver.send(2, .publish, identity: .password)
        driver.send(3, .publish, identity: .certificate)
        driver.send(60, .publish, identity: .claimed)
        driver.send(61, .publish, identity: .certificate)
        driver.send(62, .publish, identity: .certificate)
        driver.send(120, .publish, identity: .certificate)
        driver.send(121, .publish, identity: .certificate)
        driver.send(122, .publish, identity: .certificate)
        #expect(
            driver.violations.filter { $0.event == .inAlarm }.map(\.identity) == [.password, .claimed, .certificate])
    }

    @Test("certificates are subjects; a cloned one has more than one device")
    func certificates() {
        var driver = driver(
            Behavior(
                name: "b", metric: .devicesPerCertificate, subject: .certificate, limit: Limit(.above, 1),
                duration: 60, slide: 10))
        driver.send(1, .connect, device: "a", certificate: #"{"serial":"4A0F","subject":"CN=a"}"#)
        driver.send(2, .connect, device: "b", certificate: #"{"serial":"4A10","subject":"CN=b"}"#)
        driver.send(3, .connect, device: "c", certificate: #"{"serial":"4A0F","subject":"CN=a"}"#)
        #expect(driver.story == ["in-alarm 4A0F 2 @3.0"])
    }

    @Test("feeds are subjects: late events, rejected lines, silence")
    func feeds() {
        var driver = driver(
            Behavior(
                name: "late", metric: .lateEvents, subject: .feed, limit: Limit(.above, 1), duration: 60, slide: 10),
            Behavior(
                name: "rejected", metric: .rejected, subject: .feed, limit: Limit(.above, 2), duration: 60, slide: 10),
            Behavior(name: "silent", metric: .silence, subject: .feed, limit: Limit(.above, 300)))
        driver.send(100, .publish)
        driver.send(3, .publish, received: 101)
        driver.send(4, .publish, received: 101)
        for second in 102...104 { driver.reject(Double(second)) }
        driver.tick(420)
        #expect(
            Set(driver.story) == [
                "in-alarm feed-0 2 @90.0", "in-alarm feed-0 3 @104.0", "alarm-cleared feed-0 0 @170.0",
                "alarm-cleared feed-0 0 @160.0", "in-alarm feed-0 301 @401.0",
            ])
    }

    @Test("a session in which nothing was said is counted when it ends")
    func idleSessions() {
        var driver = driver(
            Behavior(
                name: "b", metric: .connectsWithoutTraffic, limit: Limit(.above, 1), duration: 600, slide: 60))
        for second in [1.0, 10, 20] {
            driver.send(second, .connect)
            if second == 10 { driver.send(11, .publish) }
            driver.send(second + 2, .disconnect)
        }
        #expect(driver.story == ["in-alarm t-1 2 @22.0"])
    }

    @Test("hours are those of the place")
    func hours() {
        // Noon is 12:00 UTC: 13:00 in Berlin's winter.
        let berlin = [HoursWindow.Offset(time: .min, seconds: 3_600)]
        func window(_ start: Int, _ end: Int, _ isOutside: Bool) -> HoursWindow {
            HoursWindow(
                isOutside: isOutside, startMinute: start, endMinute: end, zone: "Europe/Berlin", offsets: berlin)
        }
        let time = noon / 86_400_000 * 86_400_000 + 12 * 3_600_000
        #expect(window(13 * 60, 14 * 60, false).contains(time))
        #expect(!window(12 * 60, 13 * 60, false).contains(time))
        #expect(window(22 * 60, 6 * 60, true).contains(time))
        #expect(window(22 * 60, 6 * 60, false).contains(time + 10 * 3_600_000))
    }
}
