import Foundation
import PicketEvents
import Testing

@testable import PicketFeeds

/// Lines out of lists, whatever pieces their bytes come in.
@Suite struct ElementCutterTests {
    private static func cut(_ text: String, list: String = "Records") -> [String] {
        var cutter = ElementCutter(list: list)
        var bytes = Array(text.utf8)
        cutter.cut(&bytes, from: 0)
        #expect(bytes.count == text.utf8.count)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }.filter { !$0.isEmpty }
    }

    @Test(arguments: [
        (#"{"Records":[{"a":1},{"b":[1,{"c":"}],{"}]}]}"#, [#"{"a":1}"#, #"{"b":[1,{"c":"}],{"}]}"#]),
        ("{ \"Records\" :\n [\n {\"a\":\n 1}\n ,\r\n {\"b\":2}\n]\n}\n", [#"{"a":  1}"#, #"{"b":2}"#]),
        (#"{"v":1,"Records":[{"a":[1]}]}"#, [#"{"a":[1]}"#]),
        (#"{"Records":[]}"#, []),
        ("{\"a\":1}\n{\"b\":2}\n", [#"{"a":1}"#, #"{"b":2}"#]),
        (#"[{"a":1},{"b":2}]"#, [#"{"a":1}"#, #"{"b":2}"#]),
        ("{\"a\":\"broken\n{\"b\":2}\n", [#"{"a":"broken"#, #"{"b":2}"#]),
        (#"{"a":"\"","Records":"no","b":{"Records":[1]}}"#, [#"{"a":"\"","Records":"no","b":{"Records":[1]}}"#]),
    ])
    func `elements become lines`(text: String, lines: [String]) {
        #expect(ElementCutterTests.cut(text) == lines)
    }

    @Test(arguments: RandomSeeds.all)
    func `pieces and restarts make no difference`(seed: UInt64) throws {
        print("seed \(seed)")
        var dice = Dice(state: seed)
        let records = (0..<400).map { #"{"eventName":"n\#($0)","x":{"y":["\#(String(repeating: "z", count: $0))"]}}"# }
        let text = #"{"Records":["# + records.joined(separator: ",") + "]}"
        let file = Array(text.utf8)
        for _ in 0..<30 {
            let block = Int.random(in: 1...3_000, using: &dice)
            let step = Int.random(in: 1...3_000, using: &dice)
            var reader = BlockReader(
                MemoryBytes(bytes: file[...], step: step), blockBytes: block,
                cutter: .elements(ElementCutter(list: "Records")))
            var found: [String] = []
            var places: [Int] = []
            while let next = try reader.next() {
                guard case .lines(let bytes, let start, _) = next else { continue }
                var place = Int(start)
                for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
                    let line = String(decoding: line, as: UTF8.self)
                    if line.contains("{") {
                        found.append(line.trimmingCharacters(in: .whitespacesAndNewlines))
                        places.append(place)
                    }
                    place += line.utf8.count + 1
                }
            }
            #expect(found == records, "seed \(seed)")
            // From the beginning of any record the rest comes the same.
            let from = Int.random(in: 0..<places.count, using: &dice)
            let rest = String(decoding: file[places[from]...], as: UTF8.self)
            #expect(ElementCutterTests.cut(rest) == Array(records[from...]), "seed \(seed)")
        }
    }

    @Test func `a file of CloudTrail is followed by its records`() throws {
        let folder = try TemporaryFolder()
        let records = (0..<1_000).map { #"{"eventName":"n\#($0)"}"# }
        let path = try folder.write(
            "trail.json", Array((#"{"Records":["# + records.joined(separator: ",") + "]}").utf8))
        let tail = FileTail(path: path, cutter: FeedFormat.cloudTrail.cutter(options: FeedOptions()))
        var found: [String] = []
        for event in try tail.read() {
            guard case .block(let block) = event, case .lines(let bytes, _, _) = block.block else { continue }
            found += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }.filter { !$0.isEmpty }
        }
        #expect(found == records)
    }
}
