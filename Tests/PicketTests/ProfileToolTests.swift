import Foundation
import Testing

/// The tools around profiles, as a person runs them.
@Suite(.waits)
struct ProfileToolTests {
    private func picket(_ folder: ProductFolder, _ arguments: String...) throws -> (
        output: String, words: String, code: Int32
    ) {
        let run = try ProductProgram.run(arguments, in: folder)
        guard case .code(let code) = run.end else { return ("", "\(run.end)", -1) }
        return (String(decoding: run.output, as: UTF8.self), run.words, code)
    }

    private static let flood = RunSite.flood

    @Test func `a diff says in sentences what changed, and whose violations end`() throws {
        let folder = try ProductFolder()
        try folder.write("old.yaml", Self.flood)
        try folder.write("new.yaml", RunSite.profile("flood", "alarm: more than 9 in 5m, severity: high"))
        let same = try picket(folder, "profile", "diff", "old.yaml", "old.yaml", "--output", "text")
        #expect(same.code == 0 && same.output == "no difference\n")
        let other = try picket(folder, "profile", "diff", "old.yaml", "new.yaml", "--output", "text")
        #expect(other.code == 1)
        #expect(other.output.contains("~ site/flood  (its open violations end)"), "\(other.output)")
        #expect(other.output.contains("more than 5 messages") && other.output.contains("more than 9 messages"))
        let json = try picket(folder, "profile", "diff", "old.yaml", "new.yaml", "--output", "json")
        #expect(json.output.contains("\"change\":\"changed\"") && json.output.contains("\"endsViolations\":true"))
    }

    @Test func `a repetition can vary a name: a thousand client ids behind one address are one violation`() throws {
        let folder = try ProductFolder()
        try folder.write(
            "rotation.yaml",
            """
            profile: rotation
            targets: [all]
            behaviors:
              - { name: many-names, subject: address, metric: num-connection-attempts, alarm: more than 100 in 5m }
            tests:
              - name: a thousand client ids behind one address are one violation
                events:
                  - { at: +0s, kind: connect-failed, client: "c-{n}", address: 203.0.113.9, reason: not-authorized, repeat: 1000, every: 1s }
                expect:
                  - { at: +100s, behavior: many-names, address: 203.0.113.9, value: 101 }
              - name: a restart in the middle changes nothing, nor does what arrives late
                events:
                  - { at: +0s, kind: connect-failed, client: "c-{n}", address: 203.0.113.9, reason: not-authorized, repeat: 60 }
                  - { at: +70s, restart: true }
                  - { at: +61s, kind: connect-failed, client: late, address: 203.0.113.9, delay: 10s }
                  - { at: +72s, kind: connect-failed, client: "d-{n}", address: 203.0.113.9, repeat: 40 }
                expect:
                  - { at: +111s, behavior: many-names, address: 203.0.113.9, value: 101 }

            """)
        let run = try picket(folder, "profile", "test", "rotation.yaml", "--output", "text")
        #expect(run.code == 0, "\(run.output)\(run.words)")
        #expect(run.output.contains("2 passed"))
    }

    @Test func `a restart has a time and nothing else`() throws {
        let folder = try ProductFolder()
        try folder.write(
            "p.yaml",
            """
            profile: p
            targets: [all]
            behaviors: [{ name: b, metric: count, alarm: any in 5m }]
            tests: [{ name: t, events: [{ at: +0s, restart: true, device: t-1 }], expect: [] }]

            """)
        let run = try picket(folder, "profile", "check", "p.yaml", "--output", "text")
        #expect(run.code == 2 && run.output.contains("nothing else"), "\(run.output)")
    }

    @Test func `fmt writes AWS's files, names what AWS cannot hold, and reads them back`() throws {
        let folder = try ProductFolder()
        try folder.write(
            "p.yaml",
            """
            profile: p
            targets: [all]
            behaviors:
              - { name: flood, metric: num-messages-sent, where: { topic: "t/{device}/#" }, alarm: more than 5 in 5m }
              - { name: ours, metric: count, alarm: any in 5m }

            """)
        let run = try picket(folder, "profile", "fmt", "p.yaml", "--aws", "--to-folder", "out")
        #expect(run.code == 1 && run.words.contains("p/ours: left out: AWS has no metric"), "\(run.words)")
        let check = try picket(folder, "profile", "explain", "out", "--output", "text")
        #expect(check.code == 0 && check.output.contains("more than 5 messages"), "\(check.words)")
        #expect(check.output.contains("t/{device}/#") || check.output.contains("t/${iot:ClientId}/#"))
        let alone = try picket(folder, "profile", "fmt", "p.yaml", "--aws")
        #expect(alone.output.contains("\"comparisonOperator\" : \"less-than-equals\""), "\(alone.output)")
    }

