import ArgumentParser
import Foundation
import PicketLog

struct LogKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The keys that sign a log.",
        subcommands: [LogKeysCreateCommand.self, LogKeysShowCommand.self, LogKeysRotateCommand.self])
}

struct LogKeysCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a private key for one log, and prints the public one.",
        discussion: """
            picket run makes its own at its first start. A key belongs to one log: two logs that are signed by the same \
            key look like one log with two pasts.

            Example:
              picket log keys create audit.key --for example.com/picket/north
            """)

    @Argument(help: ArgumentHelp("The file to make; only its owner may read it.", valueName: "file"))
    var file: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The name of the log. Without it: a random one.", valueName: "name"))
    var origin: String?

    mutating func run() async throws {
        do {
            for signer in try KeyFile.create(file, origin: origin ?? LogFormat.randomOrigin()).signers {
                print(signer.key)
            }
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct LogKeysShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints the public keys of a log, or of a file of private keys.",
        discussion: """
            For a log each line ends with the sizes of the checkpoints that the key signs: from and to, - while it is in use.
            --output json gives an object a line: vkey, id, and of a log from and to. A line that ends with UNVOUCHED (in json \
            unvouched: true) is a key for which no key before it vouches: do not believe it.

            Examples:
              picket log keys show picket-data/log
              picket log keys show picket-data/log --output json
              picket log keys show picket-data/keys/log.key
            """)

    @Argument(help: ArgumentHelp("A log folder, or a key file.", valueName: "path"))
    var path: String

    @Option(help: ArgumentHelp("text (a key a line, to be copied) or json (one object a line).", valueName: "form"))
    var output = OutputOptions.Form.text

    mutating func run() async throws {
        var out = StandardOutput()
        do {
            for key in try KeyListing.keys(path) { try out.line(output == .json ? key.json : Array(key.text.utf8)) }
            try out.flush()
        } catch {
            throw Failure.reported(error)
        }
    }
}

struct LogKeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Brings a new key into a stopped log, and takes the old one out.",
        discussion: """
            Without --finish a new key is made, a record of the log names it, and both sign from then on. Give the new \
            public key to whoever checks the log; then end the old one with --finish, which deletes its private half.

            Examples:
              picket log keys rotate picket-data/log
              picket log keys rotate picket-data/log --finish
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            "The file of the private keys. Without it: keys/log.key beside the log.", valueName: "file"))
    var key: String?

    @Flag(help: "End the rotation: the older key signs its last checkpoint.")
    var finish = false

    mutating func run() async throws {
        let place = LogPlace(folder)
        let rotation = KeyRotation(folder: place.folder, keyFile: key ?? place.keyFile)
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        do {
            if finish {
                let old = try rotation.finish(time: now)
                StandardOutput.say("picket: this key signs no more, and its private half is deleted:")
                print(old)
            } else {
                let new = try rotation.begin(time: now)
                StandardOutput.say("picket: this key signs beside the old one, until picket log keys rotate --finish:")
                print(new)
            }
        } catch {
            throw Failure.reported(error)
        }
    }
}
