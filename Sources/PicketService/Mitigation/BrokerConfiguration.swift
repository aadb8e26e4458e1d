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
        keys.refuse(
            [
                "url": "this version reaches a broker by its plugin and its files",
                "control": "this version does not use dynamic security yet",
            ], code: .notYet)
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
}
