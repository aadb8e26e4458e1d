import Crypto
import Foundation
import PicketEvents
import PicketMitigation
import PicketProfiles

/// What somebody is told about one violation.
struct Notification: Sendable {
    enum Kind: String, Sendable {
        case opened, reminder, resolved
    }

    var kind: Kind
    /// The request id: a receiver that knows it was told before.
    var id: String
    var intent: Intent
    /// Nil when neither memory nor the log holds it any more.
    var violation: Violation?
    /// What it violates; nil when the profiles have changed since.
    var behavior: Behavior?

    /// One object of our own form: which device, what it did, what would have been right, and what to ask next.
    var json: [UInt8] {
        var line = RecordLine()
        line.add("notification", kind.rawValue)
        line.add("id", id)
        line.add("violation", intent.violation)
        line.add("behavior", intent.behavior)
        line.add("severity", intent.severity)
        line.add("device", intent.device)
        line.add("playbook", intent.playbook)
        if let violation {
            line.add("time", time: violation.time)
            line.add("metric", violation.metric.rawValue)
            if let text = violation.text {
                line.add("value", text)
            } else if let value = violation.value {
                line.add("value", value, decimals: violation.metric.decimals)
            }
            line.add("expected", violation.expected)
            line.add("evidence", violation.evidence.rawValue)
            line.add("identity", "\(violation.identity.name)")
            line.add("why", violation.why)
        }
        if kind == .resolved { line.add("resolved", intent.why) }
        line.add("more", "picket why \(intent.violation)")
        return line.finish()
    }

    /// The message that AWS IoT Device Defender publishes to an SNS topic: time in epoch milliseconds, the behavior with its
    /// criteria, the metric value in the member of its type.
    var sns: [UInt8] {
        var object: [String: Any] = [
            "violationId": intent.violation, "thingName": intent.device,
            "violationEventType": kind == .resolved ? "alarm-cleared" : "in-alarm",
            "violationEventTime": violation?.time ?? intent.at,
            "securityProfileName": violation?.profile ?? String(intent.behavior.prefix { $0 != "/" }),
        ]
        var described: [String: Any] = [
            "name": violation?.behavior ?? String(intent.behavior.drop { $0 != "/" }.dropFirst())
        ]
        if let violation {
            described["metric"] = "aws:\(violation.metric.rawValue)"
            if violation.event != .alarmInvalidated, kind != .resolved, let value = Notification.value(violation) {
                object["metricValue"] = value
            }
        }
        if let behavior { described["criteria"] = AWSCriteria.object(behavior) }
        object["behavior"] = described
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { [UInt8]($0) } ?? []
    }

    /// The id of several that go together: it follows from theirs.
    static func groupID(_ ids: [String]) -> String {
        String(Hex.string(SHA256.hash(data: Array(ids.joined(separator: " ").utf8))).prefix(32))
    }

    private static func value(_ violation: Violation) -> [String: Any]? {
        guard let text = violation.text else { return violation.value.map { ["count": $0] } }
        return violation.metric.rawValue.contains("address") ? ["cidrs": [text]] : ["strings": [text]]
    }
}
