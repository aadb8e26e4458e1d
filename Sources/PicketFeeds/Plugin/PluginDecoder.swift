import Crypto
package import PicketEvents

/// Turns the frames of the broker plugin into events.
///
/// An event frame whose inside cannot be understood becomes `rejected` in its place, so that the sequence numbers account
/// for every event. A stream whose frames cannot be told apart is not a plugin's, and is given up.
package struct PluginDecoder: Sendable {
    /// What the plugin says about itself when it comes.
    package struct Hello: Equatable, Sendable {
        package var version: UInt16
        /// A number of this run of the broker.
        package var run: UInt64
        /// The sequence number of the next event.
        package var next: UInt64
        package var pid: UInt32
        /// The entries of its deny list.
        package var denied: Int
        package var broker: String
    }

    /// All events below `next` were sent before, or are lost.
    package struct Beat: Equatable, Sendable {
        package var next: UInt64
        /// Events dropped since the broker started.
        package var dropped: UInt64
        /// The broker ends in order.
        package var isFinal: Bool
    }

    package struct Answer: Equatable, Sendable {
        package var request: UInt32
        package var outcome: PluginCommand.Outcome
    }

    /// Events whose sequence numbers follow one another.
    package struct Segment: Sendable {
        package var first: UInt64
        package var batch: EventBatch
        package var next: UInt64 { first + UInt64(batch.count) }
    }

    /// What a block of frames holds. Events come before what else is in it: a beat speaks of the events before it.
    package struct Block: Sendable {
        package var hello: Hello?
        package var segments: [Segment] = []
        package var beat: Beat?
        package var answers: [Answer] = []
    }

    /// A stream that is no plugin's.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    private let feed: FeedID
    /// Whether devices are named by their client ids, whatever else proves them.
    private let isClaimed: Bool

    package init(feed: FeedID, identity: IdentityRule) {
        self.feed = feed
        isClaimed = identity == .clientID
    }

    /// The bytes of whole frames at the start of `bytes`; the rest waits for more.
    ///
    /// - Throws: ``Malformed`` when a frame is longer than any.
    package static func wholeFrames(_ bytes: [UInt8]) throws(Malformed) -> Int {
        let text = bytes.span.bytes
        var position = 0
        while bytes.count - position >= 4 {
            let length = Int(text.number(position, as: UInt32.self))
            guard length > 0, length <= PluginFrame.longest else {
                throw Malformed(description: "a frame of \(length) bytes")
            }
            guard bytes.count - position >= 4 + length else { break }
            position += 4 + length
        }
        return position
    }

    /// Decodes whole frames.
    ///
    /// - Throws: ``Malformed`` when a frame is none of a plugin's.
    package func decode(_ block: [UInt8]) throws(Malformed) -> Block {
        var found = Block()
        let text = block.span.bytes
        var position = 0
        while position < block.count {
            let start = position + 4
            let frame = start..<start + Int(text.number(position, as: UInt32.self))
            position = frame.upperBound
            let type = text.number(start, as: UInt8.self)
            if let kind = PluginFrame.kind(type) {
                guard frame.count >= PluginFrame.eventFixed else {
                    throw Malformed(description: "an event of \(frame.count) bytes")
                }
                let sequence = text.number(start + 4, as: UInt64.self)
                guard sequence > 0, sequence < UInt64(Int64.max) else {
                    throw Malformed(description: "an event with the number \(sequence)")
                }
                if found.segments.last.map({ $0.next }) != sequence {
                    if let last = found.segments.last, sequence < last.next {
                        throw Malformed(description: "event \(sequence) after \(last.next - 1)")
                    }
                    found.segments.append(
                        Segment(first: sequence, batch: EventBatch(text: block, capacity: block.count / 80 + 1)))
                }
                append(kind, text, frame, to: &found.segments[found.segments.count - 1].batch)
            } else {
                try control(type, text, start + 1..<frame.upperBound, into: &found)
            }
        }
        for index in found.segments.indices {
            found.segments[index].batch.redactTexts()
            found.segments[index].batch.sealTimes()
        }
        return found
    }

    private func control(
        _ type: UInt8, _ text: RawSpan, _ body: Range<Int>, into found: inout Block
    ) throws(Malformed) {
        let start = body.lowerBound
        switch type {
        case PluginFrame.hello where body.count >= 28:
            let length = Int(text.number(start + 26, as: UInt16.self))
            guard body.count == 28 + length else { throw Malformed(description: "a hello that does not end") }
            found.hello = Hello(
                version: text.number(start, as: UInt16.self), run: text.number(start + 2, as: UInt64.self),
                next: text.number(start + 10, as: UInt64.self), pid: text.number(start + 18, as: UInt32.self),
                denied: Int(text.number(start + 22, as: UInt32.self)),
                broker: String(decoding: text.copy(start + 28..<body.upperBound), as: UTF8.self))
            try check(found.hello?.next)
        case PluginFrame.beat where body.count == 17:
            found.beat = Beat(
                next: text.number(start + 1, as: UInt64.self), dropped: text.number(start + 9, as: UInt64.self),
                isFinal: text.number(start, as: UInt8.self) & PluginFrame.isFinal != 0)
            try check(found.beat?.next)
        case PluginFrame.answer where body.count == 9:
            let count = Int(text.number(start + 5, as: UInt32.self))
            guard
                let outcome = PluginCommand.Outcome(status: text.number(start + 4, as: UInt8.self), count: count)
            else { throw Malformed(description: "an answer with an unknown outcome") }
            found.answers.append(Answer(request: text.number(start, as: UInt32.self), outcome: outcome))
        default:
            throw Malformed(description: "a frame of type \(type) and \(body.count) bytes")
        }
    }

    /// Events are counted from 1, and what is made of their numbers must fit the log's.
    private func check(_ next: UInt64?) throws(Malformed) {
        guard let next, next == 0 || next > UInt64(Int64.max) else { return }
        throw Malformed(description: "a next event with the number \(next)")
    }

    // MARK: Events

    /// The texts of an event, in the order of the frame.
    private struct Texts {
        var client = TextSlice.none
        var user = TextSlice.none
        var address = TextSlice.none
        var serial = TextSlice.none
        var subject = TextSlice.none
        var topic = TextSlice.none
    }

    private func append(_ kind: EventKind, _ text: RawSpan, _ frame: Range<Int>, to batch: inout EventBatch) {
        guard let texts = PluginDecoder.texts(text, frame),
            let identity = PluginDecoder.identity(text.number(frame.lowerBound + 3, as: UInt8.self))
        else { return reject(text, frame, in: &batch) }
        let start = frame.lowerBound
        let bits = text.number(start + 1, as: UInt8.self)
        let qos = text.number(start + 2, as: UInt8.self)
        let reasonNumber = text.number(start + 27, as: UInt8.self)
        let nanoseconds = text.number(start + 12, as: Int64.self)
        var flags: EventBatch.Flags = .hasTime
        var reason = Reason.none
        guard qos <= 2, let time = PluginDecoder.time(nanoseconds) else { return reject(text, frame, in: &batch) }
        switch kind {
        case .connect, .connectFailed:
            if kind == .connectFailed { reason = PluginFrame.reason(reasonNumber) ?? .unknown }
            if let name = PluginDecoder.protocolName(text.number(start + 26, as: UInt8.self)) {
                batch.add(EventBatch.Attribute(key: .protocol, text: batch.appendText(name.utf8)))
            }
            if kind == .connect {
                batch.add(
                    EventBatch.Attribute(key: .keepalive, integer: Int64(text.number(start + 24, as: UInt16.self))))
                if bits & PluginFrame.isClean != 0 { batch.add(EventBatch.Attribute(key: .clean, integer: 1)) }
            }
        case .disconnect: reason = PluginFrame.reason(reasonNumber) ?? .unknown
        case .publish:
            flags.formUnion([.hasBytes, .hasQoS])
            if bits & PluginFrame.isRetained != 0 { flags.insert(.retain) }
        case .denied:
            // What was denied stands where other kinds have their reason, by the type of its frame.
            guard let action = PluginFrame.kind(reasonNumber) else { return reject(text, frame, in: &batch) }
            batch.add(
                EventBatch.Attribute(key: .action, text: batch.appendText("\(action.name)".utf8)))
        case .subscribe: flags.insert(.hasQoS)
        default: break
        }
        if texts.serial.isPresent, kind == .connect || kind == .connectFailed || kind == .publish {
            addCertificate(text, texts, withSubject: kind != .publish, to: &batch)
        }
        let device: TextSlice
        let proof: Identity
        if isClaimed {
            (device, proof) = (texts.client, .claimed)
        } else if identity == .certificate, texts.subject.isPresent {
            (device, proof) = (texts.subject, .certificate)
        } else if identity != .claimed || kind == .connectFailed, texts.user.isPresent {
            (device, proof) = (texts.user, identity == .certificate ? .claimed : identity)
        } else {
            (device, proof) = (texts.client, .claimed)
        }
        batch.append(
            EventBatch.Head(
                kind: kind, reason: reason, identity: kind == .connectFailed ? .claimed : proof, flags: flags,
                qos: flags.contains(.hasQoS) ? qos : 0, feed: feed),
            time: time, bytes: flags.contains(.hasBytes) ? Int64(text.number(start + 20, as: UInt32.self)) : 0,
            device: device, client: texts.client, user: texts.user, address: texts.address, topic: texts.topic)
    }

    /// `{"serial":"4A0F","subject":"t-7"}`; the serial is known to be hexadecimal digits.
    private func addCertificate(_ text: RawSpan, _ texts: Texts, withSubject: Bool, to batch: inout EventBatch) {
        var json: [UInt8] = []
        CanonicalJSON.append("{\"serial\":\"", to: &json)
        CanonicalJSON.append(text, texts.serial.range, to: &json)
        json.append(0x22)
        if withSubject, texts.subject.isPresent {
            CanonicalJSON.append(",\"subject\":", to: &json)
            if SecretSearch.finds(text, texts.subject.range) {
                let subject = String(decoding: text.copy(texts.subject.range), as: UTF8.self)
                CanonicalJSON.appendString(Redaction.text(subject), to: &json)
            } else {
                CanonicalJSON.appendString(text, texts.subject.range, to: &json)
            }
        }
        json.append(0x7D)
        batch.add(EventBatch.Attribute(key: .certificate, text: batch.appendText(json)))
    }

    private func reject(_ text: RawSpan, _ frame: Range<Int>, in batch: inout EventBatch) {
        batch.dropPendingAttributes()
        batch.append(EventBatch.Head(kind: .rejected, feed: feed), time: 0, device: .none, client: .none)
        let hash = text.withUnsafeBytes { Array(SHA256.hash(data: UnsafeRawBufferPointer(rebasing: $0[frame]))) }
        batch.reject(row: batch.count - 1, reason: .notALine, length: frame.count, sha256: hash)
    }

    /// The six texts, each well-formed UTF-8, that fill the frame exactly; empty ones are none.
    private static func texts(_ text: RawSpan, _ frame: Range<Int>) -> Texts? {
        var position = frame.lowerBound + PluginFrame.eventFixed
        func next() -> TextSlice? {
            guard position + 2 <= frame.upperBound else { return nil }
            let start = position + 2
            let end = start + Int(text.number(position, as: UInt16.self))
            guard end <= frame.upperBound, isUTF8(text, start..<end) else { return nil }
            position = end
            return start == end ? TextSlice.none : TextSlice(start..<end)
        }
        guard let client = next(), let user = next(), let address = next(), let serial = next(), let subject = next(),
            let topic = next(), position == frame.upperBound
        else { return nil }
        for byte in serial.range where !isHexadecimal(text.number(byte, as: UInt8.self)) { return nil }
        return Texts(
            client: client, user: user, address: address, serial: serial, subject: subject, topic: topic)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte)
    }

    private static func isUTF8(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        while position < range.upperBound {
            if text.number(position, as: UInt8.self) < 0x80 {
                position += 1
                continue
            }
            let length = UTF8Check.sequenceLength(text, position)
            guard length > 0, position + length <= range.upperBound else { return false }
            position += length
        }
        return true
    }

    private static func identity(_ number: UInt8) -> Identity? {
        switch number {
        case 0: .claimed
        case 1: .password
        case 2: .certificate
        default: nil
        }
    }

    /// Milliseconds; nil outside the years that Picket reads.
    private static func time(_ nanoseconds: Int64) -> Int64? {
        let time = nanoseconds / 1_000_000
        return time >= Limits.earliestTime && time < Limits.latestTime ? time : nil
    }

    private static func protocolName(_ version: UInt8) -> String? {
        switch version {
        case 3: "3.1"
        case 4: "3.1.1"
        case 5: "5"
        default: nil
        }
    }
}

extension RawSpan {
    /// A little-endian number; the caller has checked that it lies inside.
    @inline(__always)
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Number.Type) -> Number
    {
        Number(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}
