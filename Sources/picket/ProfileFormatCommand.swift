import ArgumentParser
import Foundation
import PicketFeeds
import PicketProfiles

struct ProfileFormatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Prints profiles in one form: Picket's own, also those that AWS wrote, or AWS's.",
        discussion: """
            Examples:
              picket profile fmt aws-export/sensors.profile.json >sensors.yaml
              picket profile fmt sensors.yaml --aws --to-folder aws-export

            Tests are printed as they are written; other comments are not part of a profile and are not printed. What belongs to an AWS profile and lies in the same \
            folder (targets, dimensions, custom metrics) is taken in when the folder is named.

            With --aws, what AWS cannot hold is named on standard error, behavior by behavior, and when a behavior is left out the exit code is 1. Without \
            --to-folder only the profiles themselves are printed, as `aws iot create-security-profile --cli-input-json` reads them.
            """)

    @Argument(help: ArgumentHelp("Profile files and folders.", valueName: "path"))
    var paths: [String]

    @Flag(help: "Write AWS IoT Device Defender's JSON.")
    var aws = false

    @Option(
        help: ArgumentHelp(
            "With --aws: the folder for profiles, targets, dimensions and custom metrics.", valueName: "folder"))
    var toFolder: String?

    @Option(
        help: ArgumentHelp(
            "With --aws: how the ARNs of targets begin: arn:aws:iot:eu-central-1:123456789012.", valueName: "text"))
    var arn = "arn:aws:iot:REGION:ACCOUNT"

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard aws || toFolder == nil else { throw ValidationError("--to-folder is for --aws.") }
    }

    mutating func run() async throws {
        do {
            let profiles = try ProfileArguments.load(paths, output)
            if aws { try writeAWS(profiles) } else { try write(profiles) }
        } catch {
            throw Failure.reported(error)
        }
    }

    private func write(_ profiles: [SecurityProfile]) throws {
        var out = StandardOutput()
        for (index, profile) in profiles.enumerated() {
            if index > 0 { try out.line("---".utf8) }
            var yaml = ProfileWriter.yaml(profile)
            if yaml.hasSuffix("\n") { yaml.removeLast() }
            // It was read a moment ago; what cannot be read now is no profile with tests.
            let text = FileManager.default.contents(atPath: profile.source).map { String(decoding: $0, as: UTF8.self) }
            switch text.map(TestSection.find) ?? .none {
            case .none: break
            case .lines(let lines): yaml += "\n" + lines
            case .inside:
                StandardOutput.say(
                    "picket: \(profile.source): its tests do not stand on lines of their own, and are not printed")
            }
            try out.line(yaml.utf8)
        }
        try out.flush()
    }

    private func writeAWS(_ profiles: [SecurityProfile]) throws {
        let writer = try AWSWriter(profiles, arn: arn)
        if let toFolder {
            do {
                try FileManager.default.createDirectory(atPath: toFolder, withIntermediateDirectories: true)
                for file in writer.files { try file.data.write(to: URL(fileURLWithPath: "\(toFolder)/\(file.name)")) }
            } catch {
                throw FeedError(place: toFolder, problem: "cannot be written: \(error.localizedDescription)")
            }
            StandardOutput.say("picket: \(writer.files.count) files in \(toFolder)")
        } else {
            var out = StandardOutput()
            for file in writer.files where file.name.hasSuffix(".profile.json") { try out.line(file.data.dropLast()) }
            try out.flush()
        }
        for loss in writer.losses { StandardOutput.say("picket: \(loss.text)") }
        if writer.losses.contains(where: \.isLeftOut) { throw Failure.findings }
    }
}
