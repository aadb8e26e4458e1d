import Foundation
import Testing

/// Profiles that change while `picket run` runs, or while it does not.
@Suite("picket run: profiles", .waits)
struct RunProfileTests {
    @Test("SIGHUP puts other profiles in force")
    func reloads() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.publish("a", 0..<6)
            #expect(program.waits { program.outputLines.count == 1 })
            try site.folder.write("profile.yaml", RunSite.profile("more", "alarm: more than 8 in 5m"))
            program.signal(SIGHUP)
            #expect(program.waits { program.wordsText.contains("reloaded") })
            try site.publish("a", 6..<9)
            #expect(program.waits { program.outputLines.count == 3 })
            stop(program)
            #expect(try site.violations() == ["in-alarm flood a", "alarm-invalidated flood a", "in-alarm more a"])
            try site.expectReplayAgrees()
        }
    }

    @Test("SIGHUP puts another fleet file in force, and a broken one changes nothing")
    func reloadsFleet() async throws {
        try await onThread {
            let site = try RunSite(profile: RunSite.flood.replacing("[all]", with: "[{ group: meters }]"))
            try site.folder.append("picket.yaml", "fleet: fleet.yaml\n")
            try site.folder.write("fleet.yaml", "groups: { meters: }\ndevices: { a: { group: meters } }\n")
            let program = try site.start()
            try site.publish("a", 0..<6)
            try site.publish("b", 0..<6)
            #expect(program.waits { program.outputLines.count == 1 })
            try site.folder.write("fleet.yaml", "groups: { meters: }\ndevices: { b: { group: metres } }\n")
            program.signal(SIGHUP)
            #expect(program.waits { program.wordsText.contains("stay as they are") })
            #expect(program.wordsText.contains("fleet.yaml:2:"), "\(program.wordsText)")
            try site.folder.write("fleet.yaml", "groups: { meters: }\ndevices: { b: { group: meters } }\n")
            program.signal(SIGHUP)
            #expect(program.waits { program.wordsText.contains("reloaded") })
            try site.publish("b", 6..<12)
            try site.publish("a", 6..<12)
            #expect(program.waits { program.outputLines.count == 3 })
            #expect(try program.waits { try site.topics().count == 24 })
            stop(program)
            #expect(
                Set(try site.violations()) == ["in-alarm flood a", "alarm-invalidated flood a", "in-alarm flood b"])
            try site.expectReplayAgrees()
        }
    }

    @Test("SIGHUP with a broken profile says where it is broken, and changes nothing")
    func refusesBroken() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.folder.write("profile.yaml", RunSite.profile("flood", "alarm: more then 8 in 5m"))
            program.signal(SIGHUP)
            #expect(program.waits { program.wordsText.contains("stay as they are") })
            #expect(program.wordsText.contains("profile.yaml:4:"), "\(program.wordsText)")
            try site.publish("a", 0..<6)
            #expect(program.waits { program.outputLines.count == 1 })
            stop(program)
            #expect(try site.violations() == ["in-alarm flood a"])
            try site.expectReplayAgrees()
        }
    }

    @Test("A profile that changed between two runs: what was open loses its meaning", arguments: [SIGTERM, SIGKILL])
    func changesBetweenRuns(signal: Int32) async throws {
        try await onThread {
            let site = try RunSite()
            let first = try site.start()
            try site.publish("a", 0..<6)
            try site.publish("b", 0..<3)
            #expect(first.waits { first.outputLines.count == 1 })
            first.signal(signal)
            _ = first.wait()
            try site.folder.write("profile.yaml", RunSite.profile("flood", "alarm: more than 3 in 5m"))
            let second = try site.start()
            // What was counted before counts on.
            try site.publish("b", 3..<4)
            #expect(second.waits { second.outputLines.count == 2 })
            stop(second)
            #expect(try site.violations() == ["in-alarm flood a", "alarm-invalidated flood a", "in-alarm flood b"])
            #expect(second.outputLines[0].contains("alarm-invalidated"))
            try site.expectReplayAgrees()
            // A third time with nothing changed: nothing to say.
            stop(try site.start())
            #expect(try site.violations().count == 3)
            #expect(try site.records().filter { $0["kind"] as? String == "profile" }.count == 2)
            try site.expectReplayAgrees()
        }
    }

    @Test("tail shows the log from its start, or one kind of it")
    func tail() async throws {
        try await onThread {
            let site = try RunSite()
            let program = try site.start()
            try site.publish("a", 0..<60)
            #expect(try program.waits { try site.topics().count == 60 && program.outputLines.count == 1 })
            // A log at rest: a live one has another tick each second while a violation is open.
            stop(program)
            func tail(_ arguments: String...) throws -> [UInt8] {
                let tail = try ProductProgram.run(
                    ["tail", "--data", "data", "--no-follow", "--output", "json"] + arguments, in: site.folder)
                #expect(tail.end == .code(0), "\(tail.words)")
                return tail.output
            }
            // Who reads is on the record, so each reading finds one record more: those are left out here.
            func lines(_ output: [UInt8]) -> [String] {
                String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
                    .filter { !$0.contains(#""kind":"log","action":"#) }
            }
            let all = lines(try site.cat())
            #expect(try lines(tail("--from-start")) == all)
            #expect(all.count >= 60)
            let newest = lines(try tail("--last", "30"))
            #expect(newest.count > 20 && newest == Array(all.suffix(newest.count)))
            let violations = try tail("--from-start", "--kind", "violation")
            #expect(KillComparison.violations(violations) == program.outputLines)
            #expect(violations.split(separator: 0x0A).count == 1)
            let none = try ProductProgram.run(["tail", "--data", "nowhere", "--no-follow"], in: site.folder)
            #expect(none.end == .code(3) && none.words.contains("nowhere"), "\(none.words)")
            let wrong = try ProductProgram.run(["tail", "--data", "data", "--kind", "voilation"], in: site.folder)
            #expect(wrong.end == .code(64) && wrong.words.contains("violation"), "\(wrong.words)")
            // Following: what comes later is shown.
            let second = try site.start()
            let following = try ProductProgram(["tail", "--data", "data", "--kind", "violation"], in: site.folder)
            #expect(following.waits { following.outputLines.count == 1 })
            try site.publish("b", 0..<6)
            #expect(following.waits { following.outputLines.count == 2 })
            following.signal(SIGTERM)
            _ = following.wait()
            stop(second)
        }
    }
}
