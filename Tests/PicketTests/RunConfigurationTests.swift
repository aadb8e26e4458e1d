import Foundation
import Testing

/// What is wrong with a configuration is said before anything is read or written.
@Suite("picket run: configuration")
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
                ("picket.yaml:9:", "`level`"), ("picket.yaml:10:", "there is no kind of broker `emqx`"),
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
                      - { name: "feed", file: "live.log", format: ndjson, lateness: 10s, identity: password }
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
