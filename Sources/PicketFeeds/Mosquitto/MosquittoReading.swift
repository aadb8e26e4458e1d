import Crypto
import PicketEvents

/// From one line to at most one event.
extension MosquittoDecoder {
    /// Reads one line, without its LF.
    mutating func read(_ text: RawSpan, _ line: Range<Int>, isASCII: Bool, into batch: inout EventBatch) {
        var end = line.upperBound
        if end > line.lowerBound, text.byte(at: end - 1) == 0x0D { end -= 1 }
        guard end > line.lowerBound else { return }
        guard line.count <= Limits.lineBytes else { return reject(.tooLong, text, line, into: &batch) }
        let isCut = end - line.lowerBound == MosquittoDecoder.cutAt
        if !isASCII {
            if isCut { end = MosquittoDecoder.endOfLastCharacter(text, line.lowerBound..<end) }
            guard MosquittoDecoder.isUTF8(text, line.lowerBound..<end) else {
                return reject(.notUTF8, text, line, into: &batch)
            }
        }
        let (stamp, start) = clock.read(text, line.lowerBound..<end)
        guard start < end, end - start <= MosquittoDecoder.longestMessage else {
            return reject(.notALine, text, line, into: &batch)
        }
        let before = batch.count
        var time: Int64?
        if case .time(let value) = stamp { time = value }
        guard read(text, message: start..<end, time: time, isCut: isCut, into: &batch) else {
            batch.dropPendingAttributes()
            return reject(.notALine, text, line, into: &batch)
        }
        understood += 1
        guard batch.count > before, time == nil, stamp != .none else { return }
        let reason: RejectionReason = stamp == .unreadable ? .badTime : .timeOutOfRange
        batch.reject(row: before, reason: reason, length: line.count, sha256: MosquittoDecoder.hash(text, line))
    }

    /// Reads the message of a line.
    ///
    /// - Returns: false when it could not be read. Then no event was made, and one must be.
    private mutating func read(
        _ text: RawSpan, message: Range<Int>, time: Int64?, isCut: Bool, into batch: inout EventBatch
    ) -> Bool {
        let line = MosquittoLine.classify(text, message)
        if subscription.isExpected(text, message, isCut: isCut) {
            let reading = subscription.readExpected(text, message)
            subscription.fulfil()
            see(.subscribed)
            if let line, !line.makesEvent { return true }
            guard let reading else { return false }
            emit(reading, text, time, into: &batch)
            return true
        }
        guard let line else {
            if isCut, emitMessage(cut: text, message, time, into: &batch) { return true }
            return emitSubscription(text, message, time, into: &batch)
        }
        see(line)
        switch line {
        case .received: return emitMessage(.publish, 22, text, message, time, into: &batch)
        case .sent: return emitMessage(.deliver, 19, text, message, time, into: &batch)
        case .denied: return emitMessage(.denied, 20, text, message, time, into: &batch)
        case .withheld: return emitMessage(.dropped, 18, text, message, time, into: &batch)
        case .dropped: return emitDrop(text, message, time, into: &batch)
        case .connected: return emitConnect(text, message, time, into: &batch)
        case .ended: return emitEnding(text, message, time, into: &batch)
        case .takenOver: return emitTakeOver(text, message, time, into: &batch)
        case .refused: return emitRefusal(text, message, time, into: &batch)
        case .subscribed, .unsubscribed: return emitSubscription(text, message, time, into: &batch)
        case .subscriptionDenied: return emitSubscriptionDenied(text, message, time, into: &batch)
        case .administration: return emitAdministration(text, message, time, into: &batch)
        case .service: return emitService(text, message, time, into: &batch)
        default:
            learn(line, text, message, time, isCut: isCut)
            return true
        }
    }

    /// Takes what a line without event tells.
    private mutating func learn(
        _ line: MosquittoLine, _ text: RawSpan, _ message: Range<Int>, _ time: Int64?, isCut: Bool
    ) {
        switch line {
        case .accepted:
            guard let (peer, listener) = MosquittoConnect.accept(text, message) else { return }
            accepts.accept(
                MosquittoAccepts.Accept(
                    peer: text.copy(peer.text), addressCount: peer.address.count, listener: text.copy(listener),
                    time: time))
        case .handshake:
            let isCertificate = MosquittoHandshake.isCertificate(text, message)
            accepts.handshake = isCertificate || accepts.handshake == .certificate ? .certificate : .other
        case .connack:
            // "Sending CONNACK to IP (0, 5)": 2.0 writes the address for a client it refuses.
            guard let open = text.last(" (0, ", in: message), text.ends(")", message),
                let code = text.number(open + 5..<message.upperBound - 1), code > 0
            else { return }
            let name = message.lowerBound + 19..<open
            guard !name.isEmpty, sessions.find(text, name) == nil else { return }
            accepts.refuse(text, name, code)
        case .subscribing: subscription.begin(text, message)
        case .indented: subscription.announce(text, message, isCut: isCut)
        case .acknowledged:
            if subscription.isOwed, subscription.announced == .subscribe, !sawSubscription {
                visibility.remove(.subscriptions)
            }
            subscription.end()
        case .will: subscription.end()
        default: return
        }
    }

    /// Notes what a line of this class shows that the feed can show.
    @inline(__always)
    private mutating func see(_ line: MosquittoLine) {
        switch line {
        case .received, .sent:
            // The usual case, and nothing new after the first one.
            if visibility.contains(.publishes) { return }
            visibility.formUnion([.publishes, .deliveries, .denials, .subscriptions])
        case .accepted, .connected, .ended, .refused, .takenOver: visibility.formUnion([.connections, .refusals])
        case .subscribed, .unsubscribed:
            sawSubscription = true
            visibility.formUnion(.subscriptions)
        case .administration: visibility.insert(.userActions)
        default:
            if line.isDebug, !visibility.contains(.publishes) {
                visibility.formUnion([.publishes, .deliveries, .denials, .subscriptions])
            }
        }
    }

    /// Makes a `rejected` event of a line.
    private mutating func reject(
        _ reason: RejectionReason, _ text: RawSpan, _ line: Range<Int>, into batch: inout EventBatch
    ) {
        notUnderstood += 1
        batch.append(EventBatch.Head(kind: .rejected, feed: feed), time: 0, device: .none, client: .none)
        batch.reject(
            row: batch.count - 1, reason: reason, length: line.count, sha256: MosquittoDecoder.hash(text, line))
    }

    private static func hash(_ text: RawSpan, _ line: Range<Int>) -> [UInt8] {
        text.withUnsafeBytes { Array(SHA256.hash(data: UnsafeRawBufferPointer(rebasing: $0[line]))) }
    }

    /// Whether a line is UTF-8. Mosquitto lets no other client id and topic in; a plugin may print anything.
    private static func isUTF8(_ text: RawSpan, _ line: Range<Int>) -> Bool {
        text.isASCII(line) || text.withUnsafeBytes { String(validating: $0[line], as: UTF8.self) != nil }
    }

    /// Where the last whole character of a cut line ends.
    private static func endOfLastCharacter(_ text: RawSpan, _ line: Range<Int>) -> Int {
        var start = line.upperBound
        while start > line.lowerBound, line.upperBound - start < 3 {
            start -= 1
            let byte = text.byte(at: start)
            if byte < 0x80 { return line.upperBound }
            guard byte >= 0xC0 else { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            return start + length > line.upperBound ? start : line.upperBound
        }
        return line.upperBound
    }
}
