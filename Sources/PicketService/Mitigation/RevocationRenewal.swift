import Foundation
import PicketMitigation

/// Writes revocation lists anew long before they expire: a broker whose list has expired refuses every device.
struct RevocationRenewal {
    let brokers: [BrokerConfiguration]
    let say: @Sendable (String) -> Void

    /// Lists are valid for a week and made anew after half of it: an hour is soon enough.
    private static let every = Duration.seconds(3_600)

    func run() async throws {
        while !Task.isCancelled {
            for broker in brokers { renew(broker) }
            do {
                try await Task.sleep(for: Self.every)
            } catch {
                return
            }
        }
    }

    private func renew(_ broker: BrokerConfiguration) {
        guard let folder = broker.authority, let revocation = broker.revocation else { return }
        let authority = CertificateAuthority(folder: folder)
        guard authority.listIsDue(now: Date()) else { return }
        do {
            try authority.renewList(now: Date())
            _ = try revocation.install(try authority.list())
            let problem = revocation.reload()
            say(
                "picket: a new revocation list for \(broker.name)"
                    + (problem.map { "; the broker has not read it: \($0)" } ?? ""))
        } catch {
            say("picket: the revocation list of \(broker.name) could not be renewed: \(error)")
        }
    }
}
