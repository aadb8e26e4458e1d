import ArgumentParser
import Foundation
import PicketLog

struct LogProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Proves that one record is in a signed log: for somebody who has neither the log nor Picket.",
        discussion: """
            The proof is a c2sp.org/tlog-proof: the index, the hashes on the way to the tree head, and the signed \
            checkpoint. The record itself goes to standard output when the proof goes to a file.

            Examples:
              picket log prove picket-data/log 184467
              picket log prove picket-data/log 184467 --to-file record.tlog-proof > record.json
            """)

    @Argument(help: ArgumentHelp("The log folder.", valueName: "folder"))
    var folder: String

    @Argument(help: ArgumentHelp("The position of the record in the log, from 0.", valueName: "index"))
    var index: UInt64

    @Option(help: ArgumentHelp("Write the proof into this file, and the record to standard output.", valueName: "file"))
    var toFile: String?

    mutating func run() async throws {
        let place = LogPlace(folder)
        Access.record(.prove, ["index=\(index)"], in: place)
        var out = StandardOutput()
        do {
            var prover = try RecordProver(folder: place.folder)
            let (proof, line) = try prover.proof(of: index)
            if let toFile {
                try Data(proof.bytes).write(to: URL(fileURLWithPath: toFile))
                try out.line(line)
            } else {
                try out.raw(proof.bytes)
            }
            try out.flush()
        } catch let error as CocoaError {
            StandardOutput.say("picket: \(toFile ?? ""): \(error.localizedDescription)")
            throw Failure.unreachable
        } catch {
            throw Failure.reported(error)
        }
    }
}
