import Foundation
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
        // As people write it.
        let spaced = FleetReader.parse(
            text: "device, group , type, certificate, site\nt-7 , sensors ; lab;, thermostat, 4A0F ; 4A10, berlin\n",
            file: "fleet.csv")
        #expect(spaced.diagnostics.isEmpty, "\(spaced.diagnostics)")
        let written = spaced.fleet?.devices["t-7"]
        #expect(written?.groups == ["sensors", "lab"] && written?.type == "thermostat")
        #expect(written?.certificates == ["4A0F", "4A10"] && written?.attributes == ["site": "berlin"])
        let wrong = FleetReader.parse(text: "device,group\na\nb,c\nb,d\n,e\n", file: "fleet.csv")
        #expect(wrong.fleet == nil && wrong.diagnostics.map(\.line) == [2, 4, 5])
    }

    @Test(
        "A fleet of a hundred thousand devices is read, in both forms, and 64 MiB are the end",
        arguments: ["yaml", "csv"])
    func large(form: String) throws {
        let count = 100_000
        var text = form == "csv" ? "device,group,certificate,site\n" : "groups: { g: }\ndevices:\n"
        for number in 0..<count {
            text +=
                form == "csv"
                ? "t-\(number),g,4A\(number + 100_000),berlin\n"
                : "  t-\(number): { group: g, certificate: \"4A\(number + 100_000)\" }\n"
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fleet-\(UUID().uuidString).\(form)")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(text.utf8.count > 2 * ProfileLimits.fileBytes)
        let (fleet, _, diagnostics) = FleetReader.load(path: path)
        #expect(diagnostics.isEmpty, "\(diagnostics.first?.message ?? "")")
        #expect(fleet?.devices.count == count && fleet?.devices["t-99999"]?.certificates == ["4A199999"])
        // More is refused before it is read to its end.
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: UInt64(ProfileLimits.fleetBytes) + 1)
        try handle.close()
        #expect(FleetReader.load(path: path).diagnostics.first?.message.contains("larger than 64 MiB") == true)
    }

    @Test("A group that the fleet file does not have is said, once, also where it only excepts")
    func unknownGroups() throws {
        let fleet = try #require(FleetReader.parse(text: Self.text, file: "fleet.yaml").fleet)
        let profile = try Fixtures.profile(
            """
            profile: p
            targets: [{ group: thermostat }, { group: house, except: { group: labs } }, { group: thermostat, type: x }]
            behaviors: [{ name: b, metric: count, alarm: any }]
            """)
        let found = TargetCheck.diagnostics([profile], fleet)
        #expect(found.map(\.severity) == [.warning, .warning])
        #expect(found.first?.suggestion == "thermostats" && found.last?.message.contains("`labs`") == true, "\(found)")
        #expect(TargetCheck.diagnostics([profile], .none).count == 3)
    }
}
