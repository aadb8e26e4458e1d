import Crypto
import Foundation
import PicketEvents
import PicketMitigation
import Testing

/// Notifications over HTTP, to a receiver that writes down what it gets.
@Suite(.waits)
struct NotifyTests {
    /// A receiver, and Picket that follows a file and tells it of more than two messages in two seconds.
    private final class Site {
        struct Request {
            var delivery: String
            var signature: String
            var body: Data

            var object: [String: Any] { (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:] }
            var notifications: [[String: Any]] { object["notifications"] as? [[String: Any]] ?? [] }
        }

        let folder: ProductFolder
        private let receiver: ProductProgram

        /// - Parameters:
        ///   - answers: the statuses of the first answers; 200 after that.
        ///   - keys: of the target, in YAML.
        ///   - isTLS: with a certificate of the authority in `ca`; there is another one in `other`.
        init(answers: [Int] = [], keys: String = "", isTLS: Bool = false) throws {
            folder = try ProductFolder()
            if isTLS {
                for name in ["ca", "other"] {
                    try CertificateAuthority(folder: folder.file(name)).create(name: name, now: Date())
                }
                let issued = try CertificateAuthority(folder: folder.file("ca")).issue(name: "127.0.0.1", now: Date())
                try folder.write("receiver.pem", issued.certificate + issued.key)
            }
            try folder.write(
                "receiver.py",
                """
                import http.server, json, sys
                answers = [int(a) for a in sys.argv[1:]]
                class Receiver(http.server.BaseHTTPRequestHandler):
                    def do_POST(self):
                        body = self.rfile.read(int(self.headers["Content-Length"]))
                        heads = [self.headers.get("X-Picket-Delivery"), self.headers.get("X-Picket-Signature", "")]
                        with open("received", "a") as out: out.write(json.dumps(heads + [body.decode()]) + "\\n")
                        self.send_response(answers.pop(0) if answers else 200)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    def log_message(self, *_): pass
                http.server.HTTPServer.request_queue_size = 64
                server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
                if \(isTLS ? "True" : "False"):
                    import ssl
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain("receiver.pem")
                    server.socket = context.wrap_socket(server.socket, server_side=True)
                with open("port.new", "w") as out: out.write(str(server.server_port))
                import os; os.rename("port.new", "port")
                server.serve_forever()

                """)
            receiver = try ProductProgram(
                ["receiver.py"] + answers.map(String.init), executable: "/usr/bin/python3", in: folder)
            let folder = folder
            try #require(receiver.waits { FileManager.default.fileExists(atPath: folder.file("port")) })
            let port = try String(contentsOfFile: folder.file("port"), encoding: .utf8)
            try folder.write("secret", "0123456789abcdef0123\n")
            try folder.write(
                "profile.yaml",
                """
                profile: site
                targets: [all]
                behaviors:
                  - { name: flood, metric: num-messages-sent, alarm: more than 2 in 2s, severity: high, playbook: tell }

                """)
            try folder.write(
                "playbooks.yaml", "playbooks: { tell: { mode: automatic, steps: [{ notify: { to: security } }] } }\n")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: folder.file("playbooks.yaml"))
            try folder.write(
                "picket.yaml",
                """
                data: data
                listen: off
                profiles: [profile.yaml]
                playbooks: [playbooks.yaml]
                feeds: [{ name: feed, file: live.log, format: ndjson, lateness: 1s }]
                notify:
                  security: { url: "http\(isTLS ? "s" : "")://127.0.0.1:\(port)/hook", secret: { file: secret }\(keys) }

                """)
        }

        deinit { receiver.signal(SIGKILL) }

