import PicketEvents

/// Messages that the broker threw away.
///
/// Sources: eclipse-mosquitto `src/database.c` ("Outgoing messages are being dropped …", once per client),
/// `src/send_publish.c` ("Dropping too large outgoing …"), `src/handle_publish.c` ("Dropped too large …"), and 2.1's
/// "Rejected PUBLISH …, quota exceeded.".
struct MosquittoDrop {
    /// Nil where the line does not say.
    var client: Range<Int>?
    /// How many bytes stand before a client id that is followed by the parameters of a message.
    var messageAfter: Int?
    var reason: Reason

    init?(_ text: RawSpan, _ message: Range<Int>) {
        func between(_ start: StaticString, _ end: StaticString) -> Range<Int>? {
            guard text.begins(start, message), text.ends(end, message) else { return nil }
            let lower = message.lowerBound + start.utf8CodeUnitCount
            let upper = message.upperBound - end.utf8CodeUnitCount
            return lower < upper ? lower..<upper : nil
        }
        if let client = between("Outgoing messages are being dropped for client ", ".") {
            self.client = client
            reason = .throttled
        } else if let client = between("Rejected PUBLISH from ", ", quota exceeded.")
            ?? between("Rejected PUBLISH to ", ", quota exceeded.")
        {
            self.client = client
            reason = .throttled
        } else if let rest = between("Dropping too large outgoing PUBLISH for ", " bytes)") {
            guard let open = text.last(" (", in: rest), rest.lowerBound < open,
                text.isDigits(open + 2..<rest.upperBound)
            else { return nil }
            client = rest.lowerBound..<open
            reason = .oversize
        } else if let size = between("Dropping too large outgoing PUBLISH (", " bytes)") {
            guard text.isDigits(size) else { return nil }
            reason = .oversize
        } else {
            let large: StaticString = "Dropped too large PUBLISH from "
            guard text.begins(large, message), MosquittoMessage.isWhole(text, message) else { return nil }
            messageAfter = large.utf8CodeUnitCount
            reason = .oversize
        }
    }
}
