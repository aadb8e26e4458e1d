import Foundation
import Testing

@testable import PicketLog

/// Records of who read the log.
@Suite struct AccessTests {
    private func log(_ folder: String, signed: Bool) throws -> LogPlace {
        let place = LogPlace(folder + "/log")
        var options = LogOptions()
        if signed { options.signers = try KeyFile.create(place.keyFile, origin: "example.test/log").signers }
        let writer = try LogWriter(folder: place.folder, options: options)
        try writer.append(Support.buffer(0..<10))
        try writer.close()
        return place
    }

    @Test(arguments: [true, false]) func `a reading is a record, and a signed one`(signed: Bool) throws {
        try Support.withFolder { folder in
            let place = try log(folder, signed: signed)
            var query = LogQuery()
            query.add(.device, "a \"b\"")
            query.from = 0
            #expect(query.words == ["device=a \\\"b\\\"", "from=1970-01-01T00:00:00.000Z"])
            #expect(AccessRecord(.query, query.words).append(to: place, time: Support.time(10)) == nil)
            let text = String(decoding: try Support.contents(place.folder, from: 10), as: UTF8.self)
            #expect(text.contains("\"kind\":\"log\",\"action\":\"query\",\"by\":\""))
            let report = LogVerifier(folder: place.folder).run()
            #expect(report.verdict == (signed ? .sound : .incomplete))
            #expect(report.newest?.size == (signed ? 11 : nil))
        }
    }

    @Test func `readings at the same time are all recorded`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/picket-log-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = try log(folder, signed: true)
        let reasons = await withTaskGroup(of: String?.self) { group in
            for number in 0..<8 {
                group.addTask { AccessRecord(.query, ["\(number)"]).append(to: place, time: Support.time(10)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reasons.allSatisfy { $0 == nil }, "\(reasons)")
        let text = String(decoding: try Support.contents(place.folder, from: 10), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 8)
        #expect(LogVerifier(folder: place.folder).run().verdict == .sound)
    }

    @Test func `where it cannot be recorded, it says why and changes nothing`() throws {
        try Support.withFolder { folder in
            let place = try log(folder, signed: true)
            func reason() -> String? { AccessRecord(.prove, ["index=1"]).append(to: place, time: Support.time(10)) }
            try Support.withFolder { other in
                _ = try Support.run("cp -r \(place.folder) \(other)/log")
                let copy = AccessRecord(.export, []).append(to: LogPlace(other + "/log"), time: 0)
                #expect(copy?.contains("private key") == true)
                #expect(LogPlace(other).folder == other + "/log", "a data folder leads to its log")
            }
            var options = LogOptions()
            options.signers = try KeyFile.read(place.keyFile).signers
            var writer: LogWriter? = try LogWriter(folder: place.folder, options: options)
            #expect(reason() == "another process writes it")
            try writer?.append(Support.buffer(10..<12))
            writer = nil
            #expect(reason()?.contains("did not end in order") == true)
            #expect(try Support.contents(place.folder) == Support.buffer(0..<12).bytes)
            #expect(AccessRecord(.query, []).append(to: LogPlace(folder + "/none"), time: 0) == nil)
            #expect(!FileManager.default.fileExists(atPath: folder + "/none"))
        }
    }
}
