/// Why a piece of input did not become an event. The record keeps this, the length and a hash of the input, and none
/// of its bytes.
public enum RejectionReason: String, CaseIterable, Sendable {
    case notUTF8 = "not-utf8"
    case notJSON = "not-json"
    case notObject = "not-an-object"
    case notALine = "not-understood"
    case tooLong = "too-long"
    case cutOff = "cut-off"
    case tooDeep = "too-deep"
    case tooManyKeys = "too-many-keys"
    case duplicateKey = "duplicate-key"
    case reservedKind = "reserved-kind"
    case unknownKind = "unknown-kind"
    case noKind = "no-kind"
    case noTime = "no-time"
    case badTime = "unreadable-time"
    case timeOutOfRange = "time-out-of-range"
    case timeJump = "time-jump"
    case badNumber = "number-out-of-range"
    case badValue = "wrong-type"
    case notCBOR = "not-cbor"
    /// A device's metrics report breaks its specification.
    case badReport = "invalid-report"
    /// Somebody else than the broker says has published it.
    case identityMismatch = "identity-mismatch"
    /// The fleet does not know the device.
    case unknownDevice = "unknown-device"
    /// A report that was sent before, or out of order.
    case replayedReport = "replayed-report"
    /// A device says that it is another time than it can be.
    case impossibleTime = "impossible-time"
    /// An event that came before.
    case repeatedEvent = "repeated-event"
    /// An alert of a device breaks its format.
    case badAlert = "invalid-alert"
    /// The pieces of something longer do not make the whole that was announced.
    case missingPiece = "missing-piece"
    /// A summary of rejections beyond the rate that is kept one by one; `bytes` is then their number.
    case suppressed = "suppressed"

    /// The attributes of a `rejected` record.
    public static func attributes(
        reason: RejectionReason, sha256: [UInt8], in batch: inout EventBatch
    ) -> [EventBatch.Attribute] {
        let reasonText = batch.appendText(reason.rawValue.utf8)
        var hex: [UInt8] = []
        Hex.append(sha256, to: &hex)
        let hashText = batch.appendText(hex)
        return [
            EventBatch.Attribute(key: .reason, text: reasonText),
            EventBatch.Attribute(key: .sha256, text: hashText),
        ]
    }
}
