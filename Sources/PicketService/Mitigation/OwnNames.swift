import PicketMitigation

/// As whom Picket itself speaks to brokers. A broker's record of Picket's own messages looks like that of a device: with
/// many commands repeated, a limit for all devices is exceeded by Picket, and it would cut itself off.
enum OwnNames {
    /// The names of the users that we log in as, and of our certificates.
    ///
    /// Client ids are not among them: everybody can choose one, and whoever chose ours would be spared. Ours are others in
    /// each connection.
    static func all(in configuration: Configuration) -> [String] {
        var names: [String] = []
        for address in configuration.brokers.compactMap(\.address) {
            names += [address.user, address.certificate.flatMap(CertificateName.common)].compactMap { $0 }
        }
        for feed in configuration.feeds {
            guard case .mqtt(let subscription) = feed.source else { continue }
            names += [subscription.user, subscription.certificate.flatMap(CertificateName.common)].compactMap { $0 }
        }
        return names
    }
}
