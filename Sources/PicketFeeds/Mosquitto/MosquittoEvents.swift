import PicketEvents

/// The events of clients that come, go, or are turned away.
extension MosquittoDecoder {
    /// Who an event is about.
    struct Party {
        var device = TextSlice.none
        var client = TextSlice.none
        var user = TextSlice.none
        var address = TextSlice.none
        var identity = Identity.claimed
    }

    /// The party behind a client id, as far as its session tells.
    mutating func party(_ text: RawSpan, _ client: Range<Int>, in batch: inout EventBatch) -> Party {
        party(TextSlice(client), session: sessions.find(text, client), in: &batch)
    }

    /// The party behind a client id that does something.
    @inline(__always)
    mutating func actingParty(_ text: RawSpan, _ client: Range<Int>, in batch: inout EventBatch) -> Party {
        party(TextSlice(client), session: sessions.findActing(text, client), in: &batch)
    }

    @inline(__always)
    mutating func party(_ client: TextSlice, session: Int?, in batch: inout EventBatch) -> Party {
        guard let session else { return Party(device: client, client: client) }
        let (user, address) = sessions.slices(session, in: &batch)
        return party(client: client, user: user, address: address)
    }

    /// The party behind a client id that may have left with its messages waiting. What happens to these is no act of
    /// its, so nothing is proved.
    mutating func absentParty(_ text: RawSpan, _ client: Range<Int>, in batch: inout EventBatch) -> Party {
        if sessions.find(text, client) != nil { return party(text, client, in: &batch) }
        guard let id = sessions.findAbsent(text, client) else { return party(text, client, in: &batch) }
        var party = party(client: TextSlice(client), user: sessions.slices(id, in: &batch).user, address: .none)
        party.identity = .claimed
        return party
    }

    /// The party of a client whose user name the broker has checked.
    @inline(__always)
    func party(client: TextSlice, user: TextSlice, address: TextSlice) -> Party {
        let isProved = rule != .clientID && user.isPresent
        return Party(
            device: isProved ? user : client, client: client, user: user, address: address,
            identity: isProved ? rule.identity : .claimed)
    }

    /// The part of an event that all kinds have.
    @inline(__always)
    func append(
        _ kind: EventKind, _ party: Party, _ time: Int64?, reason: Reason = .none, flags: EventBatch.Flags = [],
        qos: UInt8 = 0, bytes: Int = 0, topic: TextSlice = .none, to batch: inout EventBatch
    ) {
        let head = EventBatch.Head(
            kind: kind, reason: reason, identity: party.identity, flags: time == nil ? flags : flags.union(.hasTime),
            qos: qos, feed: feed)
        batch.append(
            head, time: time ?? 0, bytes: Int64(bytes), device: party.device, client: party.client, user: party.user,
            address: party.address, topic: topic)
    }

    mutating func emitConnect(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let connect = MosquittoConnect(text, message) else { return false }
        let accept = accepts.take(text, peer: connect.peer)
        accepts.settle()
        sessions.connect(
            text, client: connect.client, user: connect.user, address: connect.address, port: connect.port)
        if let listener = accept?.listener, !listener.isEmpty {
            batch.add(EventBatch.Attribute(key: .listener, text: batch.appendText(listener)))
        }
        if let name = connect.protocolName {
            batch.add(EventBatch.Attribute(key: .protocol, text: batch.appendText(name)))
        }
        batch.add(EventBatch.Attribute(key: .keepalive, integer: Int64(connect.keepalive)))
        if connect.isClean { batch.add(EventBatch.Attribute(key: .clean, integer: 1)) }
        let party = party(
            client: TextSlice(connect.client), user: connect.user.map { TextSlice($0) } ?? .none,
            address: TextSlice(connect.address))
        append(.connect, party, time, to: &batch)
        return true
    }

    mutating func emitTakeOver(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        let client = message.lowerBound + 7..<message.upperBound - MosquittoEnding.takeOver.utf8CodeUnitCount
        guard client.lowerBound < client.upperBound else { return false }
        disconnect(text, client, .takeover, time, into: &batch)
        return true
    }

