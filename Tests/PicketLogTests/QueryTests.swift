import PicketEvents
import Testing

@testable import PicketLog

/// Queries give what a plain reading of all lines gives, with an index, without one, and with a wrong one.
@Suite struct QueryTests {
    private func log() throws -> SimulatedFileSystem {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        for start in stride(from: 0, to: 230, by: 10) {
            try writer.append(Support.buffer(start..<(start + 10)))
            if start == 50 { writer.sealOpenBlock() }
        }
        return system
    }

    private func run(_ query: LogQuery, _ system: SimulatedFileSystem) throws -> [QueryReader.Match] {
        var reader = try QueryReader(folder: "/log", query, fileSystem: system)
        var found: [QueryReader.Match] = []
        while let matches = try reader.next() { found += matches }
        return found
    }

    /// Every record that `isWanted`, by reading the lines as text.
    private func expected(_ isWanted: (Int, String) -> Bool) -> [QueryReader.Match] {
        (0..<230).compactMap { index in
            let line = Support.line(index)
            return isWanted(index, String(decoding: line, as: UTF8.self))
                ? QueryReader.Match(index: UInt64(index), line: line) : nil
        }
    }

    @Test func `a certificate is found however its number is spelled, and nothing else is taken for it`() throws {
        let system = SimulatedFileSystem()
        let writer = try LogWriter(folder: "/log", options: Support.small(), fileSystem: system)
        let lines = [
            #"{"kind":"connect","certificate":{"serial":"4A0F","subject":"CN=a"}}"#,
            #"{"kind":"connect","certificate":{"subject":"CN=a","serial":"00:4a:0f"}}"#,
            #"{"kind":"violation","certificate":"4A0F"}"#, #"{"kind":"connect","certificate":{"serial":"4A10"}}"#,
            #"{"kind":"connect","certificate":{"subject":"4A0F"}}"#, #"{"kind":"connect","note":{"serial":"4A0F"}}"#,
            #"{"kind":"connect","certificate":{"note":{"serial":"4A0F"}}}"#, #"{"kind":"connect","certificate":7}"#,
        ]
        var buffer = RecordBuffer()
        for line in lines { buffer.append(line: Array(line.utf8), time: Support.time(0)) }
        try writer.append(buffer)
        var query = LogQuery()
        query.add(.certificate, "4a:0F")
        let found = try run(query, system)
        #expect(found.map(\.index) == [0, 1, 2])
        #expect(query.words == ["certificate=4a:0F"])
        #expect(String(decoding: found[2].indexedLine, as: UTF8.self) == "{\"index\":2,\"record\":\(lines[2])}")
    }

    @Test func `the same as reading everything`() throws {
        let system = try log()
        for round in 0..<3 {
            for device in [3, 7, 150, 151, 9_999] {
                var query = LogQuery()
                query.add(.device, "sensor-\(device)")
                #expect(try run(query, system) == expected { $1.contains("\"device\":\"sensor-\(device)\"") })
            }
            var query = LogQuery()
            query.add(.device, "sensor-3")
            query.add(.device, "sensor-4")
            query.add(.topic, "telemetry/sensor/2")
            #expect(
                try run(query, system)
                    == expected {
                        ($1.contains("\"sensor-3\"") || $1.contains("\"sensor-4\""))
                            && $1.contains("\"telemetry/sensor/2\"")
                    })
            query = LogQuery()
            query.from = Support.time(40)
            query.to = Support.time(99)
            #expect(try run(query, system) == expected { index, _ in (40..<99).contains(index) })
            query.add(.kind, "publish")
            query.fromIndex = 50
            query.toIndex = 77
            #expect(try run(query, system) == expected { index, _ in (50..<77).contains(index) })
            query = LogQuery()
            query.add(.kind, "connect")
            #expect(try run(query, system).isEmpty)
            #expect(try run(LogQuery(), system).count == 230)
            // The first round made the indexes; the next read them; then they are damaged.
            let indexes = system.snapshot().filter { $0.key.hasSuffix(".idx") }
            #expect(indexes.count == 7)
            guard round == 1 else { continue }
            for (path, bytes) in indexes {
                let file = try system.open(path, .write)
                try file.write([bytes[60] ^ 0xFF], at: 60)
            }
        }
        #expect(LogVerifier(folder: "/log", fileSystem: system).run().verdict == .sound)
    }

    @Test func `the fields of a line`() {
        func fields(_ text: String) -> [String] {
            let bytes = Array(text.utf8)
            var found: [String] = []
            LineFields.forEach(bytes, 0..<bytes.count) { key, value in
                found.append(
                    String(decoding: bytes[key], as: UTF8.self) + "=" + String(decoding: bytes[value], as: UTF8.self))
                return true
            }
            return found
        }
        #expect(
            fields(#"{"a":"x","b":12,"c":{"device":"y","d":["}",2]},"e":true}"#)
                == ["a=\"x\"", "b=12", #"c={"device":"y","d":["}",2]}"#, "e=true"])
        #expect(fields(#"{"a":"q\"uo,te\\","b":1}"#) == [#"a="q\"uo,te\\""#, "b=1"])
        for text in ["", "{", "{\"", "{\"a", "{\"a\":", "{\"a\":\"", "[1]", "x", "{\"a\"}", "{}"] {
            #expect(fields(text).allSatisfy { $0.hasPrefix("a=") }, "\(text)")
        }
    }

    @Test func `a value inside another is not a field`() throws {
        var query = LogQuery()
        query.add(.device, "t-1")
        let inner = Array(#"{"kind":"alert","symptoms":{"device":"t-1"}}"#.utf8)
        let outer = Array(#"{"kind":"alert","device":"t-1"}"#.utf8)
        #expect(!query.fits(inner, 0..<inner.count) && query.fits(outer, 0..<outer.count))
    }
}
