import Crypto
package import PicketEvents

/// Reads plain NDJSON in any of the usual spellings, and, when it is trusted, Picket's own canonical lines.
package struct NDJSONDecoder: FeedDecoder {
    /// Zero bytes that are put behind a block, so that the scanner needs no bounds.
    static let padding = 16

    package var format: FeedFormat { trusted ? .picketLog : .ndjson }
    package private(set) var visibility: Visibility = []
    package var context: String? { nil }

    private let feed: FeedID
    private let trusted: Bool
    /// The longest line. A record can be longer than the line it was made from.
    private var longest: Int { trusted ? Limits.recordBytes : Limits.lineBytes }
    private var parser = LineParser()
    private var times = TimeReader()
    /// The feeds named in a trusted input, by name.
    private var feedNames: [String] = []
    private var lastFeedName: [UInt8] = []
    private var lastFeed = FeedID(0)
    private var seenKinds = EventKindSet(rawValue: 0)
    /// The received times of the rows of a trusted block, until the columns are sealed.
    private var trustedTimes: [(row: Int, received: Int64)] = []

    /// A decoder for a foreign feed: Picket's own kinds are refused, `received`, `feed` and `identity` ignored.
    package init(feed: FeedID) {
        self.feed = feed
        trusted = false
    }

    /// A decoder for the lines of a log folder. Feeds get ids in the order in which they appear; see ``feeds``.
    package init(trustedLog: Void) {
        feed = FeedID(0)
        trusted = true
    }

    /// The names of the feeds that a trusted input has named so far, by the index of their ids.
    package var feeds: [String] { feedNames }

    package mutating func restore(context: String) {}

    package mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) {}

    package mutating func code(learned coder: inout StateCoder) throws {}

    package mutating func decode(_ block: consuming [UInt8], isLast: Bool, limit: Int) -> DecodedBlock {
        let length = block.count
        block.append(contentsOf: repeatElement(0, count: NDJSONDecoder.padding))
        // Expect lines of a hundred bytes; longer ones waste a little room, shorter ones grow the columns once.
        let expected = min(limit, length / 100 + 16)
        var batch = EventBatch(text: block, capacity: expected)
        var lineEnds: [Int32] = []
        lineEnds.reserveCapacity(expected)
        var position = 0
        decoding: while position < length, batch.count < limit {
            let outcome = parser.parse(batch.text.span.bytes, from: position, end: length)
            var rejection: RejectionReason?
            var claimed: Int64?
            var end = position
            switch outcome {
            case .object(let objectEnd):
                let lineEnd = JSONScanner.skipSpace(batch.text.span.bytes, objectEnd)
                let ended = lineEnd < length ? batch.text[lineEnd] == 0x0A : lineEnd == length && isLast
                if ended {
                    end = min(lineEnd + 1, length)
                    if lineEnd - position > longest {
                        rejection = .tooLong
                    } else {
                        rejection = makeEvent(&batch, position..<end)
                        if rejection != nil { claimed = claimedTime(batch.text.span.bytes) }
                    }
                } else {
                    rejection = .notJSON
                }
            case .blank(let blankEnd):
                // White space without a line end may be the beginning of a line.
                if blankEnd >= length, !isLast { break decoding }
                guard blankEnd - position > Limits.lineBytes else {
                    position = min(blankEnd + 1, length)
                    continue
                }
                // A source that reads such a line piece by piece cannot know that nothing stands in it. It is rejected
                // then, so it must be here: the number of events of a feed does not depend on how its bytes came.
                rejection = .tooLong
            case .failed(let reason):
                rejection = reason
            }
            if let rejection {
                guard let lineEnd = reject(&batch, position, length, isLast, rejection, claimed: claimed) else { break }
                end = lineEnd
            }
            lineEnds.append(Int32(truncatingIfNeeded: end))
            position = end
        }
        noteVisibility()
        // What Picket wrote stays as it is.
        if !trusted { batch.redactTexts() }
        batch.sealTimes()
        for (row, received) in trustedTimes { stampTrusted(&batch, row, received) }
        trustedTimes.removeAll(keepingCapacity: true)
        return DecodedBlock(batch: batch, lineEnds: lineEnds, consumed: position)
    }

    /// Appends a `rejected` event for the line at `start`; returns the end of the line, or nil when it is not there
    /// yet.
    private func reject(
        _ batch: inout EventBatch, _ start: Int, _ length: Int, _ isLast: Bool, _ reason: RejectionReason,
        claimed: Int64?
    ) -> Int? {
        batch.dropPendingAttributes()
        let newline = batch.text[start..<length].firstIndex(of: 0x0A)
        guard newline != nil || isLast else { return nil }
        var reason = reason
        let end = newline ?? length
        if end - start > longest { reason = .tooLong }
        if newline == nil, reason == .notJSON { reason = .cutOff }
        let content = batch.text[start..<end]
        let hash = Array(SHA256.hash(data: content))
        for attribute in RejectionReason.attributes(reason: reason, sha256: hash, in: &batch) { batch.add(attribute) }
        // The time that the line claimed serves only to judge the line before it (a jump in time); the sequencer gives
        // the record the time of what came before.
        batch.append(
            EventBatch.Head(kind: .rejected, flags: .hasBytes, feed: feed), time: claimed ?? 0,
            bytes: Int64(end - start), device: .none, client: .none)
        return newline.map { $0 + 1 } ?? length
    }

    private mutating func claimedTime(_ text: RawSpan) -> Int64? {
        guard let value = parser.value(.time), case .success(let time) = times.read(text, value) else { return nil }
        return time
    }

    /// Makes an event of the slots of the parsed line.
    @inline(__always)
    private mutating func makeEvent(_ batch: inout EventBatch, _ line: Range<Int>) -> RejectionReason? {
        guard let kindValue = parser.value(.kind) else { return .noKind }
        guard kindValue.form == .string else { return .badValue }
        guard let spelled = KindSpelling.read(batch.text.span.bytes, kindValue.range, escaped: kindValue.escaped) else {
            return .unknownKind
        }
        let kind = spelled.kind
        if kind.isReserved {
            guard trusted else { return .reservedKind }
            if kind.isPicketOwn { return ownRecord(&batch, kind, line) }
        }
        if !trusted, let value = parser.value(.feed), isOurName(batch.text.span.bytes, value) { return .reservedKind }
        var head = EventBatch.Head(kind: kind, feed: feed)
        var time: Int64 = 0
        if let value = parser.value(.time) {
            switch times.read(batch.text.span.bytes, value) {
            case .success(let milliseconds):
                time = milliseconds
                head.flags.insert(.hasTime)
            case .failure(let problem):
                return problem.reason
            }
        }
        var bytes: Int64 = 0
        let allowed = InputSlot.allowed[Int(kind.code)]
        if let value = parser.value(.bytes) {
            guard value.form == .number, value.isInteger || value.overflows else { return .badValue }
            guard value.isInteger, value.integer >= 0 else { return .badNumber }
            bytes = value.integer
            head.flags.insert(.hasBytes)
        }
        if let value = parser.value(.qos) {
            guard value.form == .number, value.isInteger || value.overflows else { return .badValue }
            guard value.isInteger, (0...2).contains(value.integer) else { return .badNumber }
            head.qos = UInt8(truncatingIfNeeded: value.integer)
            head.flags.insert(.hasQoS)
        }
        if let value = parser.value(.retain), value.form == .true || (value.isInteger && value.integer == 1) {
            head.flags.insert(.retain)
        }
        var problem: RejectionReason?
        var client = text(.client, &batch, &problem)
        var device = text(.device, &batch, &problem)
        let user = text(.user, &batch, &problem)
        let address = text(.address, &batch, &problem)
        let topic = text(.topic, &batch, &problem)
        if let problem { return problem }
        // A line with only a client has it as device, and the other way round; a record of ours keeps what it says.
        if !device.isPresent, !trusted { device = client }
        if !client.isPresent { client = device }
        if kind == .disconnect || kind == .connectFailed {
            head.reason = ReasonSpelling.read(
                batch.text.span.bytes, parser.value(.reason), kind: kind, isAuthFailure: spelled.isAuthFailure)
        }
        let rest = parser.present & ~NDJSONDecoder.columns
        if rest != 0 || !parser.unknown.isEmpty || trusted || kind == .dropped {
            if let reason = addAttributes(&batch, &head, rest, allowed) { return reason }
        }
        batch.append(
            head, time: time, bytes: bytes, device: device, client: client, user: user, address: address, topic: topic)
        if trusted { noteTrusted(batch) }
        seenKinds.formUnion(EventKindSet(kind))
        return nil
    }

    /// Whether a foreign line says that Picket wrote it.
    @inline(never)
    private func isOurName(_ text: RawSpan, _ value: LineParser.Value) -> Bool {
        JSONScanner.decoded(text, value.range, escaped: value.escaped).elementsEqual(RecordLine.feedName.utf8)
    }

    /// The slots that are columns or belong to the line, as bits.
    private static let columns: UInt64 = InputSlot.allCases.reduce(0) { $1.attribute == nil ? $0 | $1.bit : $0 }

    /// The text of a slot, decoded when it holds escapes.
    @inline(__always)
    private func text(
        _ slot: InputSlot, _ batch: inout EventBatch, _ problem: inout RejectionReason?
    ) -> TextSlice {
        guard let value = parser.value(slot) else { return .none }
        guard value.form == .string else {
            problem = .badValue
            return .none
        }
        return value.escaped ? decode(value, &batch) : TextSlice(value.range)
    }

    @inline(never)
    private func decode(_ value: LineParser.Value, _ batch: inout EventBatch) -> TextSlice {
        let bytes = JSONScanner.decoded(batch.text.span.bytes, value.range, escaped: value.escaped)
        return batch.appendText(bytes)
    }

    /// Adds the rare keys of the event, and the names of keys that are not known or do not belong to its kind.
    @inline(never)
    private mutating func addAttributes(
        _ batch: inout EventBatch, _ head: inout EventBatch.Head, _ rest: UInt64, _ allowed: UInt64
    ) -> RejectionReason? {
        var names: [[UInt8]] = []
        for slot in InputSlot.allCases where rest & slot.bit != 0 {
            guard let key = slot.attribute, let value = parser.value(slot) else { continue }
            if key == .unknown {
                guard trusted else { continue }
                names += NestedJSON.strings(batch.text.span.bytes, value)
                continue
            }
            // Whoever is ahead of us does not say so himself.
            if key == .clock, !trusted { continue }
            guard allowed & slot.bit != 0, trusted || key != .connection else {
                names.append(Array("\(key.name)".utf8))
                continue
            }
            switch NestedJSON.attribute(key, value, in: &batch) {
            case .success(let attribute?): batch.add(attribute)
            case .success(nil): break
            case .failure(let problem): return problem.reason
            }
        }
        // `dropped` and `rejected` keep their reason as it was written; other kinds have a list of reasons.
        if head.kind == .dropped || head.kind == .rejected, let value = parser.value(.reason) {
            guard value.form == .string else { return .badValue }
            batch.add(EventBatch.Attribute(key: .reason, text: decode(value, &batch)))
        }
        for (name, escaped) in parser.unknown {
            names.append(UnknownKey.kept(JSONScanner.decoded(batch.text.span.bytes, name, escaped: escaped)))
        }
        for name in names { batch.add(EventBatch.Attribute(key: .unknown, text: batch.appendText(name))) }
        if trusted {
            head.feed = trustedFeed(batch.text.span.bytes)
            if let value = parser.value(.identity) {
                let spelled = String(
                    decoding: JSONScanner.decoded(batch.text.span.bytes, value.range, escaped: value.escaped),
                    as: UTF8.self)
                head.identity = Identity.allCases.first { "\($0.name)" == spelled } ?? .claimed
            }
        }
        return nil
    }

    // MARK: Trusted lines

    /// A record that Picket wrote: the line itself is kept, and only its time is read.
    private mutating func ownRecord(_ batch: inout EventBatch, _ kind: EventKind, _ line: Range<Int>)
        -> RejectionReason?
    {
        let end = batch.text[line.upperBound - 1] == 0x0A ? line.upperBound - 1 : line.upperBound
        batch.add(EventBatch.Attribute(key: .value, text: TextSlice(line.lowerBound..<end)))
        batch.append(
            EventBatch.Head(kind: kind, feed: trustedFeed(batch.text.span.bytes)), time: 0, device: .none, client: .none
        )
        noteTrusted(batch)
        return nil
    }

    /// Notes the received time that the log holds for the last row.
    private mutating func noteTrusted(_ batch: borrowing EventBatch) {
        guard let value = parser.value(.received),
            case .success(let received) = times.read(batch.text.span.bytes, value)
        else { return }
        trustedTimes.append((batch.count - 1, received))
    }

    /// Gives a row the received time that the log holds.
    private func stampTrusted(_ batch: inout EventBatch, _ row: Int, _ received: Int64) {
        batch.received[row] = received
        if !batch.head[row].flags.contains(.hasTime) { batch.time[row] = received }
        batch.engineTime[row] = batch.time[row]
    }

    private mutating func trustedFeed(_ text: RawSpan) -> FeedID {
        guard let value = parser.value(.feed) else { return feed }
        let name = JSONScanner.decoded(text, value.range, escaped: value.escaped)
        if name == lastFeedName, !feedNames.isEmpty { return lastFeed }
        lastFeedName = name
        lastFeed = feedID(named: String(decoding: name, as: UTF8.self))
        return lastFeed
    }

    /// The id of the feed called `name` in a trusted input, new or known.
    package mutating func feedID(named name: String) -> FeedID {
        if let known = feedNames.firstIndex(of: name) { return FeedID(known) }
        feedNames.append(name)
        return FeedID(feedNames.count - 1)
    }

    private mutating func noteVisibility() {
        let kinds = seenKinds
        if kinds.contains(.connect) || kinds.contains(.disconnect) || kinds.contains(.connectFailed) {
            visibility.formUnion([.connections, .refusals])
        }
        if kinds.contains(.publish) { visibility.insert(.publishes) }
        if kinds.contains(.deliver) { visibility.insert(.deliveries) }
        if kinds.contains(.report) { visibility.insert(.reports) }
        if kinds.contains(.alert) { visibility.insert(.alerts) }
        if kinds.contains(.user) { visibility.insert(.userActions) }
        if kinds.contains(.service) { visibility.insert(.serviceMessages) }
        if kinds.contains(.transfer) { visibility.insert(.transfers) }
        if kinds.contains(.subscribe) || kinds.contains(.unsubscribe) { visibility.insert(.subscriptions) }
        if kinds.contains(.publish) || kinds.contains(.denied) { visibility.insert(.denials) }
    }
}

extension NDJSONDecoder: StateCoded {
    /// Of a trusted input: what it has named so far. The rest is fixed, or lives while one block is read.
    package static let rebuilt = ["feed", "trusted", "parser", "times", "lastFeedName", "lastFeed", "trustedTimes"]

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("feedNames", &feedNames)
        try coder.field("seenKinds", &seenKinds)
        try coder.field("visibility", &visibility)
    }
}

extension Visibility: StateElement {
    package static var blank: Visibility { [] }

    package mutating func code(_ coder: inout StateCoder) throws {
        var bits = rawValue
        try bits.code(&coder)
        if coder.isReading { self = Visibility(rawValue: bits) }
    }
}
