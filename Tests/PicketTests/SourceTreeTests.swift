import Foundation
import Testing

/// The rules of the house that a compiler does not check.
@Suite("The source tree")
struct SourceTreeTests {
    /// The modules that detection may import: none of them can read a clock, a file or a network.
    private static let pure: Set<String> = ["Crypto", "PicketEvents", "PicketProfiles"]

    @Test("detection imports nothing that does I/O or reads a clock")
    func detectionIsPure() throws {
        for (file, text) in try Self.sources("PicketDetection") {
            for line in text.split(separator: "\n") where line.contains("import ") && !line.hasPrefix("//") {
                let module = line.split(separator: " ").last.map(String.init) ?? ""
                #expect(Self.pure.contains(module), "\(file) imports \(module)")
            }
        }
    }

    @Test("the vocabulary imports nothing at all")
    func eventsStandAlone() throws {
        for (file, text) in try Self.sources("PicketEvents") {
            let imports = text.split(separator: "\n").filter { $0.hasPrefix("import ") || $0.contains(" import ") }
            #expect(imports.allSatisfy { $0.hasPrefix("///") || $0.hasPrefix("//") }, "\(file): \(imports)")
        }
    }

    @Test("no file is a drawer: at most 500 lines")
    func lengths() throws {
        for (file, text) in try Self.sources("") {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 500, "\(file) has \(lines) lines")
        }
    }

    @Test("no call that ends the program on input, and nothing left for later")
    func noTraps() throws {
        for (file, text) in try Self.sources("") {
            for word in ["try!", "fatalError(", "TODO", "FIXME"] {
                #expect(!text.contains(word), "\(file) contains \(word)")
            }
        }
    }

    @Test("locks are `Locked`: an optimised build takes a Mutex in an asynchronous function for another thread's")
    func locks() throws {
        for (file, text) in try Self.sources("") where file != "Locked.swift" {
            #expect(text.firstMatch(of: /\bMutex[<(]/) == nil, "\(file) has a Mutex")
        }
    }

    @Test("a test that waits for others does not stand in line behind tests that calculate")
    func waitsHaveThreads() throws {
        for (file, text) in try Self.files("Tests/PicketTests") where text.contains("@Test") {
            let waits = ["try await until {", "Task.sleep("].filter(text.contains)
            #expect(waits.isEmpty || text.contains(".waits"), "\(file) has \(waits), and its suite no `.waits`")
        }
    }

    /// The sources of a module, or of all.
    private static func sources(_ module: String) throws -> [(file: String, text: String)] {
        try files("Sources/\(module)")
    }

    private static func files(_ folder: String) throws -> [(file: String, text: String)] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(folder)
        let files =
            FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        let swift = files.filter { $0.pathExtension == "swift" }
        try #require(!swift.isEmpty)
        return try swift.map { ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8)) }
    }
}