        func start() throws -> ProductProgram {
            let picket = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: folder)
            try #require(picket.isUp(), "\(picket.wordsText)")
            return picket
        }

        func flood(_ devices: String...) throws { try flood(devices) }

        func flood(_ devices: [String]) throws {
            try folder.append(
                "live.log", devices.flatMap { device in (0..<3).map { RunSite.publish(device, $0) } }.joined())
        }

        var requests: [Request] {
            let text = String(
                decoding: FileManager.default.contents(atPath: folder.file("received")) ?? Data(), as: UTF8.self)
            return text.split(separator: "\n").compactMap {
                let parts = try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String]
                return parts.map { Request(delivery: $0[0], signature: $0[1], body: Data($0[2].utf8)) }
            }
        }

        func outcomes() throws -> [[String: Any]] {
            try RunSite.records(in: folder).filter { $0["event"] as? String == "outcome" }
        }
    }

    @Test func `two violations are one signed message that says why; when they are over, that is told too`()
        async throws
    {
        let site = try Site(keys: ", group: 1s")
        let picket = try site.start()
        try site.flood("t-1", "t-2")
        try await until { try site.outcomes().count >= 2 }
        let request = try #require(site.requests.first)
        #expect(request.notifications.map { $0["device"] as? String ?? "" }.sorted() == ["t-1", "t-2"])
        for notification in request.notifications {
            #expect(notification["notification"] as? String == "opened")
            #expect(notification["why"] as? String == "3 messages sent in 2 s; at most 2 expected")
            #expect(notification["severity"] as? String == "high")
        }
        let parts = request.signature.split(separator: ",").map { $0.split(separator: "=").last.map(String.init) ?? "" }
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(parts[0]).".utf8) + request.body, using: SymmetricKey(data: Data("0123456789abcdef0123".utf8)))
        #expect(parts[1] == code.map { String(format: "%02x", $0) }.joined())
        try await until {
            site.requests.flatMap(\.notifications).count { $0["notification"] as? String == "resolved" } == 2
        }
        #expect(Set(site.requests.map(\.delivery)).count == site.requests.count)
        stop(picket)
    }

    @Test func `over TLS a receiver is told only where its authority is the one that is named`() async throws {
        let site = try Site(keys: ", ca: ca/ca.crt", isTLS: true)
        var picket = try site.start()
        try site.flood("t-1")
        try await until { try site.outcomes().contains { $0["state"] as? String == "done" } }
        #expect(site.requests.first?.signature.hasPrefix("t=") == true)
        stop(picket)
        let before = site.requests.count
        let text = try String(contentsOfFile: site.folder.file("picket.yaml"), encoding: .utf8)
        try site.folder.write("picket.yaml", text.replacing("ca: ca/ca.crt", with: "ca: other/ca.crt, retry: 1s"))
        picket = try site.start()
        try site.flood("t-2")
        try await until { try site.outcomes().contains { $0["state"] as? String == "failed" } }
        #expect(site.requests.count == before)
        let letters = try FileManager.default.contentsOfDirectory(atPath: site.folder.file("data/dead-letters"))
        #expect(letters.count == 1)
        stop(picket)
    }

    /// With one after the other they would take ten minutes in the form of AWS.
    @Test(arguments: ["picket", "sns"])
    func `fifty violations wait for others once, and then all are told, each with its beginning before its end`(
        form: String
    ) async throws {
        let site = try Site(answers: [503], keys: ", form: \(form), group: 6s")
        let picket = try site.start()
        let devices = (1...50).map { "t-\($0)" }
        try site.flood(devices)
        func told(_ end: Bool) -> [String] {
            form == "sns"
                ? site.requests.map(\.object).filter { ($0["violationEventType"] as? String == "in-alarm") != end }
                    .compactMap { $0["thingName"] as? String }
                : site.requests.flatMap(\.notifications).filter { ($0["notification"] as? String == "opened") != end }
                    .compactMap { $0["device"] as? String }
        }
        try await until { Set(told(false)) == Set(devices) && Set(told(true)) == Set(devices) }
        try await until { try site.outcomes().count >= 100 }
        #expect(try site.outcomes().allSatisfy { $0["state"] as? String == "done" })
        if form == "sns" {
            for device in devices {
                let own = site.requests.map(\.object).filter { $0["thingName"] as? String == device }
                #expect(own.first?["violationEventType"] as? String == "in-alarm")
                #expect(own.last?["violationEventType"] as? String == "alarm-cleared")
            }
        }
        stop(picket)
    }

    @Test func `what fails is tried again under the same id`() async throws {
        let site = try Site(answers: [503, 429, 500], keys: ", group: 0s")
        let picket = try site.start()
        try site.flood("t-1")
        try await until { try !site.outcomes().isEmpty }
        #expect(try site.outcomes()[0]["state"] as? String == "done")
        #expect((try site.outcomes()[0]["note"] as? String ?? "").contains("after 3 tries in vain"))
        let opened = site.requests.filter { $0.notifications.first?["notification"] as? String == "opened" }
        #expect(opened.count == 4)
        #expect(Set(opened.map(\.delivery)).count == 1)
        stop(picket)
    }

    @Test func `a stop silences what is tried again, and it goes on under the same id`() async throws {
        let site = try Site(answers: Array(repeating: 503, count: 3), keys: ", group: 0s")
        let picket = try site.start()
        try site.flood("t-1")
        try await until { !site.requests.isEmpty }
        let data = ["--note", "a false alarm", "--data", "data"]
        #expect(try ProductProgram.run(["mitigation", "stop"] + data, in: site.folder).end == .code(0))
        // One may have been on its way; the next would come within two seconds.
        let before = site.requests.count
        try await Task.sleep(for: .seconds(4))
        #expect(site.requests.count <= before + 1)
        #expect(try site.outcomes().isEmpty)
        #expect(try ProductProgram.run(["mitigation", "resume"] + data, in: site.folder).end == .code(0))
        try await until { try !site.outcomes().isEmpty }
        #expect(try site.outcomes()[0]["state"] as? String == "done", "\(picket.wordsText)")
        let opened = site.requests.filter { $0.notifications.first?["notification"] as? String == "opened" }
        #expect(Set(opened.map(\.delivery)).count == 1)
        stop(picket)
    }

    @Test func `what cannot be delivered is kept`() async throws {
        let site = try Site(answers: [404], keys: ", group: 0s")
        let picket = try site.start()
        try site.flood("t-1")
        try await until { try !site.outcomes().isEmpty }
        #expect(try site.outcomes()[0]["state"] as? String == "failed")
        let letter = try #require(site.folder.files(below: "data/dead-letters").first)
        let text = try String(contentsOfFile: letter, encoding: .utf8)
        #expect(text.contains("404") && text.contains("at most 2 expected"), "\(text)")
        #expect(try FileManager.default.attributesOfItem(atPath: letter)[.posixPermissions] as? Int == 0o600)
        stop(picket)
    }

    @Test func `a killed Picket tells it again under the same id`() async throws {
        let site = try Site(answers: [503, 503, 503, 503], keys: ", group: 0s")
        var picket = try site.start()
        try site.flood("t-1")
        try await until { !site.requests.isEmpty }
        picket.signal(SIGKILL)
        _ = picket.wait()
        picket = try site.start()
        try await until { try !site.outcomes().isEmpty }
        let opened = site.requests.filter { $0.notifications.first?["notification"] as? String == "opened" }
        #expect(Set(opened.map(\.delivery)).count == 1)
        stop(picket)
    }

    @Test func `in the form of AWS it is what Device Defender publishes`() async throws {
        let site = try Site(keys: ", form: sns, group: 0s, repeat: 1s")
        let picket = try site.start()
        try site.flood("t-1")
        try await until { site.requests.contains { $0.object["violationEventType"] as? String == "alarm-cleared" } }
        let object = try #require(site.requests.first?.object)
        let keys = [
            "behavior", "metricValue", "securityProfileName", "thingName", "violationEventTime", "violationEventType",
            "violationId",
        ]
        #expect(object.keys.sorted() == keys)
        #expect(object["thingName"] as? String == "t-1" && object["securityProfileName"] as? String == "site")
        #expect(object["metricValue"] as? [String: Int] == ["count": 3])
        let behavior = try #require(object["behavior"] as? [String: Any])
        #expect(behavior["name"] as? String == "flood" && behavior["metric"] as? String == "aws:num-messages-sent")
        let criteria = try #require(behavior["criteria"] as? [String: Any])
        #expect(criteria["comparisonOperator"] as? String == "less-than-equals")
        #expect(criteria["durationSeconds"] as? Int == 2 && criteria["value"] as? [String: Int] == ["count": 2])
        // It is open for some seconds: every second somebody is reminded.
        #expect(site.requests.count { $0.object["violationEventType"] as? String == "in-alarm" } >= 2)
        stop(picket)
    }

    @Test func `other playbooks are in force after SIGHUP; broken ones, or names that nobody has, are not`()
        async throws
    {
        let site = try Site(keys: ", group: 0s")
        let picket = try site.start()
        for (text, words) in [
            ("playbooks: { tell: { steps: [{ notify: { to: nobody } }] } }\n", "has no nobody"),
            ("playbooks: { tell: { steps: [{ kick: true }] } }\n", "stay as they are"),
        ] {
            try site.folder.write("playbooks.yaml", text)
            picket.signal(SIGHUP)
            try await until { picket.wordsText.contains(words) }
        }
        try site.folder.write(
            "playbooks.yaml", "playbooks: { tell: { mode: observe, steps: [{ notify: { to: security } }] } }\n")
        picket.signal(SIGHUP)
        try await until { picket.wordsText.contains("reloaded 1 profiles, 1 playbooks") }
        try site.flood("t-1")
        try await until { try RunSite.records(in: site.folder).contains { $0["event"] as? String == "intent" } }
        let intent = try RunSite.records(in: site.folder).first { $0["event"] as? String == "intent" }
        #expect(intent?["state"] as? String == "observed")
        stop(picket)
    }
}
