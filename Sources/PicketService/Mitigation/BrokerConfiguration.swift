import Foundation
import MQTT
package import PicketMitigation
import PicketProfiles

/// A broker on which devices are cut off.
package struct BrokerConfiguration: Equatable, Sendable {
    package var name: String
    /// The name of the feed of its plugin; nil when it has none.
    package var plugin: String?
    /// Its revocation list; nil when it reads none of ours.
    package var revocation: BrokerRevocation?
    /// The folder of the certificate authority whose list it reads.
    package var authority: String?

    /// Where it takes commands for devices; nil when nobody sends any.
    package var address: Address?

    /// How its clients and groups are administered.
    package enum Control: String, CaseIterable, Equatable, Sendable {
        /// Mosquitto's plugin of that name, over its control topic.
        case dynamicSecurity = "dynamic-security"
    }

    /// Nil where we may not.
    package var control: Control?

    /// Whether it reads a revocation list of ours, and nobody can ask it with a canary whether it really does.
    var cannotBeProbed: Bool { authority != nil && revocation != nil && address == nil }

    /// Whether nobody sees what comes and goes at it: it has a plugin, which is away.
    func isBlind(_ plugins: [String: BrokerPlugin]) -> Bool { plugin.flatMap { plugins[$0] }?.isConnected == false }

    /// Whether a canary proves that it reads our list.
    var isProbed: Bool { authority != nil && revocation != nil && address != nil }

    /// How Picket itself connects to it.
    package struct Address: Equatable, Sendable {
        /// `mqtts://broker.example:8883`.
        package var url: String
        /// Files in PEM: authorities that are trusted, our certificate, its key.
        package var authorities: String?
        package var certificate: String?
        package var key: String?
        /// The user we log in as, and where the password comes from; nil where the certificate is enough.
        package var user: String?
        package var password: SecretSource?
        /// Whether the broker's ACL lets each device publish to its own topics only, so that a topic says who spoke. Else
        /// the record of the plugin has to say it.
        package var topicsAreBound = false
    }

    /// Reads one entry of `brokers`.
    static func read(_ node: YAMLNode, _ collector: DiagnosticCollector) -> BrokerConfiguration? {
        guard var keys = MappingReader(node, "a broker", collector) else { return nil }
        let name = keys.text(["name"])?.text ?? "broker"
        if let kind = keys.text(["kind"]), kind.text != "mosquitto" {
            collector.report(
                .unknownValue, at: kind.place, "there is no kind of broker `\(kind.text)`",
                help: "known is mosquitto")
        }
        var broker = BrokerConfiguration(name: name, plugin: keys.text(["plugin"])?.text)
        let list = keys.text(["crl"])
        let process = keys.text(["pid"])
        let authority = keys.text(["authority"])
        NamedFiles.needAuthority(authority, collector)
        broker.authority = authority?.text
        broker.address = address(&keys, collector)
        if let control = keys.text(["control"]) {
            broker.control = Control(rawValue: control.text)
            if broker.control == nil {
                collector.report(
                    .unknownValue, at: control.place, "nobody administers a broker by `\(control.text)`",
                    help: "known is dynamic-security")
            } else if broker.address == nil {
                collector.report(
                    .missingKey, at: control.place, "`control` needs `url`", help: "for example mqtts://127.0.0.1:8883")
            }
        }
        keys.finish()
        if let list {
            broker.revocation = BrokerRevocation(listFile: list.text, processFile: process?.text)
            if broker.authority == nil {
                collector.report(
                    .missingKey, at: list.place, "`crl` needs `authority`",
                    help: "the folder of the certificate authority that signs the list (picket ca init)")
            } else if let folder = broker.authority,
                URL(fileURLWithPath: CertificateAuthority(folder: folder).listFile).standardizedFileURL
                    == URL(fileURLWithPath: list.text).standardizedFileURL
            {
                // Then nobody sees that the broker has an older one, and nobody tells it to read the new one.
                collector.report(
                    .unknownValue, at: list.place, "`crl` is the authority's own file",
                    help: "name a copy that the broker reads, and Picket keeps, for example /etc/mosquitto/crl.pem")
            }
        }
        return broker
    }

    private static func address(_ keys: inout MappingReader, _ collector: DiagnosticCollector) -> Address? {
        let url = keys.text(["url"])
        let files = TLSFiles(&keys, collector)
        let bound = keys.text(["acknowledgements"])
        let user = keys.text(["user"])
        let password = keys.take("password")
        guard let url else {
            if let lost = files.authorities ?? files.certificate ?? files.key ?? bound ?? user {
                collector.report(
                    .missingKey, at: lost.place, "this needs `url`", help: "for example mqtts://127.0.0.1:8883")
            }
            return nil
        }
        var address = Address(
            url: url.text, authorities: files.authorities?.text, certificate: files.certificate?.text,
            key: files.key?.text)
        address.user = user?.text
        address.password = password.flatMap { SecretSource.read($0, collector) }
        if (user == nil) != (password == nil) {
            collector.report(
                .missingKey, at: user?.place ?? password?.keyPlace ?? url.place,
                "`user` and `password` belong together",
                help: "password: { file: … }")
        }
        do {
            _ = try address.configuration(client: "picket", hasSecret: false)
        } catch {
            collector.report(.wrongType, at: url.place, "\(error)")
        }
        switch bound?.text {
        case nil, "plugin": break
        case "acl": address.topicsAreBound = true
        default:
            collector.report(
                .unknownValue, at: bound?.place ?? url.place,
                "who sent an acknowledgement is said by `plugin` or `acl`",
                help: "acl: the broker lets each device publish to its own topics only")
        }
        return address
    }
}

extension BrokerConfiguration.Address {
    /// How a client of ours connects.
    ///
    /// - Parameter hasSecret: whether the password is read too.
    func configuration(client: String, hasSecret: Bool = true) throws(MQTTError) -> MQTTConfiguration {
        var configuration = try MQTTConfiguration(
            url: url, client: client, tls: MQTTTLS(authorities: authorities, certificate: certificate, key: key))
        configuration.user = user
        guard hasSecret, let password else { return configuration }
        do {
            configuration.password = try password.read()
        } catch {
            throw .configuration("\(error)")
        }
        return configuration
    }
}
