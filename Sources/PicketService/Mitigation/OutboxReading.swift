import Foundation
import PicketEvents
package import PicketLog
package import PicketMitigation

/// Reads what the log says of mitigation.
package enum OutboxReading {
    /// A record with its place in the log.
    package struct Found: Sendable {
        package var index: UInt64
        package var record: MitigationRecord
    }

    /// What a person decided, with its place in the log.
    package struct Decision: Sendable {
        package var index: UInt64
        package var action: String
        package var mitigation: String
        package var by: String
        package var note: String?
    }

    /// The outbox as the log in `folder` leaves it.
    package static func read(folder: String) throws(LogError) -> (
        outbox: Outbox, records: [Found], decisions: [Decision]
    ) {
        var query = LogQuery()
        query.add(.kind, "mitigation")
        query.add(.kind, "operator")
        var outbox = Outbox(forgets: false)
        var records: [Found] = []
        var decisions: [Decision] = []
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() {
            for match in matches {
                switch apply(Data(match.line), to: &outbox) {
                case .record(let record): records.append(Found(index: match.index, record: record))
                case .decision(var decision):
                    decision.index = match.index
                    decisions.append(decision)
                case nil: continue
                }
            }
        }
        return (outbox, records, decisions)
    }

    /// What one record says.
    enum Said {
        case record(MitigationRecord)
        case decision(Decision)
    }

    /// Gives an outbox a record of the kinds `mitigation` and `operator`.
    ///
    /// - Returns: what it says of a mitigation; nil when it says nothing of one.
    @discardableResult
    static func apply(_ line: Data, to outbox: inout Outbox) -> Said? {
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            let received = (object["received"] as? String).flatMap({ Timestamp.parse($0) })
        else { return nil }
        if let record = MitigationRecord(line: line) {
            outbox.apply(record, received: received)
            return .record(record)
        }
        guard let action = object["action"] as? String else { return nil }
        let id = object["mitigation"] as? String
        let user = object["by"] as? String ?? ""
        outbox.apply(operator: action, mitigation: id, by: user, received: received)
        return id.map {
            .decision(Decision(index: 0, action: action, mitigation: $0, by: user, note: object["note"] as? String))
        }
    }
}
