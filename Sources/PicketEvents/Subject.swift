/// What a behavior is evaluated for.
package enum SubjectKind: String, CaseIterable, Codable, Sendable {
    case device, user, address, topic

    /// The column of the batch that names the subject of an event.
    @inlinable
    package func slice(_ batch: borrowing EventBatch, _ row: Int) -> TextSlice {
        switch self {
        case .device: batch.names[row].device
        case .user: batch.names[row].user
        case .address: batch.names[row].address
        case .topic: batch.names[row].topic
        }
    }
}
