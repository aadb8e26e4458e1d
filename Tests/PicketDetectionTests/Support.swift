import PicketEvents
import PicketProfiles

@testable import PicketDetection

/// Time that tests count from: a boundary of every slide they use.
let noon: Int64 = 1_795_003_200_000

/// A profile with one behavior or more.
func profile(_ behaviors: Behavior...) -> SecurityProfile { SecurityProfile(name: "p", behaviors: behaviors) }

/// Feeds a detector with events, one at a time or many.
struct Driver {
    var detector: Detector
    private(set) var violations: [Violation] = []

    init(_ profiles: SecurityProfile..., subjectLimit: Int = Limits.unregisteredSubjects) {
        detector = Detector(profiles: profiles, subjectLimit: subjectLimit)
    }

    mutating func open(_ feed: Int = 0, mode: FeedRecord.Mode = .live, at time: Int64 = noon) {
        let record = FeedRecord(
            received: time, name: "feed-\(feed)", state: .opened, mode: mode, format: "ndjson", lateness: 10_000)
        detector.step(.feed(record), feed: FeedID(feed), into: &violations)
    }

    mutating func tick(_ seconds: Double) {
        let record = TickRecord(received: noon + Int64(seconds * 1_000))
        detector.step(.tick(record), feed: nil, into: &violations)
    }

    /// One event `seconds` after noon, received then or at `received`.
    mutating func event(
        _ seconds: Double, _ device: String = "t-1", kind: EventKind = .publish, bytes: Int64 = 10, feed: Int = 0,
        received: Double? = nil
    ) {
        var batch = EventBatch()
        let name = batch.appendText(device.utf8)
        batch.append(
            EventBatch.Head(kind: kind, flags: [.hasBytes], feed: FeedID(feed)),
            time: noon + Int64(seconds * 1_000), bytes: bytes, device: name, client: name)
        batch.sealTimes()
        batch.received[0] = noon + Int64((received ?? seconds) * 1_000)
        detector.step(batch, rows: 0..<1, into: &violations)
    }

    /// The transitions as `event device value @seconds`.
    var story: [String] {
        violations.map { violation in
            let seconds = Double(violation.time - noon) / 1_000
            return
                "\(violation.event.rawValue) \(violation.subject) \(violation.value.map { "\($0)" } ?? "-") @\(seconds)"
        }
    }
}
