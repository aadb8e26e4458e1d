import PicketEvents

/// The keys a query can name. Those with a list of blocks in the index are found fast; all are compared exactly.
package enum IndexedKey: UInt8, CaseIterable, Hashable, Sendable {
    case device = 1
    case user = 2
    case address = 3
    case feed = 4
    case kind = 5
    case profile = 6
    case severity = 7
    case behavior = 8
    case client = 9
    case topic = 10
    /// The serial number of a client certificate, however the record writes it.
    case certificate = 11

    /// The key in a line.
    package var name: String {
        switch self {
        case .device: "device"
        case .user: "user"
        case .address: "address"
        case .feed: "feed"
        case .kind: "kind"
        case .profile: "profile"
        case .severity: "severity"
        case .behavior: "behavior"
        case .client: "client"
        case .topic: "topic"
        case .certificate: "certificate"
        }
    }

    /// The key that is called `name`.
    package init?(name: String) {
        guard let key = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = key
    }

    /// Whether the index lists the blocks of each value. Clients, topics and certificates have too many values for what a
    /// list of them saves: they follow the device.
    var isListed: Bool { self.rawValue <= IndexedKey.behavior.rawValue }

    /// The key of a line's bytes, where it is listed. The first letters tell the eight apart.
    static func listed(_ bytes: [UInt8], _ range: Range<Int>) -> IndexedKey? {
        switch range.count {
        case 4 where bytes[range.lowerBound] == 0x66: match(.feed, bytes, range)
        case 4 where bytes[range.lowerBound] == 0x6B: match(.kind, bytes, range)
        case 4: match(.user, bytes, range)
        case 6: match(.device, bytes, range)
        case 7 where bytes[range.lowerBound] == 0x61: match(.address, bytes, range)
        case 7: match(.profile, bytes, range)
        case 8 where bytes[range.lowerBound] == 0x62: match(.behavior, bytes, range)
        case 8: match(.severity, bytes, range)
        default: nil
        }
    }

    private static func match(_ key: IndexedKey, _ bytes: [UInt8], _ range: Range<Int>) -> IndexedKey? {
        bytes[range].elementsEqual(key.name.utf8) ? key : nil
    }
}
