import PicketProfiles
import Testing

@testable import PicketSimulation

struct SimulationTests {
    private func scenario(_ entries: [Scenario.Entry] = [], seed: UInt64 = 7, devices: Int = 20) -> Scenario {
        var scenario = Scenario()
        scenario.fleet = Scenario.mixture(devices)
        scenario.entries = entries
        scenario.seed = seed
        return scenario
    }

    private func events(_ scenario: Scenario) -> [SimulatedEvent] {
        var simulation = Simulation(scenario)
        var all: [SimulatedEvent] = []
        while let events = simulation.next() { all += events }
        return all
    }

    private func bytes(_ scenario: Scenario) -> [UInt8] {
        var out: [UInt8] = []
        for event in events(scenario) { event.append(to: &out) }
        return out
    }

    @Test func `the same seed gives the same bytes, and another one gives others`() {
        let entries = Scenario.Attack.allCases.map { Scenario.Entry(.attack($0)) }
        let first = bytes(scenario(entries))
        #expect(!first.isEmpty && first == bytes(scenario(entries)))
        #expect(first != bytes(scenario(entries, seed: 8)))
        #expect(Simulation(scenario(entries)).truth == Simulation(scenario(entries)).truth)
    }

    @Test func `times ascend, and only a clock that was stepped goes back`() {
        let all = events(scenario([.init(.nuisance(.backlog)), .init(.nuisance(.firmware))]))
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.time <= $1.time })
        let stepped = events(scenario([.init(.nuisance(.clockStep))]))
        #expect(zip(stepped, stepped.dropFirst()).count { $0.time > $1.time } == 1)
    }

    @Test func `an attack changes nothing of what the others do`() {
        let quiet = bytes(scenario()).split(separator: 0x0A)
        let attacked = Set(
            bytes(scenario([.init(.attack(.flood)), .init(.attack(.bruteForce))])).split(separator: 0x0A))
        #expect(quiet.allSatisfy { attacked.contains($0) })
    }

    @Test(arguments: Scenario.Attack.allCases)
    func `every attack shows within its time, and a thinned one shows less`(attack: Scenario.Attack) throws {
        let quiet = events(scenario()).count
        let full = scenario([.init(.attack(attack), at: 600_000, duration: 1_200_000)])
        let truth = try #require(Simulation(full).truth.first)
        #expect((truth.device != nil) != attack.isOfFeed && (truth.feed != nil) == attack.isOfFeed)
        #expect(truth.from == full.start + 600_000 && truth.to == truth.from + 1_200_000)
        let extra = events(full).count - quiet
        guard attack != .silent, attack != .feedCut else {
            #expect(extra < 0)
            if attack == .feedCut {
                #expect(!events(full).contains { (truth.from..<truth.to).contains($0.time) })
                return
            }
            let muted = events(full).filter { $0.device == truth.device && (truth.from..<truth.to).contains($0.time) }
            #expect(muted.isEmpty)
            return
        }
        #expect(extra > 0)
        let thin = scenario([.init(.attack(attack), at: 600_000, duration: 1_200_000, divisor: 20)])
        #expect((events(thin).count - quiet) * 10 <= extra)
    }

    @Test(arguments: [Scenario.Nuisance.brokerRestart, .firmware, .backlog])
    func `after a nuisance everybody is back`(nuisance: Scenario.Nuisance) {
        let all = events(scenario([.init(.nuisance(nuisance), at: 600_000, duration: 600_000)]))
        var open: [String: Bool] = [:]
        for event in all {
            switch event.action {
            case .connect: open[event.device] = true
            case .disconnect: open[event.device] = false
            case .publish: #expect(open[event.device] == true, "\(event.device) sends without a session")
            default: break
            }
        }
        #expect(open.count == 20 && open.values.allSatisfy { $0 })
        #expect(all.contains { if case .disconnect = $0.action { true } else { false } })
    }

    @Test func `a scenario file says who is there and what happens`() throws {
        let text = """
            for: 2h
            seed: 3
            devices: { sensor: 4, boiler: { count: 2, every: 30s, bytes: 120, topic: "heat/{device}" } }
            incidents:
              - { kind: flood, device: boiler-000002, at: 10m, for: 5m, divisor: 4 }
              - { kind: broker-restart }
            """
        let (read, diagnostics) = ScenarioReader.parse(text: text, file: "s.yaml")
        let scenario = try #require(read, "\(diagnostics)")
        #expect(scenario.duration == 7_200_000 && scenario.seed == 3)
        let boiler = try #require(scenario.fleet.last)
        #expect(boiler.count == 2 && boiler.type.everyMilliseconds == 30_000 && boiler.type.topic == "heat/{device}")
        let flood = Scenario.Entry(
            .attack(.flood), device: "boiler-000002", at: 600_000, duration: 300_000, divisor: 4)
        #expect(scenario.entries == [flood, Scenario.Entry(.nuisance(.brokerRestart))])
    }

    @Test(arguments: [
        ("devices: { sensor: -1 }", 1), ("devices: { sensor: 1 }\nfor: ever", 2),
        ("devices: { sensor: 1 }\nincidents: [{ kind: floods }]", 2),
        ("devices: { sensor: 1 }\nincidents: [{ kind: flood, device: sensor-000002 }]", 2), ("for: 1h", 1),
        ("devices: { sensor: 1 }\nseeds: 1", 2),
    ])
    func `a wrong scenario is refused with its line`(text: String, line: Int) {
        let (scenario, diagnostics) = ScenarioReader.parse(text: text, file: "s.yaml")
        #expect(scenario == nil && diagnostics.first?.line == line, "\(diagnostics)")
    }
}
