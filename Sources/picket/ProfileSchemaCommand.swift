import ArgumentParser
import PicketProfiles

struct ProfileSchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints a JSON Schema of profile files, for editors.",
        discussion: """
            Example:
              picket profile schema >picket-profile.schema.json

            An editor with a YAML language server reads it when the first line of a profile is
              # yaml-language-server: $schema=picket-profile.schema.json
            """)

    mutating func run() async throws {
        do {
            var out = StandardOutput()
            try out.line(try ProfileSchema.file)
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}
