import PicketEvents

/// The events of messages, subscriptions, administrators and the broker itself.
extension MosquittoDecoder {
    /// A line about one message.
    @inline(__always)
    mutating func emitMessage(
        _ kind: EventKind, _ after: Int, _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, isCut: Bool = false,
        into batch: inout EventBatch
    ) -> Bool {
        guard let found = MosquittoMessage(text, message, after: after, isCut: isCut, sessions: sessions) else {
            return false
        }
        let party = actingParty(text, found.client, in: &batch)
        let topic = TextSlice(found.topic)
        switch kind {
        case .denied:
            batch.add(EventBatch.Attribute(key: .action, text: batch.appendText("publish")))
            append(.denied, party, time, topic: topic, to: &batch)
        case .dropped:
            append(.dropped, party, time, reason: .notAuthorized, topic: topic, to: &batch)
        default:
            var flags: EventBatch.Flags = found.bytes == nil ? .hasQoS : [.hasQoS, .hasBytes]
            if found.retain { flags.formUnion(.retain) }
            append(kind, party, time, flags: flags, qos: found.qos, bytes: found.bytes ?? 0, topic: topic, to: &batch)
        }
        return true
    }

    /// A line about a message with a topic so long that the broker cut the line.
    mutating func emitMessage(
        cut text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        let forms: [(words: StaticString, kind: EventKind, line: MosquittoLine)] = [
            ("Received PUBLISH from ", .publish, .received), ("Sending PUBLISH to ", .deliver, .sent),
            ("Denied PUBLISH from ", .denied, .denied), ("Denied PUBLISH to ", .dropped, .withheld),
        ]
        guard let form = forms.first(where: { text.begins($0.words, message) }) else { return false }
        return emitMessage(
            form.kind, form.words.utf8CodeUnitCount, text, message, time, isCut: true, into: &batch)
    }

    mutating func emitDrop(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let drop = MosquittoDrop(text, message) else { return false }
        var party = Party()
        var topic = TextSlice.none
        if let after = drop.messageAfter {
            guard let found = MosquittoMessage(text, message, after: after, isCut: false, sessions: sessions) else {
                return false
            }
            party = actingParty(text, found.client, in: &batch)
            topic = TextSlice(found.topic)
        } else if let client = drop.client {
            party = absentParty(text, client, in: &batch)
        }
        append(.dropped, party, time, reason: drop.reason, topic: topic, to: &batch)
        return true
    }

    /// A line of subscription that was not announced.
    mutating func emitSubscription(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let reading = MosquittoSubscription.read(text, message, sessions: sessions) else { return false }
        emit(reading, text, time, into: &batch)
        return true
    }

    mutating func emit(
        _ reading: MosquittoSubscription.Reading, _ text: RawSpan, _ time: Int64?, into batch: inout EventBatch
    ) {
        let party = actingParty(text, reading.client, in: &batch)
        let topic = TextSlice(reading.filter)
        guard let qos = reading.qos else { return append(.unsubscribe, party, time, topic: topic, to: &batch) }
        // The line tells what the broker granted; what was asked for it does not.
        batch.add(EventBatch.Attribute(key: .granted, integer: Int64(qos)))
        append(.subscribe, party, time, flags: .hasQoS, qos: qos, topic: topic, to: &batch)
    }

    /// 2.1: a tab, a filter, " (denied)". The client stands in the "Received SUBSCRIBE" line before.
    mutating func emitSubscriptionDenied(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        // After a will or an UNSUBSCRIBE the topic itself ends so. It is no refusal, and no event we have; that one is
        // made all the same is the rule that the number of events depends on the line alone.
        let words: StaticString = " (denied)"
        let filter = message.lowerBound + 1..<message.upperBound - words.utf8CodeUnitCount
        guard subscription.announced == .subscribe, filter.lowerBound < filter.upperBound else { return false }
        subscription.fulfil()
        let client = subscription.client
        let name = batch.appendText(client)
        let session = sessions.findActing(client.span.bytes, 0..<client.count)
        let party = party(name, session: session, in: &batch)
        batch.add(EventBatch.Attribute(key: .action, text: batch.appendText("subscribe")))
        append(.denied, party, time, topic: TextSlice(filter), to: &batch)
        return true
    }

    mutating func emitAdministration(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let found = MosquittoAdministration(text, message, sessions: sessions) else { return false }
        var party = Party(client: TextSlice(found.client), user: TextSlice(found.user))
        if let session = found.session {
            party.address = sessions.slices(session, in: &batch).address
            party.identity = rule.identity
        }
        batch.add(EventBatch.Attribute(key: .action, text: TextSlice(found.action)))
        if let resource = found.resource { batch.add(EventBatch.Attribute(key: .resource, text: TextSlice(resource))) }
        batch.add(EventBatch.Attribute(key: .outcome, text: batch.appendText("success")))
        batch.add(EventBatch.Attribute(key: .origin, text: batch.appendText(found.origin)))
        append(.user, party, time, to: &batch)
        return true
    }

    mutating func emitService(
        _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, into batch: inout EventBatch
    ) -> Bool {
        guard let service = MosquittoWording.find(text, message)?.service else { return false }
        // An OpenSSL line that follows belongs to this error, not to a client's handshake before it.
        accepts.settle()
        batch.add(EventBatch.Attribute(key: .service, text: batch.appendText("mosquitto")))
        batch.add(EventBatch.Attribute(key: .level, text: batch.appendText(service.level)))
        batch.add(EventBatch.Attribute(key: .code, text: batch.appendText(service.code)))
        batch.add(EventBatch.Attribute(key: .message, text: batch.appendText(service.message)))
        append(.service, Party(), time, to: &batch)
        return true
    }
}
