import Crypto
import Foundation
import PicketEvents
import PicketFeeds
import PicketLog

/// What must be known of a broker's session in the next run: as whom it was begun, and what it is subscribed to.
///
/// The broker keeps a session for a client id. With another one after a restart nobody would ever fetch what waits
/// there. So the id is chosen once for a data folder and is durable before it is used.
struct SessionFile {
    private let folder: String
    private let path: String
    private(set) var client: String
    /// What the session was subscribed to at last.
    private(set) var topics: [String] = []

    /// Reads or makes the file of the feed `name` in the data folder `data`.
    ///
    /// - Parameter chosen: the client id of the configuration; nil to choose one.
    /// - Throws: ``FeedError`` when it can be neither read nor written.
    init(data: String, feed name: String, chosen: String?) throws {
        folder = "\(data)/sessions"
        // A feed's name may be anything, a file's may not.
        path = "\(folder)/\(SessionFile.digest(name)).txt"
        let known = FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        client = ""
        if let known, let first = known.first, chosen == nil || chosen == first {
            client = first
            topics = Array(known.dropFirst())
            return
        }
        var generator = SystemRandomNumberGenerator()
        // 19 characters: every broker must take up to 23 of letters and digits (MQTT 3.1.1 §3.1.3.1).
        client = chosen ?? "picket" + String(SessionFile.digest("\(generator.next()) \(generator.next())").prefix(13))
        try write()
    }

    /// The session is subscribed to `topics` now.
    mutating func subscribed(to topics: [String]) throws {
        guard topics != self.topics else { return }
        self.topics = topics
        try write()
    }

    private func write() throws {
        let files = RealFileSystem()
        do {
            try files.makeFolder(folder)
            try files.replaceFile(path, in: folder, with: Array(([client] + topics).map { $0 + "\n" }.joined().utf8))
        } catch {
            throw FeedError(place: path, problem: "cannot be written (\(error)); the client id of a feed is kept there")
        }
    }

    private static func digest(_ text: String) -> String {
        var hex: [UInt8] = []
        Hex.append(Array(SHA256.hash(data: Array(text.utf8)).prefix(8)), to: &hex)
        return String(decoding: hex, as: UTF8.self)
    }
}
