import Foundation
import PicketEvents
import PicketLog
import PicketMitigation
import PicketProfiles
import Testing

@testable import PicketReports

/// The checks of an audit, each on an input that it must object to, and all of them on one that is sound.
@Suite struct AuditTests {
    /// What is looked at, and what has to be found: a check and the beginning of its resource.
    struct Case: CustomTestStringConvertible, Sendable {
        var check: AuditCheck
        var resource: String
        var files: [String: String] = [:]
        var log: [String] = []
        /// How long after the certificates were made the audit looks.
        var days = 1
        /// What is done with the certificates first.
        var prepare: Preparation?
        var testDescription: String { "\(check.rawValue) \(resource)" }
    }

    enum Preparation: Sendable { case issue(days: Int), revoke(serial: String, afterDays: Int) }

    private static let made = Date(timeIntervalSince1970: 1_790_000_000)
    /// Three days after the certificates were made.
    private static let later = "2026-09-24T14:00:00.000Z"

    private static func connect(_ device: String, _ serial: String, at time: String = later) -> String {
        "{\"received\":\"\(time)\",\"feed\":\"b\",\"kind\":\"connect\",\"device\":\"\(device)\",\"client\":\"\(device)\","
            + "\"identity\":\"certificate\",\"certificate\":{\"serial\":\"\(serial)\"},\"address\":\"10.0.0.7\"}"
    }

    private static let takeover =
        "{\"received\":\"\(later)\",\"feed\":\"b\",\"kind\":\"disconnect\",\"device\":\"t-1\",\"client\":\"t-1\","
        + "\"reason\":\"takeover\"}"
    private static let publish =
        "{\"received\":\"\(later)\",\"feed\":\"b\",\"kind\":\"publish\",\"device\":\"t-1\",\"client\":\"t-1\","
        + "\"topic\":\"telemetry/t-1/x\",\"bytes\":4}"

    private static let subscribe = publish.replacing("\"kind\":\"publish\"", with: "\"kind\":\"subscribe\"")
        .replacing("telemetry/t-1/x", with: "telemetry/#")

    /// What a careful owner writes.
    private static let sound = [
        "mosquitto.conf": """
        listener 8883
        cafile ca/ca.crt
        crlfile ca/crl.pem
        require_certificate true
        use_identity_as_username true
        certfile ca/ca.crt
        log_type all
        plugin /usr/lib/mosquitto_dynamic_security.so
        plugin_opt_config_file roles.json
        """,
        "roles.json": """
        {"defaultACLAccess":{"publishClientSend":false,"publishClientReceive":true,"subscribe":false,"unsubscribe":true},
        "clients":[{"username":"t-1","roles":[{"rolename":"device"}]}],"groups":[],
        "roles":[{"rolename":"device","acls":[
        {"acltype":"publishClientSend","topic":"telemetry/%u/#","priority":0,"allow":true}]}]}
        """,
    ]

    private static func conf(_ text: String) -> [String: String] { ["mosquitto.conf": text] }

    private static func acl(_ text: String) -> [String: String] {
        ["mosquitto.conf": "listener 8883\nacl_file acl\n", "acl": text]
    }

    private static func roles(_ access: String, _ acls: String) -> [String: String] {
        [
            "mosquitto.conf":
                "listener 8883\nplugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file roles.json\n",
            "roles.json": "{\"defaultACLAccess\":{\(access)},\"clients\":[{\"username\":\"x\",\"roles\":"
                + "[{\"rolename\":\"r\"}]}],\"roles\":[{\"rolename\":\"r\",\"acls\":[\(acls)]}]}",
        ]
    }

