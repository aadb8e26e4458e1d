package import PicketEvents

/// Why a record is not what its format says it is. It becomes a `rejected` event.
package struct RecordProblem: Error, Equatable, Sendable {
    package var reason: RejectionReason
    /// What exactly is wrong, for whoever sent it (an answer to a device). Never written to the log.
    package var detail: String?
    /// The time that the record claimed, where it could be read; it serves to judge a jump in time before it.
    package var time: Int64?

    package init(_ reason: RejectionReason, detail: String? = nil, time: Int64? = nil) {
        self.reason = reason
        self.detail = detail
        self.time = time
    }
}
