/// What a behavior is evaluated for.
package enum SubjectKind: String, CaseIterable, Codable, Sendable {
    case device, user, address, topic
    /// The serial number of the client certificate that an event shows.
    case certificate
    /// The feed that an event came from.
    case feed

    /// The key under which a record names a subject of this kind. In every record `feed` says who wrote it, and no key may
    /// stand twice in a line: a feed that a record is about is its `name`, as in the records of kind `feed`.
    package var recordKey: String { self == .feed ? "name" : rawValue }

    /// The column of the batch that names the subject of an event; none for kinds that have no column.
    @inlinable
    package func slice(_ batch: borrowing EventBatch, _ row: Int) -> TextSlice {
        switch self {
        case .device: batch.names[row].device
        case .user: batch.names[row].user
        case .address: batch.names[row].address
        case .topic: batch.names[row].topic
        case .certificate, .feed: .none
        }
    }
}
