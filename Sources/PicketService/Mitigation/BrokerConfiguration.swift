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

    /// Whether it reads a revocation list of ours, and nobody can ask it with a canary whether it really does.
    var cannotBeProbed: Bool { authority != nil && revocation != nil && address == nil }

    /// How Picket itself connects to it.
    package struct Address: Equatable, Sendable {
        /// `mqtts://broker.example:8883`.
        package var url: String
        /// Files in PEM: authorities that are trusted, our certificate, its key.
        package var authorities: String?
        package var certificate: String?
        package var key: String?
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
        broker.authority = keys.text(["authority"])?.text
        broker.address = address(&keys, collector)
        keys.refuse(["control": "this version does not use dynamic security yet"], code: .notYet)
        keys.finish()
        if let list {
            broker.revocation = BrokerRevocation(listFile: list.text, processFile: process?.text)
            if broker.authority == nil {
                collector.report(
                    .missingKey, at: list.place, "`crl` needs `authority`",
                    help: "the folder of the certificate authority that signs the list (picket ca init)")
            }
        }
        return broker
    }

    private static func address(_ keys: inout MappingReader, _ collector: DiagnosticCollector) -> Address? {
        let url = keys.text(["url"])
        let (authorities, certificate, key) = (keys.text(["ca"]), keys.text(["certificate"]), keys.text(["key"]))
        let bound = keys.text(["acknowledgements"])
        guard let url else {
            if let lost = authorities ?? certificate ?? key ?? bound {
                collector.report(
                    .missingKey, at: lost.place, "this needs `url`", help: "for example mqtts://127.0.0.1:8883")
            }
            return nil
        }
        var address = Address(
            url: url.text, authorities: authorities?.text, certificate: certificate?.text, key: key?.text)
        do {
            _ = try address.configuration(client: "picket")
        } catch {
            collector.report(.wrongType, at: url.place, "\(error)")
        }
        if (certificate == nil) != (key == nil), let one = certificate ?? key {
            collector.report(.missingKey, at: one.place, "`certificate` and `key` belong together")
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
    func configuration(client: String) throws(MQTTError) -> MQTTConfiguration {
        try MQTTConfiguration(
            url: url, client: client, tls: MQTTTLS(authorities: authorities, certificate: certificate, key: key))
    }
}