    static let cases: [Case] = [
        Case(check: .certificateExpired, resource: "issued", days: 11, prepare: .issue(days: 10)),
        Case(check: .certificateExpiring, resource: "issued", days: 2, prepare: .issue(days: 10)),
        Case(check: .certificateOld, resource: "issued", days: 370, prepare: .issue(days: 700)),
        Case(check: .certificateWeakKey, resource: "weak.pem", files: ["weak.pem": AuditTests.weak]),
        Case(
            check: .certificateShared, resource: "serial 0A1B",
            log: [connect("t-1", "0A1B"), connect("t-2", "0a:1b")], days: 4),
        Case(
            check: .certificateRevokedConnected, resource: "serial 0A1B", log: [connect("t-1", "0A1B")], days: 4,
            prepare: .revoke(serial: "0A1B", afterDays: 2)),
        Case(
            // It came in before the revocation, and nobody saw it leave.
            check: .certificateRevokedConnected, resource: "serial 0A1B", log: [connect("t-1", "0A1B")], days: 5,
            prepare: .revoke(serial: "0A1B", afterDays: 4)),
        Case(check: .caExpiring, resource: "ca/ca.crt", files: sound, days: 3_640),
        Case(check: .caWeakKey, resource: "weak-ca.pem", files: ["weak-ca.pem": AuditTests.weakAuthority]),
        Case(check: .crlExpired, resource: "ca/crl.pem", files: sound, days: 8),
        Case(
            check: .clientIDConflict, resource: "client t-1",
            log: [connect("t-1", "0A1B"), takeover, takeover, takeover], days: 4),
        Case(check: .loggingDisabled, resource: "mosquitto.conf", files: conf("listener 8883\nlog_type error\n")),
        Case(check: .loggingDisabled, resource: "mosquitto.conf", files: conf("log_dest none\n")),
        Case(
            check: .loggingDisabled, resource: "mosquitto.conf:2",
            files: conf("log_type all\nconnection_messages false\n")),
        Case(
            check: .brokerAnonymous, resource: "mosquitto.conf:2", files: conf("listener 1883\nallow_anonymous true\n")),
        Case(check: .brokerPlaintextListener, resource: "mosquitto.conf:1", files: conf("listener 1883\n")),
        Case(
            check: .brokerNoRevocation, resource: "mosquitto.conf:1",
            files: conf("listener 8883\ncertfile ca/ca.crt\nrequire_certificate true\n")),
        Case(
            check: .brokerWeakTLS, resource: "mosquitto.conf:1",
            files: conf("listener 8883\ncertfile ca/ca.crt\ntls_version tlsv1.1\n")),
        Case(check: .aclMissing, resource: "mosquitto.conf", files: conf("listener 8883\n")),
        Case(check: .aclTooWide, resource: "acl:1", files: acl("topic readwrite #\n")),
        Case(
            check: .aclTooWide, resource: "acl:2 user x topic write $CONTROL/#",
            files: acl("user x\ntopic write $CONTROL/#\n")),
        Case(check: .aclTooWide, resource: "acl:1", files: acl("pattern write telemetry/%c/#\n")),
        Case(check: .aclTooWide, resource: "acl:1", files: acl("pattern readwrite cmd/+/x\n")),
        Case(check: .aclSubscribeUnchecked, resource: "mosquitto.conf", files: acl("pattern write t/%u\n")),
        Case(
            check: .dynsecTooWide, resource: "roles.json", files: roles("\"publishClientSend\":true", "")),
        Case(check: .dynsecTooWide, resource: "roles.json", files: roles("\"subscribe\":true", "")),
        Case(
            check: .dynsecTooWide, resource: "roles.json role r publishClientSend #",
            files: roles("", "{\"acltype\":\"publishClientSend\",\"topic\":\"#\",\"allow\":true}")),
        Case(
            check: .dynsecTooWide, resource: "roles.json role r subscribePattern #",
            files: roles(
                "",
                "{\"acltype\":\"publishClientSend\",\"topic\":\"#\",\"allow\":true},"
                    + "{\"acltype\":\"subscribePattern\",\"topic\":\"#\",\"allow\":true}")),
        Case(check: .topicsUnused, resource: "acl:1", files: acl("topic write other/%u\n"), log: [publish], days: 4),
        Case(
            // Each listener has rules of its own: those of one are none of the other.
            check: .aclMissing, resource: "mosquitto.conf:4",
            files: conf("per_listener_settings true\nlistener 8883\nacl_file acl\nlistener 8884\n")),
        Case(
            // What stands before the first listener is the default listener's.
            check: .aclMissing, resource: "mosquitto.conf:3",
            files: conf("per_listener_settings true\nacl_file acl\nlistener 8883\n")),
        Case(
            check: .brokerAnonymous, resource: "mosquitto.conf:5",
            files: conf(
                "per_listener_settings true\nlistener 8883\nallow_anonymous false\nlistener 1883\nallow_anonymous true\n"
            )
        ),
        Case(check: .topicsUnused, resource: "acl:1", files: acl("topic read other/#\n"), log: [subscribe], days: 4),
        Case(check: .crlExpired, resource: "ca/crl.pem", files: sound, days: 6),
        Case(check: .unreadable, resource: "absent.conf"),
        Case(check: .unreadable, resource: "roles.json", files: roles("\"subscribe\":3", "")),
        Case(check: .unreadable, resource: "broken.pem", files: ["broken.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n"]),
    ]