    @Test func `the schema is JSON`() throws {
        let run = try picket(try ProductFolder(), "profile", "schema")
        let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        #expect(run.code == 0 && object?["$schema"] != nil)
    }

    // MARK: What the log knows

    /// A site that was run with a violation, a device that nobody registered, and one that never came.
    private func site() throws -> (RunSite, String) {
        let site = try RunSite(
            profile: """
                profile: site
                targets: [all]
                behaviors:
                  - { name: flood, metric: num-messages-sent, where: { topic: "t/#" }, alarm: more than 5 in 5m, severity: high }
                  - { name: new-network, metric: source-ip-address, firstSeen: { prefix: 24, learnFor: 1d } }

                """)
        try site.folder.write(
            "fleet.yaml",
            "groups: { a: {} }\ndevices: { t-1: { group: a }, t-9: { group: a, certificate: \"4A0F\" } }\n")
        try site.folder.append("picket.yaml", "fleet: fleet.yaml\n")
        let program = try site.start()
        try site.folder.append(
            "live.log", "{\"kind\":\"connect\",\"device\":\"t-1\",\"address\":\"10.1.2.3\"}\n")
        try site.folder.append("live.log", "{\"kind\":\"publish\",\"device\":\"t-1\",\"topic\":\"other\"}\n")
        try site.publish("t-1", 0..<8)
        try site.publish("t-2", 0..<1)
        try #require(try program.waits { try site.topics().count == 10 && site.violations().count == 1 })
        stop(program)
        let record = try #require(try site.records().first { $0["kind"] as? String == "violation" })
        return (site, try #require(record["id"] as? String))
    }

    @Test func `why names the rule, the window and the events that were counted`() throws {
        let (site, id) = try site()
        let text = try picket(site.folder, "why", String(id.prefix(8)), "--data", "data", "--output", "text")
        #expect(text.code == 0, "\(text.words)")
        #expect(text.output.contains("Rule: Alarm (high) when a device sends more than 5 messages"), "\(text.output)")
        #expect(text.output.contains("6 events were counted before it opened"), "\(text.output)")
        #expect(text.output.contains("topic=t/5") && !text.output.contains("topic=other"))
        let json = try picket(site.folder, "why", id, "--data", "data", "--events", "2", "--output", "json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["counted"] as? Int == 6 && (object["events"] as? [Any])?.count == 2)
        #expect(object["value"] as? Int == 6 && object["windowTo"] != nil)
    }

    @Test func `check says which groups of the targets the fleet file does not have, and is not wrong for it`() throws {
        let folder = try ProductFolder()
        try folder.write("p.yaml", RunSite.flood.replacing("[all]", with: "[{ group: meter }]"))
        try folder.write("fleet.yaml", "groups: { meters: }\n")
        let found = try picket(folder, "profile", "check", "p.yaml", "--fleet", "fleet.yaml", "--output", "text")
        #expect(found.code == 0 && found.output.contains("name the group `meter`"), "\(found.output)\(found.words)")
        #expect(found.output.contains("1 profile with 1 behavior: no errors"), "\(found.output)")
        try folder.write("fleet.yaml", "groups: { meters: { colour: red } }\n")
        #expect(try picket(folder, "profile", "check", "p.yaml", "--fleet", "fleet.yaml").code == 2)
    }

    @Test func `why shows the event that nothing belonged to`() throws {
        let folder = try ProductFolder()
        let place = "\(Places.cases)/without"
        let replay = try picket(
            folder, "replay", "\(place)/feed.ndjson", "--profile", "\(place)/profile.yaml", "--write-log", "log",
            "--output",
            "json")
        var checked = 0
        for line in replay.output.split(separator: "\n") {
            let violation = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard violation["event"] as? String == "in-alarm", let id = violation["id"] as? String else { continue }
            let why = try picket(folder, "why", id, "--data", "log", "--output", "json")
            let evidence = try #require(
                try JSONSerialization.jsonObject(with: Data(why.output.utf8)) as? [String: Any], "\(why.words)")
            let events = try #require(evidence["events"] as? [[String: Any]])
            let record = try #require(events.last?["record"] as? [String: Any], "\(why.output)")
            #expect(record["device"] as? String == violation["device"] as? String)
            checked += 1
        }
        #expect(checked > 0)
    }

    @Test func `who is registered and never came, and who came and is not registered, are both told`() throws {
        let (site, _) = try site()
        let check = try picket(site.folder, "fleet", "check", "--data", "data", "--output", "text")
        #expect(check.code == 1, "\(check.words)")
        #expect(check.output.contains("never-seen  t-9  in a") && check.output.contains("unregistered  t-2"))
        #expect(check.output.contains("3 devices: 1 seen, 1 never-seen, 1 unregistered"), "\(check.output)")
        try site.folder.write("fleet.csv", "device,group\nt-1,a\nt-2,a\n")
        let table = try picket(site.folder, "fleet", "check", "--fleet", "fleet.csv", "--data", "data")
        #expect(table.code == 0, "\(table.output)\(table.words)")
        let list = try picket(
            site.folder, "fleet", "list", "--data", "data", "--state", "never-seen", "--output", "json")
        #expect(
            list.output
                == "{\"device\":\"t-9\",\"state\":\"never-seen\",\"groups\":[\"a\"],\"certificates\":[\"4A0F\"]}\n")
    }

