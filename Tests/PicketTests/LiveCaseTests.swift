import Foundation
import Glibc
import Testing

/// Cases of which a file of the past can show nothing: their feed is what a broker's plugin said, byte for byte, and is played
/// into the socket of a daemon.
@Suite("Live cases", .waits, .timeLimit(.minutes(10)))
struct LiveCaseTests {
    static let folders = CaseFolder.live(in: Places.cases)

    /// A line about a violation, without what the clock of this machine says.
    struct Line: Decodable, Equatable {
        var event: String
        var profile: String
        var behavior: String
        var subject: String
        var feed: String?
        var device: String?
        var value: Int64?

        static func read(_ lines: some Sequence<String>) throws -> [Line] {
            try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        }
    }

    @Test("The daemon finds what the case expects, and so does a replay of its log", arguments: folders)
    func folder(_ folder: CaseFolder) async throws {
        try await onThread {
            let expected = try Line.read(
                String(contentsOfFile: "\(folder.path)/expected.ndjson", encoding: .utf8).split(separator: "\n")
                    .map(String.init))
            let site = try ProductFolder()
            try site.write("profile.yaml", String(contentsOfFile: folder.profile, encoding: .utf8))
            try site.write(
                "picket.yaml",
                "data: data\nprofiles: [profile.yaml]\nlisten: off\nfeeds:\n"
                    + "  - { name: broker, plugin: broker.sock, lateness: 1s }\n")
            let program = try ProductProgram(["run", "--config", "picket.yaml", "--output", "json"], in: site)
            for (index, feed) in try folder.feeds.enumerated() {
                let plugin = try #require(program.waits { PluginSpeaker(path: site.file("broker.sock")) })
                plugin.say([UInt8](try Data(contentsOf: URL(fileURLWithPath: feed))))
                // Each ends with what its last client did.
                let isTaken = try program.waits(.seconds(180)) {
                    try RunSite.records(in: site).count { $0["kind"] as? String == "disconnect" } == index + 1
                }
                #expect(isTaken, "\(program.wordsText)")
            }
            // Nothing more comes: the window ends when the feed has been quiet for long enough to count as idle.
            _ = program.waits(.seconds(180)) { program.outputLines.count >= expected.count }
            stop(program)
            #expect(try Line.read(program.outputLines) == expected, "\(folder.testDescription)")
            let replay = try ProductProgram.run(["replay", "data/log", "--output", "json"], in: site)
            #expect(replay.end == .code(0), "\(replay.words)")
            #expect(String(decoding: replay.output, as: UTF8.self) == program.outputLines.map { $0 + "\n" }.joined())
        }
    }

    @Test("There are live cases") func complete() { #expect(!LiveCaseTests.folders.isEmpty) }
}

/// Stands for a broker's plugin: connects to Picket's socket and says what was recorded.
private final class PluginSpeaker {
    private let number: Int32

    /// Nil while nobody listens there.
    init?(path: String) {
        number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8CString)
        guard name.count <= MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            name.withUnsafeBytes { place.copyMemory(from: $0) }
        }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { return nil }
    }

    deinit { close(number) }

    func say(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

extension ProductProgram {
    /// Waits until `make` makes something.
    fileprivate func waits<Made>(_ make: () -> Made?) -> Made? {
        var made: Made?
        _ = waits(.seconds(180)) {
            made = make()
            return made != nil
        }
        return made
    }
}
