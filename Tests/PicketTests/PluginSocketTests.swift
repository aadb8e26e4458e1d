import Foundation
import Glibc
import PicketFeeds
import Testing

@testable import PicketService

/// Who may come to the socket of a broker's plugin.
@Suite("The socket of the broker plugin", .waits)
struct PluginSocketTests {
    private static let isRoot = geteuid() == 0
    private static let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(
        where: FileManager.default.isExecutableFile(atPath:))

    /// A folder that others may enter: only the socket keeps them out.
    private static func place() throws -> ProductFolder {
        let folder = try ProductFolder()
        try #require(chmod(folder.path, 0o755) == 0)
        return folder
    }

    private static func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    /// Connects as nobody; whether that went well does not show here.
    private static func comeAsNobody(_ path: String) throws {
        let curl = try #require(Curl.path)
        _ = try ProductProgram.run(
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", curl, "-s", "--max-time", "5", "--unix-socket",
                path,
                "http://localhost/",
            ], executable: try #require(setpriv), in: ProductFolder())
    }

    @Test("Only its owner can reach it, also where something was left behind")
    func mode() async throws {
        try await onThread {
            let folder = try ProductFolder()
            let path = folder.file("broker.sock")
            for _ in 0..<2 {
                let socket = try PluginSocket(path: path, user: nil)
                #expect(try PluginSocketTests.mode(path) == 0o600)
                // Nobody cleans up: as after a kill.
                _ = socket
            }
            try folder.write("file", "precious")
            #expect(throws: FeedError.self) { try PluginSocket(path: folder.file("file"), user: nil) }
            #expect(try String(contentsOfFile: folder.file("file"), encoding: .utf8) == "precious")
            #expect(throws: FeedError.self) { try PluginSocket(path: path, user: "no-such-user-here") }
        }
    }

    @Test(
        "Another user is refused even where the mode would let him in, and the one who is named is not",
        .enabled(if: isRoot && setpriv != nil && Curl.path != nil, "needs root, setpriv and curl"))
    func peers() async throws {
        let folder = try PluginSocketTests.place()
        let path = folder.file("broker.sock")
        let strict = try PluginSocket(path: path, user: nil)
        var events = strict.events().makeAsyncIterator()
        try #require(chmod(path, 0o666) == 0)
        try await onThread { try PluginSocketTests.comeAsNobody(path) }
        guard case .refused(let words)? = await events.next() else {
            Issue.record("nobody was let in")
            return
        }
        #expect(words.contains("65534") && words.contains("`user`"), "\(words)")
        strict.stop()
        while await events.next() != nil {}

        let named = try PluginSocket(path: path, user: "nobody")
        var others = named.events().makeAsyncIterator()
        #expect(try PluginSocketTests.mode(path) == 0o600)
        try await onThread { try PluginSocketTests.comeAsNobody(path) }
        guard case .connected(let socket)? = await others.next() else {
            Issue.record("the user that is named was not let in")
            return
        }
        // What it says is no frame, or it has gone already; either ends it.
        guard case .disconnected? = await others.next() else {
            Issue.record("it did not end")
            return
        }
        close(socket)
        named.stop()
        while await others.next() != nil {}
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
