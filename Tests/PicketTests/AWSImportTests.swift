import Foundation
import Testing

/// The script that exports an AWS account, run against commands that answer as `aws` does.
@Suite(.waits)
struct AWSImportTests {
    /// Answers as the AWS CLI would, for an account with one profile on one group; fails for `$BROKEN`.
    private static let aws = """
        #!/bin/sh
        shift
        [ "$1" != "$BROKEN" ] || { echo "Unable to locate credentials" >&2; exit 253; }
        case "$*" in
        list-security*) printf 'sensors\\n' ;;
        describe-security-profile*) cat <<'END'
        {"securityProfileName": "sensors", "securityProfileArn": "arn:aws:iot:eu-west-1:1:securityprofile/sensors",
         "behaviors": [{"name": "flood", "metric": "aws:num-messages-sent",
           "metricDimension": {"dimensionName": "own", "operator": "IN"},
           "criteria": {"comparisonOperator": "less-than-equals", "value": {"count": 5}, "durationSeconds": 300}},
          {"name": "hot", "metric": "cpu", "criteria": {"comparisonOperator": "less-than", "value": {"number": 80.5}}}],
         "version": 1, "creationDate": 1.5, "lastModifiedDate": 1.5}
        END
        ;;
        list-targets*) echo '{"securityProfileTargets": [{"arn": "arn:aws:iot:eu-west-1:1:thinggroup/lab"}]}' ;;
        list-dimensions*) printf 'own\\n' ;;
        describe-dimension*) echo '{"name": "own", "type": "TOPIC_FILTER", "stringValues": ["t/${iot:ClientId}/#"]}' ;;
        list-custom-metrics*) printf 'cpu\\n' ;;
        describe-custom-metric*) echo '{"metricName": "cpu", "metricType": "number"}' ;;
        list-thing-groups*--query*) printf 'lab\\n' ;;
        list-thing-groups*) echo '{"thingGroups": [{"groupName": "lab"}]}' ;;
        list-things-in-thing-group*) echo '{"things": ["t-1"]}' ;;
        list-things*) echo '{"things": [{"thingName": "t-1"}, {"thingName": "t-2", "attributes": {"site": "berlin"}}]}' ;;
        *) echo "what is $*" >&2; exit 1 ;;
        esac

        """

    private func export(_ folder: ProductFolder, broken: String = "") throws -> (end: ProductProgram.End, words: String)
    {
        try folder.write("aws", Self.aws)
        let script = try ProductProgram.run(["profile", "import-aws", "--script"], in: folder)
        try folder.write("export.sh", String(decoding: script.output, as: UTF8.self))
        let run = try ProductProgram.run(
            ["-c", "chmod +x aws; BROKEN=\(broken) PATH=\"$PWD:$PATH\" sh export.sh"], executable: "/bin/sh", in: folder
        )
        return (run.end, String(decoding: run.output, as: UTF8.self) + run.words)
    }

    @Test func `what the script saves is read as it is, and counts for the devices of the group`() throws {
        let folder = try ProductFolder()
        let export = try export(folder)
        #expect(export.end == .code(0) && export.words.contains("saved in"), "\(export.words)")
        let check = try ProductProgram.run(["profile", "check", "aws-export", "--output", "text"], in: folder)
        #expect(check.end == .code(0), "\(String(decoding: check.output, as: UTF8.self))")
        var feed = ""
        for device in ["t-1", "t-2"] {
            for index in 0..<7 {
                feed +=
                    "{\"time\":\"2026-11-18T11:20:0\(index)Z\",\"kind\":\"publish\",\"device\":\"\(device)\","
                    + "\"topic\":\"t/\(device)/x\"}\n"
            }
        }
        try folder.write("feed.ndjson", feed)
        let replay = try ProductProgram.run(
            ["replay", "feed.ndjson", "--profile", "aws-export", "--output", "json"], in: folder)
        let lines = String(decoding: replay.output, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1 && lines.first?.contains("\"device\":\"t-1\"") == true, "\(lines) \(replay.words)")
    }

    @Test(arguments: [
        "list-security-profiles", "list-dimensions", "describe-custom-metric", "list-things-in-thing-group",
    ])
    func `a command that fails ends the script: half an export must not look whole`(command: String) throws {
        let export = try export(try ProductFolder(), broken: command)
        #expect(export.end != .code(0) && !export.words.contains("saved in"), "\(export.words)")
    }
}
