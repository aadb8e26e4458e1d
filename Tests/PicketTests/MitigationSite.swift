import Foundation
import Glibc
import PicketEvents
import PicketMitigation
import Testing

/// A fleet with a certificate authority, a Mosquitto with mutual TLS and Picket's plugin, and Picket that acts on it. More
/// than twenty messages in an hour are a violation: on a busy machine a device takes a minute for so many.
final class MitigationSite {
    let broker: PluginSite
    let authority: CertificateAuthority
    private var isConfigured = false

    /// - Parameters:
    ///   - devices: who gets a certificate.
    ///   - playbook: the keys of the playbook `contain`, in YAML.
    init(devices: [String], playbook: String, options: [String] = []) throws {
        broker = try PluginSite(options: ["plugin_opt_certificate_login true"] + options)
        authority = CertificateAuthority(folder: broker.folder.file("ca"))
        try authority.create(name: "Test fleet", now: Date())
        try FileManager.default.createDirectory(atPath: file("keys"), withIntermediateDirectories: true)
        for name in ["127.0.0.1", "picket"] + devices { try issue(name) }
        try folder.write("crl.pem", try authority.list())
        var lines = try String(contentsOfFile: file("mosquitto.conf"), encoding: .utf8)
        lines += """
            require_certificate true
            cafile \(file("ca/ca.crt"))
            crlfile \(file("crl.pem"))
            certfile \(file("keys/127.0.0.1.crt"))
            keyfile \(file("keys/127.0.0.1.key"))
            pid_file \(file("mosquitto.pid"))

            """
        try folder.write("mosquitto.conf", lines)
        try folder.write("profile.yaml", MitigationSite.profile)
        try writePlaybook(playbook)
        try writeConfiguration()
    }

    private static let profile = """
        profile: site
        targets: [all]
        behaviors:
          - { name: flood, metric: num-messages-sent, alarm: more than 20 in 1h, severity: high, playbook: contain }

        """

    var folder: ProductFolder { broker.folder }
    var url: String { "mqtts://127.0.0.1:\(broker.port)" }
    func file(_ name: String) -> String { folder.file(name) }

    /// A certificate for `name`, in `keys`.
    func issue(_ name: String) throws {
        let issued = try authority.issue(name: name, now: Date())
        try folder.write("keys/\(name).crt", issued.certificate)
        try folder.write("keys/\(name).key", issued.key)
    }

    func writePlaybook(_ keys: String) throws {
        let indented = keys.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        try folder.write("playbooks.yaml", "playbooks:\n  contain:\n\(indented)\n")
        try #require(chmod(file("playbooks.yaml"), 0o644) == 0)
    }

    /// - Parameters:
    ///   - broker: keys of the broker besides the usual ones.
    ///   - isReachable: whether Picket itself may connect to it.
    func writeConfiguration(broker keys: String = "", _ more: String = "", isReachable: Bool = true) throws {
        let address =
            isReachable
            ? ", url: \"\(url)\", ca: ca/ca.crt, certificate: keys/picket.crt, key: keys/picket.key" : ""
        try folder.write(
            "picket.yaml",
            """
            data: data
            profiles: [profile.yaml]
            playbooks: [playbooks.yaml]
            listen: off
            feeds:
              - { name: broker, plugin: broker.sock }
            brokers:
              - { name: main, plugin: broker, crl: crl.pem, pid: mosquitto.pid, authority: ca\(address)\(keys) }
            \(more)
            """)
    }

    func start() throws -> ProductProgram {
        try broker.startBroker()
        return try broker.startPicket()
    }

    // MARK: What the record says

    func mitigations(_ event: String, _ device: String) throws -> [[String: Any]] {
        try broker.records().filter {
            $0["kind"] as? String == "mitigation" && $0["event"] as? String == event
                && $0["device"] as? String == device
        }
    }

    /// The id of the intent of a step.
    func id(_ step: String, _ device: String) throws -> String {
        try mitigations("intent", device).last { $0["step"] as? String == step }?["id"] as? String ?? ""
    }

    /// The state that the newest outcome of a step gives; nil before it.
    func outcome(_ step: String, _ device: String) throws -> String? {
        let ids = try mitigations("intent", device).filter { $0["step"] as? String == step }.compactMap {
            $0["id"] as? String
        }
        return try mitigations("outcome", device).last { ids.contains($0["id"] as? String ?? "") }?["state"] as? String
    }

    /// Whether a fact was seen; nil when nobody looked.
    func isSeen(_ fact: String, _ device: String) throws -> Bool? {
        try mitigations("fact", device).last { $0["fact"] as? String == fact }.map { $0["seen"] as? String == "yes" }
    }

    func detail(of fact: String, _ device: String) throws -> String {
        try mitigations("fact", device).last { $0["fact"] as? String == fact }?["detail"] as? String ?? ""
    }

    /// The serial number of a device's certificate.
    func serial(of name: String) throws -> String {
        try authority.register().entries.last { $0.name == name }?.serial ?? ""
    }

    /// Whether the plugin's file denies the device's certificate; it writes numbers without leading zeros.
    func isDenied(_ name: String) throws -> Bool {
        let serial = try serial(of: name).drop { $0 == "0" }
        return try String(contentsOfFile: file("deny"), encoding: .utf8).contains(serial)
    }

    func isRevoked(_ name: String) throws -> Bool {
        try authority.register().entries.last { $0.name == name }?.revokedAt != nil
    }
}
