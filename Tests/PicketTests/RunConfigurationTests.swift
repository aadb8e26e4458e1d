import Foundation
import Testing

/// What is wrong with a configuration is said before anything is read or written.
@Suite("picket run: configuration", .waits)
struct RunConfigurationTests {
    @Test("All errors are told at once, each with its place and a remedy")
    func allErrors() async throws {
        try await onThread {
            let site = try RunSite()
            try site.folder.write(
                "picket.yaml",
                """
                data: data
                proflies: [profile.yaml]
                feeds:
                  - { name: a, file: a.log, formt: ndjson }
                  - { name: a, file: b.log, lateness: soon }
                  - { name: c, file: c.log, format: mosquito, identity: nobody }
                  - { name: picket, file: d.log }
                  - { name: e }
                  - { name: f, file: f.csv, format: csv, fields: { devise: id, kind: { values: { a: b } } }, reports: { devices: any } }
                  - { name: g, file: g, format: alert, reports: { devices: some, topic: alerts }, csv: { separator: ";;" } }
                log: { level: 12 }
                brokers: [{ name: main, kind: emqx }]
                """)
            let run = try ProductProgram.run(["run", "--config", "picket.yaml"], in: site.folder)
            #expect(run.end == .code(2))
            let expected = [
                ("picket.yaml:2:1", "did you mean `profiles`"), ("picket.yaml:4:", "did you mean `format`"),
                ("picket.yaml:5:", "there is a feed called `a` already"), ("picket.yaml:5:", "`lateness`"),
                ("picket.yaml:6:", "there is no format `mosquito`"), ("picket.yaml:6:", "there is no identity rule"),
                ("picket.yaml:7:", "cannot be called `picket`"), ("picket.yaml:8:", "file"),
                ("picket.yaml:9:", "did you mean `device`"), ("picket.yaml:9:", "comes `from` a field"),
                ("picket.yaml:9:", "`reports` needs"), ("picket.yaml:10:", "`devices` is not `some`"),
                ("picket.yaml:10:", "holds `{device}`"), ("picket.yaml:10:", "`csv` needs"),
                ("picket.yaml:10:", "one character"), ("picket.yaml:11:", "`level`"),
                ("picket.yaml:12:", "there is no kind of broker `emqx`"),
            ]
            for (place, words) in expected {
                #expect(run.words.contains(place), "\(place) in \(run.words)")
                #expect(run.words.contains(words), "\(words) in \(run.words)")
            }
            #expect(!FileManager.default.fileExists(atPath: site.folder.file("data")))
        }
    }

    @Test("A profile with errors is refused before anything is read")
    func brokenProfile() async throws {
        try await onThread {
            let site = try RunSite(profile: RunSite.profile("flood", "alarm: more than many in 5m"))
            let run = try ProductProgram.run(["run", "--config", "picket.yaml"], in: site.folder)
            #expect(run.end == .code(2))
            #expect(run.words.contains("profile.yaml:4:"), "\(run.words)")
            #expect(!FileManager.default.fileExists(atPath: site.folder.file("data")))
        }
    }

    @Test("A configuration that is not there is named")
    func missing() async throws {
        try await onThread {
            let run = try ProductProgram.run(["run", "--config", "nowhere.yaml"], in: try ProductFolder())
            #expect(run.end == .code(2))
            #expect(run.words.contains("nowhere.yaml"), "\(run.words)")
        }
    }

    @Test("How feeds are read is printed by --check as it was said")
    func checkReading() async throws {
        try await onThread {
            let site = try RunSite()
            try site.folder.write(
                "picket.yaml",
                """
                data: "data"
                profiles: ["profile.yaml"]
                feeds:
                  - { name: "a", file: "a.csv", format: csv, csv: { separator: ";", header: none }, fields: { time: "1", kind: { is: "publish" }, device: { from: "2", values: { "x": "y" } }, metrics.cpu: "CPU %" }, lateness: 10s }
                  - { name: "b", file: "b", format: alert, reports: { devices: registered, publisher: acl, traffic: differences, topic: "a/{device}/#" }, lateness: 10s }
                  - { name: "c", file: "c", format: mosquitto, identity: certificate, lateness: 10s }
                log: { level: 6 }
                listen: "off"

                """)
            let run = try ProductProgram.run(["run", "--config", "picket.yaml", "--check"], in: site.folder)
            #expect(run.end == .code(0), "\(run.words)")
            let text = String(
                decoding: FileManager.default.contents(atPath: site.folder.file("picket.yaml")) ?? Data(), as: UTF8.self
            )
            #expect(String(decoding: run.output, as: UTF8.self) == text)
        }
    }

    @Test("--check prints what would be done, and its output is a configuration that means the same")
    func check() async throws {
        try await onThread {
            let site = try RunSite()
            let first = try ProductProgram.run(["run", "--config", "picket.yaml", "--check"], in: site.folder)
            #expect(first.end == .code(0), "\(first.words)")
            let resolved = String(decoding: first.output, as: UTF8.self)
            #expect(
                resolved == """
                    data: "data"
                    profiles: ["profile.yaml"]
                    feeds:
                      - { name: "feed", file: "live.log", format: ndjson, lateness: 10s }
                    log: { level: 6 }
                    listen: "127.0.0.1:8787"

                    """)
            try site.folder.write("resolved.yaml", resolved)
            let second = try ProductProgram.run(["run", "--config", "resolved.yaml", "--check"], in: site.folder)
            #expect(second.output == first.output)
            #expect(!FileManager.default.fileExists(atPath: site.folder.file("data")))
        }
    }
}
