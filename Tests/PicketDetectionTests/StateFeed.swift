import PicketEvents
import PicketProfiles

@testable import PicketDetection

/// A random history of a small fleet with everything that detection takes: events of two feeds, reports, lines that were
/// refused, ticks, gaps, what people decide, a feed that ends, and other profiles.
struct StateFeed {
    /// One record.
    enum Step {
        /// One event, alone in its batch.
        case event(EventBatch)
        case control(ControlRecord, feed: FeedID?)
        case reload([SecurityProfile], FleetView, Int64)
    }

    let seed: UInt64
    private(set) var steps: [Step] = []
    /// What a run from the first record to the last finds.
    private(set) var violations: [Violation] = []
    /// The detector after the last record.
    private(set) var detector: Detector
    /// More subjects than this are too many.
    let subjectLimit: Int

    /// What ``BatchTests/everything`` leaves out.
    private static let others: [Behavior] = [
        Behavior(
            name: "ports", metric: .listeningTCPPorts, condition: .set(SetLimit(.outside, .numbers([22, 8_883])))),
        Behavior(name: "out", metric: .allBytesOut, limit: Limit(.above, 100), duration: 60, slide: 10),
        Behavior(
            name: "cpu", metric: .custom(CustomMetric(name: "cpu", type: .number)), limit: Limit(.above, 90_000_000)),
        Behavior(
            name: "largest", metric: .messageByteSize, limit: Limit(.above, 85), duration: 40, slide: 10,
            datapointsToClear: 2),
        Behavior(name: "each", metric: .messageByteSize, limit: Limit(.above, 88), datapointsToAlarm: 2),
        Behavior(name: "late", metric: .lateEvents, limit: Limit(.above, 1), duration: 60, slide: 20),
        Behavior(name: "idle", metric: .connectsWithoutTraffic, limit: Limit(.above, 0), duration: 120, slide: 20),
        Behavior(name: "quiet feed", metric: .silence, subject: .feed, limit: Limit(.above, 50)),
        Behavior(name: "refused", metric: .rejected, subject: .feed, limit: Limit(.above, 1), duration: 60, slide: 20),
        Behavior(name: "busy topic", metric: .messagesSent, subject: .topic, limit: Limit(.above, 5), duration: 60),
        Behavior(
            name: "new topic", metric: .topic, condition: .firstSeen(FirstSeen(prefix: nil, learnForSeconds: 200))),
    ]

    private static func profiles(_ bound: Int64) -> [SecurityProfile] {
        BatchTests.profiles + [
            SecurityProfile(
                name: "more",
                behaviors: others + [
                    Behavior(name: "changes", metric: .messagesSent, limit: Limit(.above, bound), duration: 30)
                ])
        ]
    }

    /// The profiles and the fleet that are in force first.
    static let first = (profiles: profiles(4), fleet: BatchTests.fleet)

    init(seed: UInt64, events: Int = 200) {
        self.seed = seed
        var random = SplitMix(seed: seed)
        subjectLimit = Bool.random(using: &random) ? 9 : 200
        detector = Detector(
            profiles: StateFeed.first.profiles, fleet: StateFeed.first.fleet, subjectLimit: subjectLimit)
        var time = noon
        for name in 0..<2 { open(name, at: time) }
        var closed = false
        for _ in 0..<events {
            time += Int64.random(in: 0...1_500, using: &random)
            switch Int.random(in: 0..<160, using: &random) {
            case 0: time += 70_000
            case 1: time += Int64.random(in: 1...3, using: &random) * 86_400_000
            default: break
            }
            let isOther = !closed && Int.random(in: 0..<4, using: &random) == 0
            add(event(time, feed: isOther ? 1 : 0, &random))
            decide(time, &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0:
                let gap = GapRecord(received: time, name: "feed-0", from: time - 20_000, to: time, cause: "test")
                add(.control(.gap(gap), feed: nil))
            case 1, 2:
                time += 15_000
                add(.control(.tick(TickRecord(received: time)), feed: nil))
            case 3 where steps.count > events / 2 && !closed:
                closed = true
                let end = FeedRecord(received: time, name: "feed-1", state: .ended, mode: .live)
                add(.control(.feed(end), feed: FeedID(1)))
            case 4:
                var fleet = BatchTests.fleet
                if Bool.random(using: &random) { fleet = FleetView(devices: ["d-3": .init(groups: ["a"])]) }
                add(.reload(StateFeed.profiles(Int64.random(in: 4...5, using: &random)), fleet, time))
            default: break
            }
        }
        add(.control(.tick(TickRecord(received: time + 400_000)), feed: nil))
    }