    /// Builds what a case says in a folder, and audits it.
    private func audit(_ item: Case, in folder: String) throws -> AuditResult {
        let authority = CertificateAuthority(folder: "\(folder)/ca")
        try authority.create(name: "fleet", now: Self.made)
        var plan = AuditPlan()
        plan.mosquitto = item.resource == "absent.conf" ? ["\(folder)/absent.conf"] : []
        switch item.prepare {
        case .issue(let days):
            let issued = try authority.issue(name: "t-1", days: days, now: Self.made)
            try issued.certificate.write(toFile: "\(folder)/issued.pem", atomically: true, encoding: .utf8)
            plan.certificates = ["\(folder)/issued.pem"]
        case .revoke(let serial, let afterDays):
            let when = Self.made.addingTimeInterval(Double(afterDays) * 86_400)
            _ = try authority.revoke(serial: serial, reason: .keyCompromise, now: when)
            plan.revocationLists = ["\(folder)/ca/crl.pem"]
        case nil: break
        }
        for (name, text) in item.files {
            // Paths in a configuration are the broker's: here they are made those of the folder.
            let text = name == "mosquitto.conf" ? absolute(text, folder) : text
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            if name == "mosquitto.conf" { plan.mosquitto = ["\(folder)/\(name)"] }
            if name.hasSuffix(".pem") { plan.certificates.append("\(folder)/\(name)") }
        }
        if !item.log.isEmpty {
            let writer = try LogWriter(folder: "\(folder)/log", options: LogOptions())
            var buffer = RecordBuffer()
            for line in item.log {
                let time = try #require(Timestamp.parse(Self.later))
                buffer.append(line: Array(line.utf8), time: time)
            }
            try writer.append(buffer)
            try writer.close()
            plan.log = "\(folder)/log"
        }
        let now = Self.made.addingTimeInterval(Double(item.days) * 86_400)
        var audit = Audit(plan, now: Int64(now.timeIntervalSince1970 * 1_000))
        return try audit.run()
    }

    private func absolute(_ text: String, _ folder: String) -> String {
        ["ca/", "acl_file ", "config_file "].reduce(text) { text, mark in
            mark == "ca/"
                ? text.replacing("ca/", with: "\(folder)/ca/") : text.replacing(mark, with: "\(mark)\(folder)/")
        }
    }

