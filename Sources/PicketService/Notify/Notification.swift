import Crypto
import Foundation
package import PicketEvents
package import PicketMitigation
package import PicketProfiles

/// What somebody is told about one violation.
package struct Notification: Sendable {
    package enum Kind: String, Sendable {
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

    package init(kind: Kind, id: String, intent: Intent, violation: Violation?, behavior: Behavior?) {
        self.kind = kind
        self.id = id
        self.intent = intent
        self.violation = violation
        self.behavior = behavior
    }

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
    /// criteria, the metric value in the member of its type. AWS knows no subject but the thing: another one stands under the
    /// name of its kind, and there is no `thingName`.
    package var sns: [UInt8] {
        let profile = violation?.profile ?? String(intent.behavior.prefix { $0 != "/" })
        var object: [String: Any] = [
            "violationId": intent.violation, "violationEventType": eventType,
            "violationEventTime": violation?.time ?? intent.at, "securityProfileName": profile,
        ]
        let subject = violation?.subjectKind ?? behavior?.subject ?? .device
        object[subject == .device ? "thingName" : subject.rawValue] = intent.device
        if let violation, kind != .resolved, violation.event != .alarmInvalidated {
            object["metricValue"] = AWSBehavior.metricValue(
                violation.metric, value: violation.value, text: violation.text)
        }
        var described: [String: Any] = [
            "name": violation?.behavior ?? String(intent.behavior.drop { $0 != "/" }.dropFirst())
        ]
        if let behavior {
            described = AWSBehavior(behavior, profile: profile).json
            var criteria = described["criteria"] as? [String: Any] ?? [:]
            // AWS says them in a message also where a profile leaves them out.
            for key in ["consecutiveDatapointsToAlarm", "consecutiveDatapointsToClear"] where criteria[key] == nil {
                criteria[key] = 1
            }
            described["criteria"] = criteria
        } else if let violation {
            described["metric"] = AWSBehavior.name(of: violation.metric)
        }
        object["behavior"] = described
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { [UInt8]($0) } ?? []
    }

    private var eventType: String {
        guard kind == .resolved else { return Violation.Event.inAlarm.rawValue }
        // What the log holds no more is said by the reason of the act.
        let isInvalid =
            violation?.event == .alarmInvalidated || intent.why.hasSuffix(Violation.Event.alarmInvalidated.rawValue)
        return (isInvalid ? Violation.Event.alarmInvalidated : .alarmCleared).rawValue
    }

    /// The id of several that go together: it follows from theirs.
    static func groupID(_ ids: [String]) -> String {
        String(Hex.string(SHA256.hash(data: Array(ids.joined(separator: " ").utf8))).prefix(32))
    }
}
