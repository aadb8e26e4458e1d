import MQTT
import PicketMitigation

/// Asks a broker whether it refuses a certificate that its revocation list revokes: the only proof that it reads the list.
/// Mosquitto goes on without one when it cannot read it, and says so in its log alone (measured with 2.0.11).
struct CanaryProbe {
    /// What the broker did.
    enum Answer: Equatable, Sendable {
        /// It said that the certificate is revoked.
        case refused
        /// It let it in, as far as MQTT.
        case letIn
        /// It refuses everybody: its list has expired.
        case listExpired
        case unclear(String)
    }

    let address: BrokerConfiguration.Address
    let authority: CertificateAuthority

    /// A broker of this machine or the next rack answers in milliseconds; one that does not is no proof.
    private static let timeout = Duration.seconds(3)
    private static let pause = Duration.milliseconds(50)

    /// Asks once. A client without a name that wants its session kept is refused by every broker (MQTT 3.1.1 §3.1.3.1), so
    /// that even a canary that is let in begins no session, and nobody mistakes it for a device.
    func ask() async -> Answer {
        var configuration: MQTTConfiguration
        do {
            configuration = try address.configuration(client: "")
        } catch {
            return .unclear("\(error)")
        }
        configuration.version = .v311
        configuration.cleanStart = false
        configuration.reconnect = nil
        configuration.connectTimeout = Self.timeout
        configuration.tls?.certificate = authority.canaryCertificateFile
        configuration.tls?.key = authority.canaryKeyFile
        guard configuration.tls != nil else { return .unclear("the `url` is not mqtts") }
        let client = MQTTClient(configuration)
        defer { Task { await client.close() } }
        do {
            try await client.connect()
            return .letIn
        } catch MQTTError.refused {
            return .letIn
        } catch {
            // The alerts of RFC 8446 §6.2, as BoringSSL spells them.
            let words = "\(error)"
            if words.contains("CERTIFICATE_REVOKED") { return .refused }
            if words.contains("CERTIFICATE_EXPIRED") { return .listExpired }
            return .unclear(words)
        }
    }

    /// Asks until the canary is refused, for at most `seconds`: after SIGHUP a broker first ends what it is at.
    func ask(forSeconds seconds: Int) async -> Answer {
        let end = ContinuousClock.now + .seconds(seconds)
        var answer = await ask()
        while answer != .refused, ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: Self.pause)
            answer = await ask()
        }
        return answer
    }
}
