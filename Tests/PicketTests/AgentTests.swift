import Foundation
import Glibc
import Testing

/// Where the agent is.
enum DefenderAgent {
    /// The Python that script/setup has installed it for; nil where it has not.
    static let python: String? = {
        let path = "\(Places.package)/.build/aws-agent/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}

/// AWS's own agent for Device Defender, as it is installed from PyPI and as its README runs it: it knows no port and no
/// other broker than AWS's, so Mosquitto listens on port 443 of a loopback address of its own.
@Suite(
    "AWS's agent",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason),
    .enabled(
        if: DefenderAgent.python != nil, "needs AWSIoTDeviceDefenderAgentSDK; script/setup installs it where PyPI is"),
    .enabled(if: geteuid() == 0, "needs root, to listen on port 443"), .waits, .serialized, .timeLimit(.minutes(10)))
struct AgentTests {
    private static func site(_ address: String) throws -> MitigationSite {
        let site = try MitigationSite(devices: ["Thing-1", "Thing-2"], playbook: "mode: observe\nsteps: []")
        try site.issue(address)
        let lines = try String(contentsOfFile: site.file("mosquitto.conf"), encoding: .utf8)
            .replacing("listener \(site.broker.port) 127.0.0.1", with: "listener 443 \(address)")
            .replacing("keys/127.0.0.1.", with: "keys/\(address).")
        try site.folder.write("mosquitto.conf", lines)
        try site.folder.write(
            "picket.yaml",
            """
            data: data
            listen: off
            feeds:
              - { name: broker, plugin: broker.sock }
              - { name: reports, mqtt: "mqtts://\(address):443", topics: ["$aws/things/+/defender/metrics/+"],
                  ca: ca/ca.crt, certificate: keys/picket.crt, key: keys/picket.key, publishers: broker }

            """)
        return site
    }

    private static func agent(
        _ address: String, client: String, thing: String, format: String, _ site: MitigationSite
    ) throws -> ProductProgram {
        try ProductProgram(
            [
                "-u", "-m", "AWSIoTDeviceDefenderAgentSDK.agent", "-e", address, "-r", "ca/ca.crt", "-c",
                "keys/Thing-1.crt", "-k", "keys/Thing-1.key", "-id", client, "-t", thing, "-f", format,
                // Two reports in one second have the same id, and the second one is a replay.
                "-i", "0.4", "-cm",
            ], executable: DefenderAgent.python ?? "python3", in: site.folder)
    }

    private static func heard(_ agent: ProductProgram) -> String {
        String(decoding: agent.outputBytes, as: UTF8.self)
    }

    @Test(
        "Its reports are taken, and it hears what was accepted and what was rejected", arguments: ["json", "cbor"])
    func reports(format: String) async throws {
        let address = "127.\(Int.random(in: 16..<255)).\(Int.random(in: 0..<255)).\(Int.random(in: 1..<255))"
        let site = try Self.site(address)
        try site.broker.startBroker()
        let program = try site.broker.startPicket()
        #expect(program.waits { program.wordsText.contains("connected to mqtts") }, "\(program.wordsText)")
        let own = try Self.agent(address, client: "Thing-1", thing: "Thing-1", format: format, site)
        #expect(
            own.waits {
                let heard = Self.heard(own)
                return heard.components(separatedBy: "/accepted': b'").count > 2 && heard.contains("ReplayedReport")
            }, "\(Self.heard(own)) \(own.wordsText)")
        // The same agent, with the same certificate, in another thing's name.
        let foreign = try Self.agent(address, client: "other", thing: "Thing-2", format: format, site)
        #expect(
            foreign.waits { Self.heard(foreign).contains("IdentityMismatch") },
            "\(Self.heard(foreign)) \(foreign.wordsText)")
        for agent in [own, foreign] {
            agent.signal(SIGKILL)
            _ = agent.wait()
        }
        #expect(!Self.heard(foreign).contains("ACCEPTED"))
        stop(program)
        let reports = try site.broker.records().filter { $0["kind"] as? String == "report" }
        #expect(reports.count >= 2)
        #expect(reports.allSatisfy { $0["device"] as? String == "Thing-1" })
        #expect(reports.allSatisfy { $0["identity"] as? String == "certificate" })
        let metrics = try #require(reports.last?["metrics"] as? [String: Any])
        #expect(metrics["num-listening-tcp-ports"] is Int)
        #expect(metrics["cpu_usage"] != nil, "its custom metric: \(metrics)")
    }
}
