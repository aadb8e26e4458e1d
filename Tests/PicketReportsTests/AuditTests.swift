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

    enum Preparation: Sendable {
        case issue(days: Int), revoke(serial: String, afterDays: Int)
        /// Puts the authority's certificate there.
        case copyAuthority(String)
        /// Makes a second authority of this name in the folder `other`, which revokes 0A1B.
        case otherAuthority(String)
    }

    private static let made = Date(timeIntervalSince1970: 1_790_000_000)
    /// Three days after the certificates were made.
    private static let later = "2026-09-24T14:00:00.000Z"

    private static func connect(
        _ device: String, _ serial: String, at time: String = later, of subject: String? = nil
    ) -> String {
        "{\"received\":\"\(time)\",\"feed\":\"b\",\"kind\":\"connect\",\"device\":\"\(device)\",\"client\":\"\(device)\","
            + "\"identity\":\"certificate\",\"certificate\":{\"serial\":\"\(serial)\"\(subject.map { ",\"subject\":\"\($0)\"" } ?? "")},\"address\":\"10.0.0.7\"}"
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
        Case(check: .certificateWeakKey, resource: "weak.pem", files: ["weak.pem": WeakFiles.weak]),
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
        Case(
            // The end of the session that was taken over is told after the connection that took it.
            check: .certificateRevokedConnected, resource: "serial 0A1B", log: [connect("t-1", "0A1B"), takeover],
            days: 5, prepare: .revoke(serial: "0A1B", afterDays: 4)),
        Case(check: .caExpiring, resource: "ca/ca.crt", files: sound, days: 3_640),
        Case(check: .caWeakKey, resource: "weak-ca.pem", files: ["weak-ca.pem": WeakFiles.weakAuthority]),
        Case(check: .crlExpired, resource: "ca/crl.pem", files: sound, days: 8),
        Case(
            check: .clientIDConflict, resource: "client t-1",
            log: [connect("t-1", "0A1B"), takeover, takeover, takeover], days: 4),
        Case(check: .loggingDisabled, resource: "mosquitto.conf", files: conf("listener 8883\nlog_type error\n")),
        Case(check: .loggingDisabled, resource: "mosquitto.conf", files: conf("log_dest none\n")),
        Case(
            check: .loggingDisabled, resource: "mosquitto.conf connection_messages false",
            files: conf("log_type all\nconnection_messages false\n")),
        Case(
            check: .brokerAnonymous, resource: "mosquitto.conf allow_anonymous true",
            files: conf("listener 1883\nallow_anonymous true\n")),
        Case(check: .brokerPlaintextListener, resource: "mosquitto.conf listener 1883", files: conf("listener 1883\n")),
        Case(
            check: .brokerNoRevocation, resource: "mosquitto.conf listener 8883",
            files: conf("listener 8883\ncertfile ca/ca.crt\nrequire_certificate true\n")),
        Case(
            check: .brokerWeakTLS, resource: "mosquitto.conf listener 8883",
            files: conf("listener 8883\ncertfile ca/ca.crt\ntls_version tlsv1.1\n")),
        Case(check: .aclMissing, resource: "mosquitto.conf", files: conf("listener 8883\n")),
        Case(check: .aclTooWide, resource: "acl topic readwrite #", files: acl("topic readwrite #\n")),
        Case(
            check: .aclTooWide, resource: "acl user x topic write $CONTROL/#",
            files: acl("user x\ntopic write $CONTROL/#\n")),
        Case(
            check: .aclTooWide, resource: "acl pattern write telemetry/%c/#",
            files: acl("pattern write telemetry/%c/#\n")),
        Case(check: .aclTooWide, resource: "acl pattern readwrite cmd/+/x", files: acl("pattern readwrite cmd/+/x\n")),
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
        Case(
            check: .topicsUnused, resource: "acl topic write other/%u", files: acl("topic write other/%u\n"),
            log: [publish], days: 4),
        Case(
            // Each listener has rules of its own: those of one are none of the other.
            check: .aclMissing, resource: "mosquitto.conf listener 8884",
            files: conf("per_listener_settings true\nlistener 8883\nacl_file acl\nlistener 8884\n")),
        Case(
            // What stands before the first listener is the default listener's.
            check: .aclMissing, resource: "mosquitto.conf listener 8883",
            files: conf("per_listener_settings true\nacl_file acl\nlistener 8883\n")),
        Case(
            check: .brokerAnonymous, resource: "mosquitto.conf listener 1883 allow_anonymous true",
            files: conf(
                "per_listener_settings true\nlistener 8883\nallow_anonymous false\nlistener 1883\nallow_anonymous true\n"
            )
        ),
        Case(
            check: .topicsUnused, resource: "acl topic read other/#", files: acl("topic read other/#\n"),
            log: [subscribe], days: 4),
        Case(check: .crlExpired, resource: "ca/crl.pem", files: sound, days: 6),
        Case(
            // What stands before the first listener opens a second one, on port 1883.
            check: .brokerNoRevocation, resource: "mosquitto.conf port 1883",
            files: conf("certfile ca/ca.crt\nrequire_certificate true\nlistener 8883\nacl_file acl\n")),
        Case(
            check: .brokerPlaintextListener, resource: "mosquitto.conf port 1884",
            files: conf("listener 8883\ncertfile ca/ca.crt\nport 1884\nacl_file acl\n")),
        Case(
            // `bind_address` is the default listener's, wherever it stands: it hides no other.
            check: .brokerPlaintextListener, resource: "mosquitto.conf listener 8883",
            files: conf("listener 8883\nbind_address 127.0.0.1\n")),
        Case(
            // Of a `capath` the authorities are looked at, whatever the name of the file.
            check: .caExpiring, resource: "ca/../pki/0a1b2c3d.0", files: conf("listener 8883\ncapath ca/../pki\n"),
            days: 3_640, prepare: .copyAuthority("pki/0a1b2c3d.0")),
        Case(check: .crlWeakSignature, resource: "old.crl", files: ["old.crl": WeakFiles.weakList]),
        Case(check: .caOld, resource: "ca/ca.crt", files: sound, days: 1_900),
        Case(check: .caRevoked, resource: "chain.pem#1 (CN=sub, serial 5B)", files: WeakFiles.revoked),
        // Its signature cannot be checked here, and that is said.
        Case(check: .crlUnknownIssuer, resource: "pss.crl", files: WeakFiles.pss),
        Case(check: .crlUnknownIssuer, resource: "modern.crl", files: WeakFiles.forged),
        Case(
            // The list is none of the authority's.
            check: .crlUnknownIssuer, resource: "old.crl",
            files: ["old.crl": WeakFiles.weakList, "mosquitto.conf": "listener 8883\ncafile ca/ca.crt\n"]),
        // It names the authority, and another key signed it.
        Case(
            check: .crlUnknownIssuer, resource: "other/crl.pem", files: conf("listener 8883\ncafile ca/ca.crt\n"),
            prepare: .otherAuthority("fleet")),
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
        case .copyAuthority(let path):
            let place = "\(folder)/\(path)"
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(folder)/ca/ca.crt", toPath: place)
        case .otherAuthority(let name):
            let other = CertificateAuthority(folder: "\(folder)/other")
            try other.create(name: name, now: Self.made)
            _ = try other.revoke(serial: "0A1B", reason: .keyCompromise, now: Self.made.addingTimeInterval(86_400))
            plan.revocationLists = ["\(folder)/other/crl.pem"]
        case nil: break
        }
        for (name, text) in item.files {
            // Paths in a configuration are the broker's: here they are made those of the folder.
            let text = name == "mosquitto.conf" ? absolute(text, folder) : text
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            if name == "mosquitto.conf" { plan.mosquitto = ["\(folder)/\(name)"] }
            if name.hasSuffix(".crl") { plan.revocationLists.append("\(folder)/\(name)") }
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
        // Three takeovers in a week are a bad connection, and no second device.
        Case(
            check: .clientIDConflict, resource: "",
            log: [connect("t-1", "0A1B")]
                + ["09-21", "09-22", "09-24"].map { takeover.replacing("2026-09-24", with: "2026-\($0)") }, days: 4),
        // Two authorities gave the same number to two devices.
        Case(
            check: .certificateShared, resource: "",
            log: [connect("t-1", "0A1B", of: "CN=t-1,O=A"), connect("t-2", "0a:1b", of: "/O=B/CN=t-2")], days: 4),
        // Without a listener the broker keeps to this machine.
        Case(check: .brokerPlaintextListener, resource: "", files: conf("allow_anonymous true\n")),
        Case(
            check: .brokerPlaintextListener, resource: "",
            files: conf("tls_version tlsv1.2\nrequire_certificate false\nlistener 8883\ncertfile ca/ca.crt\n")),
        Case(check: .crlUnknownIssuer, resource: "", files: sound),
        Case(check: .crlUnknownIssuer, resource: "", files: WeakFiles.ed25519),
        Case(check: .crlWeakSignature, resource: "", files: sound),
        Case(check: .caOld, resource: "", files: sound, days: 1_800),
        // A list of another authority that names nobody.
        Case(check: .caRevoked, resource: "", files: WeakFiles.pss),
        // Whose list it is nobody can tell without any authority.
        Case(check: .crlUnknownIssuer, resource: "", prepare: .otherAuthority("fleet")),
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

    @Test func `a number that another authority revoked is that authority's, where a file tells who issued it`() throws
    {
        try AuditTests.withFolder { folder in
            let authority = CertificateAuthority(folder: "\(folder)/ca")
            try authority.create(name: "fleet", now: Self.made)
            let issued = try authority.issue(name: "t-1", days: 300, now: Self.made)
            try issued.certificate.write(toFile: "\(folder)/t-1.pem", atomically: true, encoding: .utf8)
            let serial = CertificateSerial.normal(issued.serial) ?? ""
            let other = CertificateAuthority(folder: "\(folder)/other")
            try other.create(name: "visitors", now: Self.made)
            _ = try other.revoke(serial: serial, reason: .keyCompromise, now: Self.made.addingTimeInterval(86_400))
            let writer = try LogWriter(folder: "\(folder)/log", options: LogOptions())
            var buffer = RecordBuffer()
            buffer.append(
                line: Array(AuditTests.connect("t-1", serial, of: "CN=t-1").utf8),
                time: try #require(Timestamp.parse(Self.later)))
            try writer.append(buffer)
            try writer.close()
            var plan = AuditPlan()
            plan.log = "\(folder)/log"
            plan.revocationLists = ["\(folder)/other/crl.pem"]
            let now = Int64(Self.made.timeIntervalSince1970 * 1_000) + 4 * 86_400_000
            func found() throws -> AuditFinding? {
                var audit = Audit(plan, now: now)
                return try audit.run().findings.first { $0.check == .certificateRevokedConnected }
            }
            // One authority only that anybody knows of.
            #expect(try found()?.severity == .critical)
            plan.certificates = ["\(folder)/ca/ca.crt", "\(folder)/other/ca.crt"]
            let doubtful = try #require(try found())
            #expect(doubtful.severity == .high && doubtful.why.contains("no file tells who issued"), "\(doubtful)")
            plan.certificates.append("\(folder)/t-1.pem")
            #expect(try found() == nil)
            // The lists of both authorities in one file, as brokers read them.
            _ = try authority.revoke(serial: serial, reason: .keyCompromise, now: Self.made.addingTimeInterval(86_400))
            let both = try ["other", "ca"].map {
                try String(contentsOfFile: "\(folder)/\($0)/crl.pem", encoding: .utf8)
            }
            try both.joined().write(toFile: "\(folder)/both.pem", atomically: true, encoding: .utf8)
            plan.revocationLists = ["\(folder)/both.pem"]
            #expect(try found()?.severity == .critical)
        }
    }

    @Test func `a suppression stays when a line is put above what it is about`() throws {
        try AuditTests.withFolder { folder in
            var plan = AuditPlan()
            plan.mosquitto = ["\(folder)/mosquitto.conf"]
            let acl = "user monitor\ntopic read #\n"
            let configuration =
                "listener 1883\nallow_anonymous true\nacl_file \(folder)/acl\nconnection_messages false\n"
            func found(_ above: String) throws -> Set<String> {
                try (above + configuration).write(
                    toFile: "\(folder)/mosquitto.conf", atomically: true, encoding: .utf8)
                try (above + acl).write(toFile: "\(folder)/acl", atomically: true, encoding: .utf8)
                var audit = Audit(plan, now: 0)
                return Set(try audit.run().findings.map { "\($0.check.rawValue) \($0.resource)" })
            }
            let before = try found("")
            let after = try found("# a comment\n\n")
            #expect(before.count >= 5 && before == after, "\(before) \(after)")
        }
    }

    @Test func `a suppression hides a finding until it ends, and has to end`() throws {
        try AuditTests.withFolder { folder in
            try "listener 1883\n".write(toFile: "\(folder)/m.conf", atomically: true, encoding: .utf8)
            let text = """
                mosquitto: ["\(folder)/m.conf"]
                suppressions:
                  - { check: broker-plaintext-listener, resource: "*m.conf listener 1883", reason: lab, owner: anna, expires: 2026-10-01 }
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
}
