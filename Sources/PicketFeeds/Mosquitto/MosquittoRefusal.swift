import PicketEvents

/// A connection that was turned away before it was a client, with its address in the line:
/// "Client connection from IP failed: …" (TLS), "… denied: max_connections exceeded.", "… denied access by tcpd.";
/// 2.1 behind a proxy: "Connection from IP:PORT rejected, …" and "Connection rejected, corrupt PROXY header.".
///
/// Sources: eclipse-mosquitto `src/net.c`, `src/proxy_v1.c`, `src/proxy_v2.c`. A proxied connection that is rejected
/// gets no disconnect line (`MOSQ_ERR_PROXY`), so this one stands for it.
struct MosquittoRefusal {
    var address: Range<Int>?
    var reason: Reason

    init?(_ text: RawSpan, _ message: Range<Int>) {
        if text.equals("Connection rejected, corrupt PROXY header.", message) {
            reason = .protocolError
            return
        }
        let tls: StaticString = "Client connection from "
        let proxied: StaticString = "Connection from "
        let isProxied = text.begins(proxied, message)
        guard isProxied || text.begins(tls, message) else { return nil }
        let start = message.lowerBound + (isProxied ? proxied : tls).utf8CodeUnitCount
        guard let gap = text.first(0x20, in: start..<message.upperBound), start < gap else { return nil }
        let rest = gap..<message.upperBound
        if isProxied {
            guard let peer = MosquittoPeer(text, start..<gap) else { return nil }
            address = peer.address
            if text.equals(" rejected, client did not provide a certificate.", rest) {
                reason = .badCertificate
            } else if text.begins(" rejected, ", rest) {
                reason = .protocolError
            } else {
                return nil
            }
            return
        }
        address = start..<gap
        if text.begins(" failed: ", rest) {
            reason = MosquittoHandshake.isCertificate(text, rest) ? .badCertificate : .protocolError
        } else if text.equals(" denied: max_connections exceeded.", rest) {
            reason = .unavailable
        } else if text.equals(" denied access by tcpd.", rest) {
            reason = .banned
        } else {
            return nil
        }
    }
}

/// What an OpenSSL error says about the other side's certificate.
enum MosquittoHandshake {
    /// Whether OpenSSL refused the client's certificate, or missed it. An "alert" is the opposite: the client refused
    /// the broker's.
    static func isCertificate(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard text.first("alert", in: range) == nil else { return false }
        return text.first("certificate", in: range) != nil
    }
}
