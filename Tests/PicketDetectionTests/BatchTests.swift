import PicketEvents
import PicketProfiles
import Testing

@testable import PicketDetection

/// The same records in the same order, whatever the size of the batches: every kind of condition at once.
@Suite("Batches")
struct BatchTests {
    static let everything: [Behavior] = {
        let own = Filter(
            kinds: nil, terms: [Term(.bytes, .number([NumberTest(.greater, 20)]))])
        return [
            Behavior(name: "flood", metric: .messagesSent, limit: Limit(.above, 6), duration: 60, slide: 10),
            Behavior(
                name: "large", metric: .bytesSent, filter: own, limit: Limit(.above, 300), duration: 60, slide: 20),
            Behavior(name: "none", metric: .messagesSent, limit: Limit(.below, 1), duration: 60, slide: 10),
            Behavior(
                name: "twice", metric: .count, limit: Limit(.above, 8), duration: 30, slide: 10, datapointsToAlarm: 2),
            Behavior(name: "topics", metric: .distinctTopics, limit: Limit(.above, 3), duration: 60, slide: 10),
            Behavior(
                name: "networks", metric: .devicesPerAddress, subject: .address, prefix: AddressPrefix(ipv4: 24),
                condition: .limit(Limit(.above, 2)), duration: 60, slide: 10),
            Behavior(
                name: "median", metric: .bytesSent,
                condition: .percentile(PercentileLimit(.above, Percentile(tenThousandths: 9_000), minimumSubjects: 3)),
                duration: 60, slide: 20),
            Behavior(
                name: "peers", metric: .messagesSent,
                condition: .peers(
                    PeerLimit(percentile: Percentile(tenThousandths: 9_900), factorThousandths: 1_000, floor: 1)),
                duration: 60, slide: 10),
            Behavior(
                name: "past", metric: .messagesSent,
                condition: .history(
                    HistoryLimit(
                        percentile: Percentile(tenThousandths: 9_900), factorThousandths: 1_000, floor: 1,
                        minimumSamples: 5)), duration: 20, slide: 10),
            Behavior(
                name: "new", metric: .sourceAddress,
                condition: .firstSeen(FirstSeen(prefix: 24, learnForSeconds: 120))),
            Behavior(name: "silent", metric: .silence, limit: Limit(.above, 40)),
            Behavior(name: "away", metric: .disconnectDuration, limit: Limit(.above, 30)),
            Behavior(
                name: "unasked", metric: .messagesReceived,
                condition: .without(Companion(Filter(kinds: EventKindSet(.user)), withinSeconds: 15))),
            Behavior(
                name: "after", metric: .connectionAttempts, condition: .limit(Limit(.above, 0)),
                after: Predecessor(behavior: "flood", withinSeconds: 20)),
        ]
    }()

    static let fleet = FleetView(devices: [
        "d-0": .init(groups: ["a"]), "d-1": .init(groups: ["a"]), "d-2": .init(groups: ["b"]),
        "d-9": .init(groups: ["a"]),
    ])

    static let profiles = [
        SecurityProfile(name: "all", behaviors: everything),
        SecurityProfile(
            name: "some", behaviors: everything, targets: [Target([.group("a")]), Target([.unregistered])],
            exceptions: [
                ViolationException(behavior: nil, subject: "d-1", reason: "test", owner: "o", expires: noon + 300_000)
            ]),
    ]

    /// A random history of a small fleet.
    static func feed(_ seed: UInt64, events: Int = 600) -> EventBatch {
        var random = SplitMix(seed: seed)
        var batch = EventBatch()
        var time = noon
        for _ in 0..<events {
            time += Int64.random(in: 0...1_500, using: &random)
            if Int.random(in: 0..<80, using: &random) == 0 { time += 70_000 }
            let kinds: [EventKind] = [.publish, .publish, .publish, .publish, .deliver, .connect, .disconnect, .user]
            let kind = kinds.randomElement(using: &random) ?? .publish
            let device = batch.appendText("d-\(Int.random(in: 0..<5, using: &random))".utf8)
            let network = Int.random(in: 0..<30, using: &random) == 0 ? 9 : Int.random(in: 0..<2, using: &random)
            let address = batch.appendText("10.0.\(network).\(Int.random(in: 1..<4, using: &random))".utf8)
            let topic = batch.appendText("t/\(Int.random(in: 0..<6, using: &random))".utf8)
            let identity: Identity = Int.random(in: 0..<4, using: &random) == 0 ? .claimed : .certificate
            batch.append(
                EventBatch.Head(kind: kind, identity: identity, flags: [.hasBytes, .hasTime], feed: FeedID(0)),
                time: time - Int64.random(in: 0...6_000, using: &random),
                bytes: Int64.random(in: 0...90, using: &random), device: device, client: device, address: address,
                topic: topic)
        }
        batch.sealTimes()
        var newest = Int64.min
        for row in 0..<batch.count {
            newest = max(newest, batch.time[row])
            batch.received[row] = newest
        }
        return batch
    }

    @Test("the size of a batch changes nothing", arguments: 1...12)
    func sizes(seed: UInt64) {
        let feed = BatchTests.feed(seed)
        func lines(_ size: Int) -> [[UInt8]] {
            var detector = Detector(profiles: BatchTests.profiles, fleet: BatchTests.fleet)
            var found: [Violation] = []
            let opened = FeedRecord(
                received: noon, name: "f", state: .opened, mode: .replay, format: "ndjson", lateness: 5_000)
            detector.step(.feed(opened), feed: FeedID(0), into: &found)
            var start = 0
            while start < feed.count {
                let end = min(start + size, feed.count)
                detector.step(feed, rows: start..<end, into: &found)
                start = end
            }
            let ended = FeedRecord(received: feed.received[feed.count - 1], name: "f", state: .ended, mode: .replay)
            detector.step(.feed(ended), feed: FeedID(0), into: &found)
            return found.map { $0.json() }
        }
        let whole = lines(.max / 2)
        #expect(lines(1) == whole && lines(7) == whole, "seed \(seed)")
        let behaviors = Set(whole.map { String(decoding: $0, as: UTF8.self).split(separator: "\"")[19] })
        #expect(behaviors.count >= 8, "seed \(seed): \(behaviors)")
    }
}
