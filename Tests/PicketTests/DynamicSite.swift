import Foundation
import Glibc
import MQTT
import Testing

/// A Mosquitto with dynamic security and Picket's plugin, whose devices log in by passwords, and Picket that administers it.
/// More than twenty messages in a minute are a violation; a device of the group `quarantine` may say nothing.
final class DynamicSite {
    static let library = [
        "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
        "/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so", "/usr/lib/mosquitto_dynamic_security.so",
    ].first { FileManager.default.fileExists(atPath: $0) }
    static let password = "of-a-device-in-a-test"

    let broker: PluginSite

    /// - Parameters:
    ///   - devices: who may log in, and publish anywhere.
    ///   - hasOwnRole: whether they have their rights by a role of their own, not by their group.
    init(devices: [String], playbook: String, hasOwnRole: Bool = false, fleet: String? = nil) throws {
        broker = try PluginSite()
        let folder = broker.folder
        let secret = "the-administrator-of-a-test"
        try folder.write("control.secret", secret + "\n")
        var lines = try String(contentsOfFile: folder.file("mosquitto.conf"), encoding: .utf8)
        lines = lines.replacingOccurrences(of: "allow_anonymous true", with: "allow_anonymous false")
        lines += "plugin \(DynamicSite.library ?? "")\nplugin_opt_config_file \(folder.file("dynamic.json"))\n"
        try folder.write("mosquitto.conf", lines)
        let made = try ProductProgram.run(
            ["dynsec", "init", folder.file("dynamic.json"), "picket", secret], executable: "/usr/bin/mosquitto_ctrl",
            in: folder)
        try #require(made.end == .code(0), "\(made.words)")
        try folder.write(
            "profile.yaml",
            """
            profile: site
            targets: [all]
            behaviors:
              - { name: flood, metric: num-messages-sent, alarm: more than 20 in 1h, severity: high, playbook: contain }
            """)
        try folder.write(
            "apart.yaml",
            """
            profile: apart
            targets: [{ group: quarantine }]
            behaviors:
              - { name: tries, metric: num-connection-attempts, alarm: any, severity: low }
            """)
        try folder.write(
            "fleet.yaml",
            fleet
                ?? """
                identity: user
                groups: { devices: {}, quarantine: {} }
                devices:
                \(devices.map { "  \($0): { group: devices }" }.joined(separator: "\n"))

                """)
        let indented = playbook.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        try folder.write("playbooks.yaml", "playbooks:\n  contain:\n\(indented)\n")
        try #require(chmod(folder.file("playbooks.yaml"), 0o644) == 0)
        try folder.write(
            "picket.yaml",
            """
            data: data
            profiles: [profile.yaml, apart.yaml]
            fleet: fleet.yaml
            playbooks: [playbooks.yaml]
            listen: off
            feeds:
              - { name: broker, plugin: broker.sock }
            brokers:
              - { name: main, plugin: broker, control: dynamic-security, url: "mqtt://127.0.0.1:\(broker.port)", \
            user: picket, password: { file: control.secret } }

            """)
        try broker.startBroker()
        try setUp(devices, hasOwnRole: hasOwnRole)
    }

    private func setUp(_ devices: [String], hasOwnRole: Bool) throws {
        var commands = [
            ["createRole", "speak"], ["addRoleACL", "speak", "publishClientSend", "#", "allow", "0"],
            ["addRoleACL", "speak", "subscribePattern", "#", "allow", "0"], ["createRole", "mute"],
            ["addRoleACL", "mute", "publishClientSend", "#", "deny", "0"],
            ["addRoleACL", "mute", "subscribePattern", "#", "deny", "0"], ["createGroup", "devices"],
            ["createGroup", "quarantine"], ["addGroupRole", "quarantine", "mute"],
        ]
        if !hasOwnRole { commands.append(["addGroupRole", "devices", "speak"]) }
        for device in devices {
            commands += [
                ["createClient", device, "-p", DynamicSite.password], ["addGroupClient", "devices", device],
            ]
            if hasOwnRole { commands.append(["addClientRole", device, "speak", "0"]) }
        }
        for command in commands { try control(command) }
    }

    /// One command of the administrator, as a person gives it.
    @discardableResult
    func control(_ words: [String]) throws -> String {
        let ran = try ProductProgram.run(
            ["-h", "127.0.0.1", "-p", "\(broker.port)", "-u", "picket", "-P", "the-administrator-of-a-test", "dynsec"]
                + words, executable: "/usr/bin/mosquitto_ctrl", in: broker.folder)
        let text = String(decoding: ran.output, as: UTF8.self) + ran.words
        try #require(ran.end == .code(0) && !text.contains("Error"), "\(words): \(text)")
        return text
    }

    /// A device, which logs in as itself and comes back whenever it is sent away.
    func device(_ name: String) throws -> MQTTClient {
        var configuration = try MQTTConfiguration(url: "mqtt://127.0.0.1:\(broker.port)", client: name)
        configuration.user = name
        configuration.password = Array(Self.password.utf8)
        configuration.reconnect = Backoff(first: .milliseconds(50), longest: .milliseconds(300))
        return MQTTClient(configuration)
    }

    func mitigations(_ event: String, _ device: String) throws -> [[String: Any]] {
        try broker.records().filter {
            $0["kind"] as? String == "mitigation" && $0["event"] as? String == event
                && $0["device"] as? String == device
        }
    }

    func id(_ step: String, _ device: String) throws -> String {
        try mitigations("intent", device).last { $0["step"] as? String == step }?["id"] as? String ?? ""
    }

    func outcome(_ step: String, _ device: String) throws -> String? {
        let id = try id(step, device)
        return try mitigations("outcome", device).last { $0["id"] as? String == id }?["state"] as? String
    }

    func fact(_ name: String, _ device: String) throws -> String? {
        try mitigations("fact", device).last { $0["fact"] as? String == name }?["seen"] as? String
    }
}
