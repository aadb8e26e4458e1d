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

    init(
        _ profiles: SecurityProfile..., fleet: FleetView = .none, subjectLimit: Int = Limits.unregisteredSubjects
    ) {
        detector = Detector(profiles: profiles, fleet: fleet, subjectLimit: subjectLimit)
    }

    mutating func open(
        _ feed: Int = 0, mode: FeedRecord.Mode = .live, at time: Int64 = noon, format: String = "ndjson",
        lateness: Int64 = 10_000
    ) {
        let record = FeedRecord(
            received: time, name: "feed-\(feed)", state: .opened, mode: mode, format: format, lateness: lateness)
        detector.step(.feed(record), feed: FeedID(feed), into: &violations)
    }

    /// Events as they were stamped.
    mutating func step(_ batch: EventBatch) { detector.step(batch, rows: 0..<batch.count, into: &violations) }

    /// One of Picket's own records.
    mutating func take(_ control: ControlRecord) { detector.step(control, feed: nil, into: &violations) }

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

    /// One event with any of the keys that conditions look at.
    mutating func send(
        _ seconds: Double, _ kind: EventKind, device: String = "t-1", client: String? = nil, address: String? = nil,
        topic: String? = nil, reason: Reason = .none, identity: Identity = .claimed, certificate: String? = nil,
        metrics: String? = nil, received: Double? = nil
    ) {
        var batch = EventBatch()
        let name = batch.appendText(device.utf8)
        let clientName = client.map { batch.appendText($0.utf8) } ?? name
        let addressText = address.map { batch.appendText($0.utf8) } ?? .none
        let topicText = topic.map { batch.appendText($0.utf8) } ?? .none
        if let certificate {
            batch.add(EventBatch.Attribute(key: .certificate, text: batch.appendText(certificate.utf8)))
        }
        if let metrics { batch.add(EventBatch.Attribute(key: .metrics, text: batch.appendText(metrics.utf8))) }
        batch.append(
            EventBatch.Head(kind: kind, reason: reason, identity: identity, flags: [.hasTime], feed: FeedID(0)),
            time: noon + Int64(seconds * 1_000), device: name, client: clientName, address: addressText,
            topic: topicText)
        batch.sealTimes()
        batch.received[0] = noon + Int64((received ?? seconds) * 1_000)
        detector.step(batch, rows: 0..<1, into: &violations)
    }

    /// One report of a device.
    mutating func report(_ seconds: Double, _ metrics: String, device: String = "t-1") {
        send(seconds, .report, device: device, metrics: metrics)
    }

    /// One line that was no event.
    mutating func reject(_ seconds: Double) {
        var batch = EventBatch()
        batch.append(
            EventBatch.Head(kind: .rejected, feed: FeedID(0)), time: noon + Int64(seconds * 1_000), device: .none,
            client: .none)
        batch.sealTimes()
        detector.step(batch, rows: 0..<1, into: &violations)
    }

    /// The transitions as `event device value @seconds`.
    var story: [String] {
        violations.map { violation in
            let seconds = Double(violation.time - noon) / 1_000
            return
                "\(violation.event.rawValue) \(violation.subject) \(violation.text ?? violation.value.map { "\($0)" } ?? "-") @\(seconds)"
        }
    }
}