    @Test(arguments: cases) func `it is found`(_ item: Case) throws {
        try AuditTests.withFolder { folder in
            let result = try audit(item, in: folder)
            let found = result.findings.filter { $0.check == item.check }
            #expect(
                found.contains { $0.resource.replacing("\(folder)/", with: "").hasPrefix(item.resource) },
                "\(result.findings)")
            #expect(found.allSatisfy { !$0.why.isEmpty && !$0.check.remedy.isEmpty })
        }
    }

    @Test func `every check has a case`() {
        #expect(Set(AuditTests.cases.map(\.check)) == Set(AuditCheck.allCases))
    }

    @Test func `what is sound has no finding, and says what was looked at`() throws {
        try AuditTests.withFolder { folder in
            let item = Case(
                check: .unreadable, resource: "", files: AuditTests.sound,
                log: [AuditTests.connect("t-1", "0A1B"), AuditTests.publish], days: 4, prepare: .issue(days: 300))
            let result = try audit(item, in: folder)
            #expect(result.findings.isEmpty, "\(result.findings)")
            #expect(result.looked[.certificateExpired] == 1 && result.looked[.topicsUnused] == 1, "\(result.looked)")
            #expect(result.files["\(folder)/roles.json"]?.size ?? 0 > 0, "\(result.files)")
            let records = result.records(received: 0, open: OpenFindings()).map { String(decoding: $0, as: UTF8.self) }
            #expect(records.count == result.looked.count)
            #expect(records.allSatisfy { $0.contains("\"kind\":\"finding\"") && $0.contains("\"state\":\"clean\"") })
        }
    }

    /// What is no finding, and was taken for one.
    static let harmless: [Case] = [
        // The last `allow_anonymous` counts, and the rules of the one scope are everybody's.
        Case(
            check: .brokerAnonymous, resource: "",
            files: conf("listener 8883\nallow_anonymous true\nlistener 8884\nallow_anonymous false\nacl_file acl\n")),
        Case(
            check: .aclMissing, resource: "",
            files: conf("listener 8883\nacl_file acl\nlistener 8884\ncertfile ca/ca.crt\n")),
        Case(
            check: .brokerAnonymous, resource: "",
            files: conf(
                "per_listener_settings true\nallow_anonymous true\nlistener 8883\nallow_anonymous false\nacl_file acl\n"
            )),
        // A refusal of higher priority leaves nothing of the rule.
        Case(
            check: .dynsecTooWide, resource: "",
            files: roles(
                "",
                "{\"acltype\":\"publishClientSend\",\"topic\":\"#\",\"allow\":true,\"priority\":1},"
                    + "{\"acltype\":\"publishClientSend\",\"topic\":\"#\",\"allow\":false,\"priority\":2}")),
        // A role whose only holder has one of higher priority that refuses.
        Case(
            check: .dynsecTooWide, resource: "",
            files: [
                "mosquitto.conf":
                    "listener 8883\nplugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file roles.json\n",
                "roles.json": """
                {"clients":[{"username":"x","roles":[{"rolename":"wide","priority":1},{"rolename":"none","priority":5}]}],
                "roles":[{"rolename":"wide","acls":[{"acltype":"publishClientSend","topic":"#","allow":true}]},
                {"rolename":"none","acls":[{"acltype":"publishClientSend","topic":"#","allow":false}]}]}
                """,
            ]),
        // Of readers only subscriptions and deliveries tell: without any nothing is known.
        Case(check: .topicsUnused, resource: "", files: acl("topic read other/#\n"), log: [publish], days: 4),
        // Who subscribes to more uses the rule that allows a part of it.
        Case(
            check: .topicsUnused, resource: "", files: acl("topic read telemetry/+/x\n"), log: [subscribe], days: 4),
        // A fresh list of ours is good for a week.
        Case(check: .crlExpired, resource: "", files: sound, days: 3),
    ]

    @Test(arguments: harmless) func `it is no finding`(_ item: Case) throws {
        try AuditTests.withFolder { folder in
            let result = try audit(item, in: folder)
            #expect(!result.findings.contains { $0.check == item.check }, "\(result.findings)")
        }
    }

    @Test func `a role of a group is held by its members, and anonymous clients have those of theirs`() throws {
        try AuditTests.withFolder { folder in
            let wide = "{\"acltype\":\"publishClientSend\",\"topic\":\"#\",\"allow\":true}"
            let item = Case(
                check: .dynsecTooWide, resource: "",
                files: [
                    "mosquitto.conf":
                        "listener 8883\nplugin mosquitto_dynamic_security.so\nplugin_opt_config_file roles.json\n",
                    "roles.json": """
                    {"anonymousGroup":"open","clients":[{"username":"a"},{"username":"b","disabled":true}],
                    "groups":[{"groupname":"open","roles":[{"rolename":"r"}],"clients":[{"username":"a"},{"username":"b"}]}],
                    "roles":[{"rolename":"r","acls":[\(wide)]},{"rolename":"unheld","acls":[\(wide)]}]}
                    """,
                ])
            let found = try audit(item, in: folder).findings.filter { $0.check == .dynsecTooWide }
            let words = found.map { "\($0.severity.rawValue) \($0.why)" }
            #expect(
                words.contains { $0.hasPrefix("critical") && $0.contains("held by a, clients without") }, "\(words)")
            #expect(words.contains { $0.hasPrefix("medium") && $0.contains("held by nobody now") }, "\(words)")
            #expect(words.contains { $0.contains("belong to the group open, with the roles r") }, "\(words)")
        }
    }

    @Test func `a session that ended before the revocation is no finding`() throws {
        try AuditTests.withFolder { folder in
            let left = AuditTests.takeover.replacing("takeover", with: "client")
            let item = Case(
                check: .unreadable, resource: "", log: [AuditTests.connect("t-1", "0A1B"), left], days: 5,
                prepare: .revoke(serial: "0A1B", afterDays: 4))
            let result = try audit(item, in: folder)
            #expect(!result.findings.contains { $0.check == .certificateRevokedConnected }, "\(result.findings)")
        }
    }

    @Test func `a suppression hides a finding until it ends, and has to end`() throws {
        try AuditTests.withFolder { folder in
            try "listener 1883\n".write(toFile: "\(folder)/m.conf", atomically: true, encoding: .utf8)
            let text = """
                mosquitto: ["\(folder)/m.conf"]
                suppressions:
                  - { check: broker-plaintext-listener, resource: "*m.conf:1", reason: lab, owner: anna, expires: 2026-10-01 }
                """
            let (read, diagnostics) = AuditPlan.parse(text: text, file: "audit.yaml")
            let plan = try #require(read, "\(diagnostics)")
            for (day, isOpen) in [("2026-09-30", false), ("2026-10-01", true)] {
                var audit = Audit(plan, now: try #require(Timestamp.parse("\(day)T00:00:00Z")))
                let result = try audit.run()
                #expect(result.open.contains { $0.check == .brokerPlaintextListener } == isOpen)
                #expect(result.findings.contains { $0.check == .brokerPlaintextListener })
            }
        }
    }

    @Test(arguments: [
        ("mosquito: [a]\n", "mosquitto"), ("expiring: 30\n", "`expiring`"), ("every: 5s\n", "`every`"),
        ("suppressions: [{ check: acl-to-wide, reason: r, owner: o, expires: 2026-12-31 }]\n", "acl-too-wide"),
        ("suppressions: [{ check: acl-too-wide, reason: r, owner: o }]\n", "expires"),
    ])
    func `a wrong plan is refused with what was meant`(_ text: String, _ hint: String) {
        let (plan, diagnostics) = AuditPlan.parse(text: text, file: "audit.yaml")
        #expect(plan == nil)
        #expect(diagnostics.contains { "\($0)".contains(hint) }, "\(diagnostics)")
    }

    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/picket-audit-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// Keys of 1,024 bits, in certificates of our own making (`openssl req -x509 -newkey rsa:1024`).
    private static let weak = """
        -----BEGIN CERTIFICATE-----
        MIIB9zCCAWCgAwIBAgIUUfGQ4VkyipCNuTm+8YfRqrd5TecwDQYJKoZIhvcNAQEL
        BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQyMTUxMzBaFw0zNjExMjEyMTUx
        MzBaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
        AMqpBsIpLiZc9UqcedbsKxfgDwiVLGhrXE7encryVgDr/Ps2aHwHW6y3yumg4PGF
        2qvQHkfT4ZEWcC0vWOnXZ1IdSmzjwDGFSQEJxevw2+aTLEro0GBfa9ZPCRGmSWSy
        j6HWWybnAMhg4oyIUfKy/cKT+GThVxx2bbSf1yIPf3ybAgMBAAGjUDBOMB0GA1Ud
        DgQWBBR9JCW8sddH226plfm95sF4IpfU9DAfBgNVHSMEGDAWgBR9JCW8sddH226p
        lfm95sF4IpfU9DAMBgNVHRMBAf8EAjAAMA0GCSqGSIb3DQEBCwUAA4GBAJBCgDnL
        gtySltE4E0xCAeN50888EkyJt68J83SUadnI6xz0BIovFYvd9FgSPhu+eRlX8nez
        i9L3Pz1PINYS3ToZ66XKu2Y1qAXoF9nJYofMe/lk6+lUF08liMt2cA/jYUlOMxmE
        AoYCfP2NmRmI8JNMYmePONpyI6FkwTPFaDXN
        -----END CERTIFICATE-----
        """
    private static let weakAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIB+jCCAWOgAwIBAgIUE5v+V2TLgMLhwVL/6MWGJSAG61QwDQYJKoZIhvcNAQEF
        BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQyMTQ0MDVaFw0yNjEyMDQyMTQ0
        MDVaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
        ALqtRWAF/lX8+9/G/wT9Kg5cgS8oCLFw2QAFrokPzhMjqZvU5Gk9pB7T7CDXsWVL
        rcjLF4+OdWqwudktDgCLHlNEJQR9WTyoNRpe2wkcaeCVG7iHq62Um54gQKvHhvCg
        3Szsah6NYjjINwlwUWohQHgRfySt6O/WQTecVfXmbkdVAgMBAAGjUzBRMB0GA1Ud
        DgQWBBQBsjNlg6/STNIKM2yhWWWFvJLbcTAfBgNVHSMEGDAWgBQBsjNlg6/STNIK
        M2yhWWWFvJLbcTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBBQUAA4GBAHcT
        2sqDJWXdwL+ReFQiiap85WAEfPfj3J1vMrE9k/D6pod1oYcLamCSOxsGjWI0h5Cb
        +ihXQKDeB+jjRTOj7ws+CXekhMt84R0IUCzKU756rpdNMV0eBOLU4CmfZIVe+XyT
        /Ei8GJBm+n9zvl585dPErdNIPOtIVORQYuqzfRk0
        -----END CERTIFICATE-----
        """
}
