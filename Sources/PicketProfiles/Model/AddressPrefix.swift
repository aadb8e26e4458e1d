/// How many leading bits of an address make one subject: one attacker behind many addresses of a network is one.
package struct AddressPrefix: Hashable, Sendable {
    /// Bits of an IPv4 address, 1 to 32.
    package let ipv4: Int
    /// Bits of an IPv6 address, 1 to 128.
    package let ipv6: Int

    package init(ipv4: Int, ipv6: Int = 64) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// The network of an address as text, `192.0.2.0/24`; the text itself where it is no address.
    package func network(of text: String) -> String {
        guard let address = IPAddress(text) else { return text }
        let bits = address.isIPv4 ? ipv4 : ipv6
        return "\(address.masked(bits))/\(bits)"
    }
}