    mutating func emitEnding(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let ending = MosquittoEnding(text, message, sessions: sessions) else { return false }
        defer { accepts.settle() }
        if let peer = ending.peer {
            emitEnding(ending, from: peer, text, time, into: &batch)
        } else if text.equals("<unknown>", ending.client), ending.reason != .client, ending.reason != .kicked {
            // 2.0 calls a connection without CONNECT so. A client can choose this id too; then its end is taken for a
            // refusal, but never a refusal for its end.
            let accept = accepts.takeRefused(
                at: time, isUnnamed: true, waited: ending.reason == .keepaliveTimeout)
            fail(ending, nil, address: accept.map { batch.appendText($0.address) } ?? .none, time, into: &batch)
        } else if ending.isAtConnect {
            // The id of whoever was refused, perhaps that of a connected client, which stays.
            let accept = accepts.takeRefused(at: time, isUnnamed: false, waited: false)
            let address = accept.map { batch.appendText($0.address) } ?? .none
            fail(ending, ending.client, address: address, time, into: &batch)
        } else {
            disconnect(text, ending.client, ending.reason, time, into: &batch)
        }
        return true
    }

    /// A line of 2.1, which has address and port.
    private mutating func emitEnding(
        _ ending: MosquittoEnding, from peer: MosquittoPeer, _ text: RawSpan, _ time: Int64?,
        into batch: inout EventBatch
    ) {
        let client = ending.client
        let session = sessions.find(text, client)
        let isSession = session.map { sessions.cameFrom($0, text, address: peer.address, port: peer.port) } ?? false
        // 2.1 writes the address for the client id of a connection without CONNECT.
        let isNameless = text.equals(client, peer.address)
        if !isSession, isNameless || ending.isAtConnect {
            _ = accepts.take(text, peer: peer.text)
            fail(ending, isNameless ? nil : client, address: TextSlice(peer.address), time, into: &batch)
        } else if session != nil, !isSession {
            // An older connection of a client that has another by now.
            let party = Party(device: TextSlice(client), client: TextSlice(client), address: TextSlice(peer.address))
            append(.disconnect, party, time, reason: ending.reason, to: &batch)
        } else {
            disconnect(text, client, ending.reason, time, address: TextSlice(peer.address), into: &batch)
        }
    }

    private mutating func disconnect(
        _ text: RawSpan, _ client: Range<Int>, _ reason: Reason, _ time: Int64?, address: TextSlice = .none,
        into batch: inout EventBatch
    ) {
        var party = party(text, client, in: &batch)
        if address.isPresent { party.address = address }
        append(.disconnect, party, time, reason: reason, to: &batch)
        if let id = sessions.find(text, client) { sessions.disconnect(id) }
    }

    /// A connection attempt came to nothing.
    private mutating func fail(
        _ ending: MosquittoEnding, _ client: Range<Int>?, address: TextSlice, _ time: Int64?,
        into batch: inout EventBatch
    ) {
        var reason = MosquittoEnding.refusal(ending.refusal, connack: accepts.lastCode)
        if reason == .protocolError || reason == .unknown, accepts.handshake == .certificate {
            reason = .badCertificate
        }
        let name = client.map { TextSlice($0) } ?? .none
        append(.connectFailed, Party(device: name, client: name, address: address), time, reason: reason, to: &batch)
    }

    mutating func emitRefusal(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let refusal = MosquittoRefusal(text, message) else { return false }
        if let address = refusal.address { _ = accepts.take(text, address: address) }
        accepts.settle()
        let party = Party(address: refusal.address.map { TextSlice($0) } ?? .none)
        append(.connectFailed, party, time, reason: refusal.reason, to: &batch)
        return true
    }
}

extension EventBatch {
    /// Puts a name known at compile time at the end of the text.
    mutating func appendText(_ name: StaticString) -> TextSlice {
        name.withUTF8Buffer { appendText($0) }
    }
}
