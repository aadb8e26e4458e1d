/// A range of IPv4 or IPv6 addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single one.
///
/// An IPv4 address in IPv6's clothes (`::ffff:10.0.0.1`) is the IPv4 address: brokers that listen on both print it so.
package struct AddressRange: Hashable, Sendable {
    let first: IPAddress
    /// Leading bits that must be equal, of 32 or 128.
    let prefix: Int

    /// Whether the text in `range` is an address of the range. What is no address is in none.
    package func contains(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard let address = IPAddress(text, range), address.isIPv4 == first.isIPv4 else { return false }
        return address.masked(prefix) == first
    }
}

extension AddressRange: CustomStringConvertible {
    /// As it is written: `10.0.0.0/8`; a single address alone.
    package var description: String { prefix == (first.isIPv4 ? 32 : 128) ? "\(first)" : "\(first)/\(prefix)" }
}

extension AddressRange {
    /// What is wrong with an address range.
    package enum Failure: Error, Equatable {
        case notAnAddress
        case prefixLength(largest: Int)
        /// Bits behind the prefix are set; holds what was most likely meant.
        case hostBits(String)
    }

    /// Reads an address, or a range with the length of its prefix.
    package init(_ source: String) throws(Failure) {
        let parts = source.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { throw .notAnAddress }
        var prefix = address.isIPv4 ? 32 : 128
        if parts.count == 2 {
            // A mapped address was written with the prefix of the longer form.
            let shift = address.isIPv4 && parts[0].contains(":") ? 96 : 0
            guard !parts[1].isEmpty, parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = Int(parts[1]), length <= prefix + shift, length >= shift
            else { throw .prefixLength(largest: prefix + shift) }
            prefix = length - shift
        }
        guard address.masked(prefix) == address else {
            throw .hostBits("\(address.masked(prefix))/\(prefix)")
        }
        first = address
        self.prefix = prefix
    }
}
