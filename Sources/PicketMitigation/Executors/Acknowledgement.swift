import Foundation

/// What a device answers to a command.
package enum Acknowledgement: Equatable, Sendable {
    case done
    /// It says that it will not, or could not.
    case refused(String)
    /// It is on its way (AWS Jobs: IN_PROGRESS).
    case underWay

    /// States of an AWS job execution that say no.
    private static let refusals: Set<String> = ["FAILED", "REJECTED", "TIMED_OUT", "CANCELED", "REMOVED"]

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - request: the id of the command. The answer names it, unless its topic does.
    ///   - topicNamesRequest: whether the topic it came on holds the id.
    /// - Returns: nil when it answers something else.
    package static func read(_ payload: [UInt8], request: String, topicNamesRequest: Bool) -> Acknowledgement? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any] else {
            let text = String(decoding: payload, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            return topicNamesRequest || text == request ? .done : nil
        }
        guard topicNamesRequest || object.values.contains(where: { $0 as? String == request }) else { return nil }
        guard let status = (object["status"] as? String)?.uppercased() else { return .done }
        if refusals.contains(status) { return .refused(status) }
        return status == "IN_PROGRESS" || status == "QUEUED" ? .underWay : .done
    }
}
