import GRDB

/// What the log says of a device.
package struct DeviceEntry: FetchableRecord, Codable, Equatable, Sendable {
    package var name: String
    /// `received` of its first and newest event, Unix milliseconds.
    package var first: Int64
    package var last: Int64
    package var events: Int64
    /// The address of its newest event that has one.
    package var address: String?
}
