/// Where the HTTP interface listens: an address of this machine only.
package struct ListenAddress: Equatable, Sendable {
    package var host = "127.0.0.1"
    package var port = 8_787
    /// Somebody asked for this one: that it cannot be had is an error. The default yields to whoever is there.
    package var isExplicit = false

    package init() {}

    /// Whether a person chose it does not make it another address.
    package static func == (a: ListenAddress, b: ListenAddress) -> Bool { a.host == b.host && a.port == b.port }

    /// The address in `HOST:PORT`; nil when it is none, or not a loopback address.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), ListenAddress.isLoopbackName(text)
        else { return nil }
        host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.port = port
        isExplicit = true
    }

    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether `authority`, a host with or without a port, is a name that only this machine has.
    static func isLoopbackName(_ authority: String) -> Bool {
        var host = authority
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = String(host[..<colon]) }
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