    private mutating func open(_ feed: Int, at time: Int64) {
        let record = FeedRecord(
            received: time, name: "feed-\(feed)", state: .opened, mode: .live, format: feed == 0 ? "ndjson" : "sys",
            lateness: feed == 0 ? 5_000 : 30_000)
        add(.control(.feed(record), feed: FeedID(feed)))
    }

    /// Takes the next record, and remembers it.
    private mutating func add(_ step: Step) {
        steps.append(step)
        StateFeed.take(step, into: &detector, &violations)
    }

    /// Gives `detector` one record.
    static func take(_ step: Step, into detector: inout Detector, _ found: inout [Violation]) {
        switch step {
        case .event(let batch): detector.step(batch, rows: 0..<1, into: &found)
        case .control(let control, let feed): detector.step(control, feed: feed, into: &found)
        case .reload(let profiles, let fleet, let time):
            detector.reload(profiles, fleet: fleet, at: time, into: &found)
        }
    }

    private func event(_ time: Int64, feed: Int, _ random: inout SplitMix) -> Step {
        var batch = EventBatch()
        let kinds: [EventKind] = [
            .publish, .publish, .publish, .publish, .publish, .deliver, .connect, .disconnect, .user, .report,
            .rejected,
        ]
        let kind = kinds.randomElement(using: &random) ?? .publish
        let device = batch.appendText("d-\(Int.random(in: 0..<12, using: &random))".utf8)
        let network = Int.random(in: 0..<30, using: &random) == 0 ? 9 : Int.random(in: 0..<2, using: &random)
        let address = batch.appendText("10.0.\(network).\(Int.random(in: 1..<4, using: &random))".utf8)
        let topic = batch.appendText("t/\(Int.random(in: 0..<6, using: &random))".utf8)
        let identities: [Identity] = [.claimed, .password, .certificate, .certificate, .certificate]
        if kind == .report {
            let ports = Bool.random(using: &random) ? "22,8883" : "22,23"
            let cpu = Int.random(in: 70...99, using: &random)
            let metrics = #"{"all-bytes-out":\#(cpu - 50),"cpu":\#(cpu),"listening-tcp-ports":[\#(ports)]}"#
            batch.add(EventBatch.Attribute(key: .metrics, text: batch.appendText(metrics.utf8)))
        }
        batch.append(
            EventBatch.Head(
                kind: kind, identity: identities.randomElement(using: &random) ?? .claimed,
                flags: [.hasBytes, .hasTime], feed: FeedID(feed)),
            time: time - Int64.random(in: 0...8_000, using: &random), bytes: Int64.random(in: 0...90, using: &random),
            device: device, client: device, address: address, topic: topic)
        batch.sealTimes()
        batch.received[0] = time
        batch.engineTime[0] = min(batch.time[0], time)
        return .event(batch)
    }

    /// Sometimes a person says what a violation is, or silences it.
    private mutating func decide(_ time: Int64, _ random: inout SplitMix) {
        guard Int.random(in: 0..<25, using: &random) == 0, let violation = violations.randomElement(using: &random)
        else { return }
        if Bool.random(using: &random) {
            let state = VerificationState.allCases.randomElement(using: &random) ?? .truePositive
            let verdict = VerdictRecord(received: time, by: "anna", violation: violation.id, state: state, note: nil)
            add(.control(.verdict(verdict), feed: nil))
        } else {
            let silence = SilenceRecord(
                received: time, by: "anna", violation: violation.id, profile: violation.profile,
                behavior: violation.behavior, subjectKind: violation.subjectKind, subject: violation.subject,
                identity: .claimed, until: time + 60_000, reason: "test", owner: "anna")
            add(.control(.silence(silence), feed: nil))
        }
    }
}
