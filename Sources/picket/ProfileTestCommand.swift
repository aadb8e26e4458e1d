import ArgumentParser
import Foundation
import PicketEvents
import PicketProfiles
import PicketService

struct ProfileTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Runs the tests that stand in profile files, on the very engine.",
        discussion: """
            Examples:
              picket profile test profiles/
              picket profile test sensor.yaml --output json

            Exit code 0: all passed. 1: a test failed; its expected and its actual timeline are printed. 2: a file is wrong.
            """)

    @Argument(help: ArgumentHelp("Profile files and folders.", valueName: "path"))
    var paths: [String]

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let profiles = try ProfileArguments.load(paths, output)
        var out = StandardOutput()
        var passed = 0
        var failed = 0
        for profile in profiles {
            guard let data = FileManager.default.contents(atPath: profile.source) else { continue }
            let text = String(decoding: data, as: UTF8.self)
            for test in ProfileTestReader.parse(text: text, file: profile.source).tests {
                let run = ProfileTestRun(test, of: profile)
                if run.passed { passed += 1 } else { failed += 1 }
                try write(test, run, profile, &out)
            }
        }
        if !output.isJSON {
            let none = passed + failed == 0 ? "; no profile has `tests:`" : ""
            try out.line("\(passed) passed, \(failed) failed\(none)".utf8)
        }
        try out.flush()
        if failed > 0 { throw ExitCode(1) }
    }

    private func write(
        _ test: ProfileTest, _ run: ProfileTestRun, _ profile: SecurityProfile, _ out: inout StandardOutput
    ) throws {
        if output.isJSON {
            var line = RecordLine()
            line.add("profile", profile.name)
            line.add("test", test.name)
            line.add("line", Int64(test.place.line))
            line.add("passed", run.passed)
            line.add("failed", !run.passed)
            line.add("timeline", run.passed ? [] : run.timeline(test))
            try out.line(line.finish())
            return
        }
        try out.line("\(run.passed ? "passed" : "FAILED") \(profile.name): \(test.name)".utf8)
        guard !run.passed else { return }
        try out.line("  \(profile.source):\(test.place.line)".utf8)
        for line in run.timeline(test) { try out.line(line.utf8) }
    }
}
