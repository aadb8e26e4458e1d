import NIOCore

/// Which received messages of QoS 1 and 2 are not acknowledged yet, and what to answer when.
///
/// An acknowledgement goes out when the caller gives it, in the order in which the messages came (MQTT 5 §4.6.0). What a
/// caller holds while the connection breaks is not given again when the broker repeats it: its acknowledgement answers
/// the repetition.
struct InboundDeliveries {
    /// What to do with a PUBLISH.
    enum Verdict: Equatable {
        case deliver(token: UInt64)
        /// The caller has it already; its acknowledgement is still to come.
        case ignore
        /// The caller has acknowledged it already.
        case answer(Answer)
        /// More messages are unacknowledged than were allowed.
        case tooMany
    }

    /// A packet to send.
    struct Answer: Equatable {
        /// PUBACK, PUBREC or PUBCOMP.
        let type: PacketType
        let packetID: UInt16
        var reason = ReasonCode.success
    }

    private struct Entry {
        let packetID: UInt16
        let qos: QualityOfService
        let token: UInt64
        /// It came on the connection that stands.
        var isCurrent: Bool
        var isAcknowledged = false
    }

    /// In the order of their tokens, which is the order in which they came.
    private var entries = CircularBuffer<Entry>()
    private var tokenOfID: [UInt16: UInt64] = [:]
    /// Acknowledged while no connection stood that had brought them: answered when the broker repeats them.
    private var owed: Set<UInt16> = []
    /// QoS 2: PUBREC was sent, PUBREL is to come.
    private var unreleased: Set<UInt16> = []
    private var nextToken: UInt64 = 1

    /// How many the caller has not acknowledged.
    var count: Int { entries.count }

    /// A PUBLISH of QoS 1 or 2 came.
    mutating func take(_ packet: PublishPacket, limit: Int) -> Verdict {
        let id = packet.packetID
        let type = packet.qos == .atLeastOnce ? PacketType.puback : .pubrec
        if packet.qos == .exactlyOnce, unreleased.contains(id) { return .answer(Answer(type: .pubrec, packetID: id)) }
        if owed.remove(id) != nil, packet.duplicate {
            if packet.qos == .exactlyOnce { unreleased.insert(id) }
            return .answer(Answer(type: type, packetID: id))
        }
        if packet.duplicate, let token = tokenOfID[id], let index = index(of: token), !entries[index].isCurrent,
            entries[index].qos == packet.qos
        {
            entries[index].isCurrent = true
            return .ignore
        }
        guard entries.count < limit else { return .tooMany }
        let token = nextToken
        nextToken += 1
        entries.append(Entry(packetID: id, qos: packet.qos, token: token, isCurrent: true))
        tokenOfID[id] = token
        return .deliver(token: token)
    }

    /// The caller acknowledges a message.
    mutating func acknowledge(_ token: UInt64) {
        // A token that is not there belongs to a session that the broker has forgotten.
        if let index = index(of: token) { entries[index].isAcknowledged = true }
    }

    /// What can be answered now: all that is acknowledged up to the first message that is not.
    mutating func answers() -> [Answer] {
        var answers: [Answer] = []
        while let entry = entries.first, entry.isAcknowledged {
            entries.removeFirst()
            if tokenOfID[entry.packetID] == entry.token { tokenOfID[entry.packetID] = nil }
            guard entry.isCurrent else {
                owed.insert(entry.packetID)
                continue
            }
            if entry.qos == .exactlyOnce { unreleased.insert(entry.packetID) }
            answers.append(Answer(type: entry.qos == .atLeastOnce ? .puback : .pubrec, packetID: entry.packetID))
        }
        return answers
    }

    /// A PUBREL came.
    mutating func release(_ packetID: UInt16) -> Answer {
        let known = unreleased.remove(packetID) != nil
        return Answer(type: .pubcomp, packetID: packetID, reason: known ? .success : .packetIdentifierNotFound)
    }

    /// A connection ended, or an attempt failed.
    ///
    /// - Parameter wasReady: the broker had accepted it.
    mutating func disconnected(wasReady: Bool) {
        // What was owed before and was not repeated on this connection is not known to the broker any more. Where there was
        // none it could repeat nothing.
        if wasReady { owed.removeAll() }
        for index in entries.indices { entries[index].isCurrent = false }
    }

    /// The broker has no session: nothing of the old one will be repeated, and its identifiers begin anew.
    mutating func sessionLost() {
        entries.removeAll()
        tokenOfID.removeAll()
        owed.removeAll()
        unreleased.removeAll()
    }

    private func index(of token: UInt64) -> CircularBuffer<Entry>.Index? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let index = entries.index(entries.startIndex, offsetBy: middle)
            if entries[index].token == token { return index }
            if entries[index].token < token { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
