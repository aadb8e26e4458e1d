import Foundation
import PicketLog
import Testing

/// A disk that is really full: a small tmpfs, in a name space of its own, where the system lets this process mount one.
@Suite("A small disk", .waits) struct SmallDiskTests {
    /// What a mount in a name space of its own takes: nothing more for root, a name space of users for others.
    private static let unshare = getuid() == 0 ? ["-m"] : ["-Urm"]
    private static let enter = getuid() == 0 ? ["-m"] : ["-U", "-m", "--preserve-credentials"]

    /// Whether the system allows it; tried once.
    static let isPossible: Bool = {
        guard let folder = try? ProductFolder() else { return false }
        let words = unshare + ["sh", "-c", "mount -t tmpfs -o size=1m tmpfs '\(folder.path)'"]
        return (try? ProductProgram.run(words, executable: "unshare", in: folder).end) == .code(0)
    }()

    @Test(
        "fills up while the daemon writes: it says so, waits, and loses nothing",
        .enabled(if: isPossible, "this system does not let a test mount a tmpfs; RunEndTests uses ulimit -f"))
    func fills() async throws {
        try await onThread {
            let site = try RunSite()
            let data = site.folder.file("data")
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            // Room for the reserve of 8 MiB and something more; the ballast is what somebody else left there.
            let mount =
                "mount -t tmpfs -o size=28m tmpfs '\(data)' && head -c 12M /dev/zero > '\(data)/ballast' && echo up "
                + "&& exec sleep 600"
            let holder = try ProductProgram(Self.unshare + ["sh", "-c", mount], executable: "unshare", in: site.folder)
            defer {
                holder.signal(SIGKILL)
                _ = holder.wait()
            }
            try #require(holder.waits { holder.outputLines == ["up"] }, "\(holder.wordsText)")
            let inside = "/proc/\(holder.pid)/root\(data)"
            let run = "cd '\(site.folder.path)' && exec '\(ProductProgram.path)' run --config picket.yaml --output json"
            let program = try ProductProgram(
                Self.enter + ["-t", "\(holder.pid)", "sh", "-c", run], executable: "nsenter", in: site.folder)
            try #require(program.isUp(), "\(program.wordsText)")
            let count = 60_000
            let filler = String(repeating: "x", count: 120)
            try site.folder.append(
                "live.log",
                (0..<count).map {
                    "{\"kind\":\"publish\",\"device\":\"d\($0 % 50)\",\"topic\":\"t/\($0)/\(filler)\"}\n"
                }
                .joined())
            try #require(program.waits { program.wordsText.contains("no room for the log") }, "\(program.wordsText)")
            // While it is full, what is there is sound.
            try KillVerdict.expectSound(site.folder, "full", log: inside + "/log")
            try FileManager.default.removeItem(atPath: inside + "/ballast")
            func arrived() throws -> Int {
                var reader = try LogReader(folder: inside + "/log")
                var found = 0
                while let block = try reader.next() {
                    found +=
                        String(decoding: block.bytes, as: UTF8.self).split(separator: "\n")
                        .filter { $0.contains("\"kind\":\"publish\"") }.count
                }
                return found
            }
            #expect(try program.waits { try arrived() == count }, "\(program.wordsText)")
            stop(program)
            try KillVerdict.expectSound(site.folder, "after it was full", log: inside + "/log")
            var reader = try LogReader(folder: inside + "/log")
            var text = ""
            while let block = try reader.next() { text += String(decoding: block.bytes, as: UTF8.self) }
            let topics = text.split(separator: "\n").compactMap { $0.firstMatch(of: /"topic":"t\/(\d+)\//)?.output.1 }
            #expect(topics.map { Int($0) } == Array(0..<count).map { $0 }, "each line once, in order")
            #expect(text.contains("\"kind\":\"gap\"") && text.contains("disk-full"))
        }
    }
}
