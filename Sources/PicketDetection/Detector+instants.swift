import PicketEvents
import PicketProfiles

/// Rules that judge each event alone.
extension Detector {
    /// Judges one event by a plain limit.
    @inline(__always)
    mutating func judge(_ rule: Int, _ subject: Int, _ time: Int64, _ value: Int64, _ identity: Identity) {
        let isViolated = plan.rules[rule].isViolated(by: value)
        // Most events conform, and nothing is going on.
        if !isViolated && states[rule].tracks.isEmpty { return }
        conclude(
            rule, subject, time, time, isViolated: isViolated, value: value, Evidence(identity: identity))
    }

    /// What the outcome of one event means for a violation.
    ///
    /// - Parameters:
    ///   - boundary: the event's engine time.
    ///   - time: when the outcome was certain.
    @inline(never)
    mutating func conclude(
        _ rule: Int, _ subject: Int, _ boundary: Int64, _ time: Int64, isViolated: Bool, value: Int64,
        _ evidence: Evidence
    ) {
        guard isViolated || states[rule].tracks[subject] != nil else { return }
        let behavior = plan.rules[rule].behavior
        var track = states[rule].tracks[subject] ?? Track()
        let outcome = isViolated ? Track.Outcome.violates : .conforms
        track.streak = track.outcome == outcome ? track.streak + 1 : 1
        track.outcome = outcome
        if isViolated {
            if track.open != nil {
                track.open?.violate(
                    time: time, value: value, isUpper: behavior.condition.isUpper, identity: evidence.identity,
                    text: evidence.text)
            } else if track.streak >= behavior.datapointsToAlarm {
                open(rule, subject, &track, boundary: boundary, time: time, value: value, stage: time, evidence)
            }
        } else if let violation = track.open, boundary > violation.boundary,
            track.streak >= behavior.datapointsToClear
        {
            close(
                rule, subject, &track, event: .alarmCleared, time: time, value: value, stage: time,
                text: evidence.text)
        }
        if track.open == nil && track.outcome == .conforms { track.streak = 0 }
        states[rule].keep(track, subject: subject)
    }

    /// Judges what an event lists by a set, or by what the subject showed before. An empty list conforms.
    @inline(never)
    mutating func judge(
        _ rule: Int, _ subject: Int, _ time: Int64, values: [String], _ identity: Identity
    ) {
        var offending: [String] = []
        var newKeys: [[UInt8]] = []
        switch plan.rules[rule].behavior.condition {
        case .set(let set):
            offending = values.filter { set.isViolated(by: $0, decimals: plan.rules[rule].behavior.metric.decimals) }
        case .firstSeen(let limit):
            for value in values {
                guard let key = newKey(rule, subject, value, limit, time) else { continue }
                offending.append(value)
                newKeys.append(key)
            }
        default: return
        }
        let shown = offending.isEmpty ? values : offending
        conclude(
            rule, subject, time, time, isViolated: !offending.isEmpty, value: Int64(offending.count),
            Evidence(identity: identity, text: shown.isEmpty ? nil : Detector.list(shown)))
        if !newKeys.isEmpty, let open = states[rule].tracks[subject]?.open {
            states[rule].seen.suspect(newKeys, of: subject, violation: open.id)
        }
    }

    /// What is remembered of `value` when a subject shows it for the first time after everything was usual; nil when it
    /// is usual, which is learned while it may.
    private mutating func newKey(
        _ rule: Int, _ subject: Int, _ value: String, _ limit: FirstSeen, _ time: Int64
    ) -> [UInt8]? {
        let key = Array((limit.prefix.map { SeenKey.network(of: value, prefix: $0) } ?? value).utf8)
        let start = states[rule].seen.begin(subject, at: time)
        if states[rule].seen.contains(key, of: subject) { return nil }
        guard time >= start + Int64(limit.learnForSeconds) * 1_000 else {
            states[rule].seen.learn(key, of: subject)
            return nil
        }
        return key
    }

    /// Values for people: the first of them, and how many more there are.
    private static func list(_ values: [String]) -> String {
        let shown = values.prefix(8).joined(separator: ", ")
        return values.count > 8 ? "\(shown), and \(values.count - 8) more" : shown
    }
}

/// What is remembered of a value.
enum SeenKey {
    /// The network of an address; IPv6 networks are twice as long, at most 64 bits.
    static func network(of address: String, prefix: Int) -> String {
        AddressPrefix(ipv4: min(max(prefix, 1), 32), ipv6: min(max(prefix * 2, 1), 64)).network(of: address)
    }
}

extension SetLimit {
    /// Whether `value` makes a violation.
    func isViolated(by value: String, decimals: Int) -> Bool {
        let isMember: Bool
        switch members {
        case .addresses(let ranges):
            let bytes = Array(value.utf8)
            isMember = ranges.contains { $0.contains(bytes.span.bytes, 0..<bytes.count) }
        case .numbers(let numbers):
            isMember = FixedPoint.read(value, places: decimals).map { numbers.contains($0) } ?? false
        case .texts(let texts): isMember = texts.contains(value)
        }
        return isMember == (relation == .inside)
    }
}
