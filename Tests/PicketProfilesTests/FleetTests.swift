import Testing

@testable import PicketProfiles

@Suite struct FleetTests {
    private static let text = """
        identity: certificate
        groups:
          thermostats: { type: thermostat, group: house, topics: { telemetry: ["telemetry/{device}/#"], actuation: ["cmd/{device}/#"] } }
          house:
        devices:
          t-7: { group: thermostats, certificate: "4a:0f", attributes: { firmware: "4.1.0", site: berlin } }
          t-8: { groups: [thermostats], type: lab }
          g-1:
        protected: [gateway-*]
        """

    @Test("a device has its groups, those that hold them, and their type")
    func view() throws {
        let (fleet, diagnostics) = FleetReader.parse(text: Self.text, file: "fleet.yaml")
        #expect(diagnostics.isEmpty)
        let read = try #require(fleet)
        #expect(read.identity == .certificate)
        #expect(read.view.devices["t-7"]?.groups == ["thermostats", "house"])
        #expect(read.view.devices["t-7"]?.type == "thermostat" && read.view.devices["t-8"]?.type == "lab")
        #expect(read.devices["t-7"]?.certificates == ["4A0F"])
        #expect(read.view.devices["g-1"]?.groups == [])
        #expect(read.protects("gateway-3") && !read.protects("t-7"))
        let target = [Target([.group("house")], except: [.device("t-8")])]
        #expect(target.include("t-7", in: read.view) && !target.include("t-8", in: read.view))
        #expect([Target([.unregistered])].include("x", in: read.view))
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("devices: { a: { group: nowhere } }", DiagnosticCode.unknownValue),
            ("devices: { a: { certificate: xyz } }", .wrongType), ("identity: guess", .unknownValue),
            ("identity: { topic: telemetry/# }", .unknownValue),
            ("groups: { a: { group: b }, b: { group: a } }", .conflict), ("groups: { a: { group: c } }", .unknownValue),
            ("device: {}", .unknownKey), ("- a", .wrongType),
            ("groups: { a: { topics: { commands: [x] } } }", .unknownKey),
        ])
    func broken(text: String, code: DiagnosticCode) {
        let (fleet, diagnostics) = FleetReader.parse(text: text, file: "fleet.yaml")
        #expect(fleet == nil)
        #expect(diagnostics.contains { $0.code == code }, "\(diagnostics)")
    }

    @Test("CSV says the same")
    func csv() throws {
        let text = "device,group,certificate,site\r\nt-7,thermostats;berlin,4a:0f,\"Berlin, \"\"Mitte\"\"\"\n\nt-8,,,\n"
        let (fleet, diagnostics) = FleetReader.parse(text: text, file: "fleet.csv")
        #expect(diagnostics.isEmpty, "\(diagnostics)")
        let device = try #require(fleet?.devices["t-7"])
        #expect(device.groups == ["thermostats", "berlin"] && device.certificates == ["4A0F"])
        #expect(device.attributes == ["site": "Berlin, \"Mitte\""])
        #expect(fleet?.devices["t-8"] == Fleet.Device())
        let wrong = FleetReader.parse(text: "device,group\na\nb,c\nb,d\n,e\n", file: "fleet.csv")
        #expect(wrong.fleet == nil && wrong.diagnostics.map(\.line) == [2, 4, 5])
    }
}
