import Foundation
import PicketEvents
import PicketLog

/// What could not be delivered, kept for a person: one file each in `dead-letters` of the data folder.
struct DeadLetters {
    let folder: String

    /// Keeps a body with the reason.
    ///
    /// - Returns: the file.
    func keep(_ body: [UInt8], id: String, target: String, url: String, problem: String, now: Int64) throws -> String {
        let files = RealFileSystem()
        try files.makeFolder(folder)
        var line = RecordLine()
        line.add("time", time: now)
        line.add("to", target)
        line.add("url", url)
        line.add("id", id)
        line.add("problem", problem)
        line.add("body", String(decoding: body, as: UTF8.self))
        // Ids are ours, hexadecimal digits: nobody else names a file.
        let path = "\(folder)/\(id).json"
        try files.replaceFile(path, in: folder, with: line.finish() + [0x0A], secret: true)
        return path
    }
}