    @Test func `device says whether it is registered`() throws {
        let (site, _) = try site()
        let known = try picket(site.folder, "device", "t-1", "--data", "data", "--output", "text")
        #expect(known.output.contains("\nregistered in a\n"), "\(known.output)")
        let stranger = try picket(site.folder, "device", "t-2", "--data", "data", "--output", "text")
        #expect(stranger.output.contains("\nnot registered\n"))
        let absent = try picket(site.folder, "device", "t-9", "--data", "data", "--output", "text")
        #expect(absent.code == 1 && absent.words.contains("though it is registered"), "\(absent.words)")
    }

    @Test func `what is learned is told, from the log`() throws {
        let (site, _) = try site()
        let text = try picket(site.folder, "profile", "learning", "--data", "data", "--output", "text")
        #expect(
            text.code == 0 && text.output.hasPrefix("site/new-network  device t-1  learns until "), "\(text.output)")
        let json = try picket(
            site.folder, "profile", "learning", "--data", "data", "--device", "t-1", "--output", "json")
        #expect(json.output.contains("\"usual\":[\"10.1.2.0/24\"]"), "\(json.output)")
    }

    @Test(arguments: [
        "address-as-subject", "limit-120-and-121", "exactly-at-t-minus-d", "late-event-ignored", "jittered",
        "none-in-30m",
        "topic-user-and-client", "reopened-after-clear",
    ])
    func `why counts again what the engine counted`(name: String) throws {
        let folder = try ProductFolder()
        let profile = "\(Places.cases)/\(name)/profile.yaml"
        let feed = "\(Places.cases)/\(name)/feed.ndjson"
        let replay = try picket(folder, "replay", feed, "--profile", profile, "--write-log", "log", "--output", "json")
        var checked = 0
        for line in replay.output.split(separator: "\n") {
            let violation = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard violation["event"] as? String == "in-alarm", violation["window"] != nil,
                let id = violation["id"] as? String
            else { continue }
            let why = try picket(
                folder, "why", id, "--data", "log", "--events", "1", "--output", "json")
            let evidence = try #require(
                try JSONSerialization.jsonObject(with: Data(why.output.utf8)) as? [String: Any], "\(why.words)")
            #expect(evidence["counted"] as? Int == violation["value"] as? Int, "\(why.output)")
            checked += 1
        }
        #expect(checked > 0)
        // The log names the profiles that it was made with: a replay of it needs none, and finds the same.
        let again = try picket(folder, "replay", "log", "--output", "json")
        #expect(again.output == replay.output, "\(again.words)")
    }
}
