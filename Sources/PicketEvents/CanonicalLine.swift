/// The one serializer of events: a row of a batch becomes one line of JSON with a fixed order of keys, no white space,
/// and absent or false values left out (DESIGN §4). The bytes of the line are a leaf of the log's tree, so what this
/// file writes must never change for an event that was already written.
package struct CanonicalLine: Sendable {
    /// `,"feed":"NAME","kind":"` for every feed, escaped once.
    private var feedParts: [[UInt8]] = []

    /// A serializer that knows no feed yet.
    package init() {}

    /// Tells the name of `feed`. Must come before the first event of the feed.
    package mutating func setName(_ name: String, of feed: FeedID) {
        while feedParts.count <= Int(feed.index) { feedParts.append([]) }
        var part: [UInt8] = []
        CanonicalJSON.append(",\"feed\":", to: &part)
        CanonicalJSON.appendString(name, to: &part)
        CanonicalJSON.append(",\"kind\":\"", to: &part)
        feedParts[Int(feed.index)] = part
    }

    /// Appends the line of event `row`, without a newline. A row of one of Picket's own kinds is already a line: its
    /// single attribute is appended as it is.
    package func append(_ row: Int, of batch: borrowing EventBatch, to out: inout [UInt8]) {
        let head = batch.head[row]
        let text = batch.text.span.bytes
        if head.kind.isPicketOwn {
            if let line = batch.attributes(of: row).first { CanonicalJSON.append(text, line.text.range, to: &out) }
            return
        }
        CanonicalJSON.append("{\"received\":\"", to: &out)
        Timestamp.append(batch.received[row], to: &out)
        out.append(0x22)
        out.append(contentsOf: feedParts[Int(head.feed.index)])
        CanonicalJSON.append(head.kind.name, to: &out)
        out.append(0x22)
        if head.flags.contains(.hasTime) && batch.time[row] != batch.received[row] {
            CanonicalJSON.append(",\"time\":\"", to: &out)
            Timestamp.append(batch.time[row], to: &out)
            out.append(0x22)
        }
        func string(_ key: StaticString, _ slice: TextSlice) {
            guard slice.isPresent else { return }
            CanonicalJSON.append(key, to: &out)
            CanonicalJSON.appendString(text, slice.range, to: &out)
        }
        string(",\"device\":", batch.names[row].device)
        // A client id is mostly the device's name: it is written only where it is not (4 of 25 bytes of a compressed
        // event, measured on the reference feed).
        if !batch.isClientNamedLikeDevice(row) { string(",\"client\":", batch.names[row].client) }
        string(",\"user\":", batch.names[row].user)
        if head.identity != .claimed {
            CanonicalJSON.append(",\"identity\":\"", to: &out)
            CanonicalJSON.append(head.identity.name, to: &out)
            out.append(0x22)
        }
        var attributes = Attributes(batch, row)
        attributes.write(before: .topic, text, to: &out)
        string(",\"topic\":", batch.names[row].topic)
        if head.reason != .none {
            CanonicalJSON.append(",\"reason\":\"", to: &out)
            CanonicalJSON.append(head.reason.name, to: &out)
            out.append(0x22)
        }
        attributes.write(before: .bytes, text, to: &out)
        if head.flags.contains(.hasBytes) {
            CanonicalJSON.append(",\"bytes\":", to: &out)
            CanonicalJSON.append(batch.bytes[row], to: &out)
        }
        if head.flags.contains(.hasQoS) {
            CanonicalJSON.append(",\"qos\":", to: &out)
            out.append(0x30 + head.qos)
        }
        if head.flags.contains(.retain) { CanonicalJSON.append(",\"retain\":true", to: &out) }
        attributes.write(before: .address, text, to: &out)
        string(",\"address\":", batch.names[row].address)
        out.append(0x7D)
    }

    /// The attributes of one event in canonical order, written piece by piece between the columns.
    private struct Attributes {
        private var pending: [EventBatch.Attribute]
        private var next = 0

        init(_ batch: borrowing EventBatch, _ row: Int) {
            let own = batch.attributes(of: row)
            // Stable by construction: a key stands at most once, except `unknown`, whose order is that of the input.
            pending = own.isEmpty ? [] : own.sorted { $0.key.rawValue < $1.key.rawValue }
        }

        mutating func write(before end: EventKey, _ text: RawSpan, to out: inout [UInt8]) {
            while next < pending.count, pending[next].key.rawValue < end.rawValue {
                let attribute = pending[next]
                next += 1
                out.append(contentsOf: [0x2C, 0x22])
                CanonicalJSON.append(attribute.key.name, to: &out)
                out.append(contentsOf: [0x22, 0x3A])
                if attribute.key == .unknown {
                    writeUnknown(attribute, text, to: &out)
                    continue
                }
                switch attribute.key.form {
                case .text: CanonicalJSON.appendString(text, attribute.text.range, to: &out)
                case .integer: CanonicalJSON.append(attribute.integer, to: &out)
                case .flag: CanonicalJSON.append("true", to: &out)
                case .json: CanonicalJSON.append(text, attribute.text.range, to: &out)
                }
            }
        }

        /// `"unknown":["a","b"]`: one attribute for each name.
        private mutating func writeUnknown(_ first: EventBatch.Attribute, _ text: RawSpan, to out: inout [UInt8]) {
            out.append(0x5B)
            CanonicalJSON.appendString(text, first.text.range, to: &out)
            while next < pending.count, pending[next].key == .unknown {
                out.append(0x2C)
                CanonicalJSON.appendString(text, pending[next].text.range, to: &out)
                next += 1
            }
            out.append(0x5D)
        }
    }
}
