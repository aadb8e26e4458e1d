import PicketEvents
import Testing

@testable import PicketFeeds

/// Secrets in what the fast decoders keep: NDJSON, Mosquitto's log and the frames of the plugin.
@Suite struct SecretTests {
    @Test(arguments: PlantedSecret.texts)
    func `a planted secret is seen and taken out, and twice is as once`(text: String) {
        let bytes = Array(text.utf8)
        let isFound = SecretSearch.finds(bytes.span.bytes, 0..<bytes.count)
        #expect(isFound)
        let clean = Redaction.text(text)
        #expect(!clean.contains(PlantedSecret.word), "\(clean)")
        #expect(Redaction.text(clean) == clean)
    }

    @Test(arguments: PlantedSecret.harmless)
    func `other texts stay as they are`(text: String) {
        #expect(Redaction.text(text) == text)
    }

    @Test(arguments: PlantedSecret.texts)
    func `no field of an NDJSON line keeps one`(text: String) {
        var quoted: [UInt8] = []
        CanonicalJSON.appendString(text, to: &quoted)
        let value = String(decoding: quoted, as: UTF8.self)
        for kind in EventKind.allCases where !kind.isReserved {
            for key in EventKey.allCases where key != .unknown {
                for written in [value, "{\"name\":\(value),\"serial\":\(value),\"x\":[\(value)]}"] {
                    let line = "{\"kind\":\"\(kind.name)\",\"time\":\"\(NDJSON.time)\",\"\(key.name)\":\(written)}\n"
                    expectNone(NDJSON.lines(line), line)
                }
            }
        }
        // Keys that nobody knows, with the secret as their value and as their name; and lines that are none.
        for line in [
            "{\"kind\":\"publish\",\"device\":\"a\",\"other\":\(value)}",
            "{\"kind\":\"publish\",\"device\":\"a\",\(value):1}",
            "{\"kind\":\"report\",\"device\":\"a\",\"metrics\":{\"password\":\"\(PlantedSecret.word)\",\(value):1}}",
            "{\"kind\":\"publish\",\"device\":\(value)", text,
        ] {
            expectNone(NDJSON.lines(line + "\n"), line)
        }
    }

    @Test(arguments: PlantedSecret.texts)
    func `no line of Mosquitto's log gives one away`(text: String) {
        let time = "1795255200: "
        let log = """
            \(time)New connection from 10.0.0.1:5000 on port 1883.
            \(time)New client connected from 10.0.0.1:5000 as \(text) (p2, c1, k60, u'\(text)').
            \(time)Received PUBLISH from \(text) (d0, q1, r0, m3, '\(text)', ... (145 bytes))
            \(time)Denied PUBLISH from dev (d0, q0, r0, m0, '\(text)', ... (1 bytes))
            \(time)Received SUBSCRIBE from \(text)
            \(time)\t\(text) (QoS 0)
            \(time)\(text) 0 \(text)
            \(time)dynsec: adm/\(text) | createClient | username=\(text) | password=*****
            \(time)Client \(text) disconnected.
            \(time)nonsense \(text)

            """
        var decoder = MosquittoDecoder(feed: FeedID(0))
        // Cut after an announcement, so that what is remembered of it is looked at too.
        let bytes = Array(log.utf8)
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: true)
        for count in 0...lines.count {
            let head = Array(lines[..<count].joined(separator: [0x0A])) + [0x0A]
            decoder = MosquittoDecoder(feed: FeedID(0))
            let decoded = decoder.decode(head, isLast: false, limit: .max)
            expectNone(NDJSON.lines(decoded.batch), log)
            expectNone([decoder.context ?? ""], log)
        }
    }

    @Test(arguments: PlantedSecret.texts)
    func `no frame of the plugin gives one away`(text: String) throws {
        for place in 0..<6 where place != 3 {
            for type in UInt8(0x10)...0x16 {
                var texts = ["gw", "t-7", "10.0.0.1", "4A0F", "t-7", "telemetry/t-7"]
                texts[place] = text
                let frame = PluginDecoderTests.event(type, reason: type == 0x16 ? 0x13 : 0, texts: texts)
                let block = try PluginDecoder(feed: FeedID(0), identity: .password).decode(frame)
                let batch = try #require(block.segments.first?.batch)
                #expect(batch.head[0].kind != .rejected)
                expectNone(NDJSON.lines(batch), text)
            }
        }
    }

    @Test(arguments: RandomSeeds.all)
    func `what is plain holds no secret, whatever it is made of`(seed: UInt64) {
        print("seed \(seed)")
        var dice = Dice(state: seed)
        let pieces = [
            "ey", "eyJ", "ghp_", "sk-", "hf_", "AIza", "x", "/", "-", "_", ".", "0", "9", "aZ", ":", "=", "?", " ", "é",
            "@", "[", "{", "token", "key", "://", "Bearer ", "-----BEGIN ", "0123456789abcdef", "\u{7F}", "\u{10FFFF}",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<12, using: &dice)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &dice)]
            }.joined()
            let bytes = Array("ab\(text)yz".utf8)
            // In the middle of other text, as in a block.
            let range = 2..<bytes.count - 2
            let clean = Redaction.redacted(Array(bytes[range]))
            let isFound = SecretSearch.finds(bytes.span.bytes, range)
            #expect(isFound == (clean != nil), "seed \(seed): \(text)")
        }
    }

    private func expectNone(_ lines: [String], _ input: String, _ location: SourceLocation = #_sourceLocation) {
        for line in lines where line.contains(PlantedSecret.word) {
            Issue.record("\(line) was made of \(input)", sourceLocation: location)
        }
    }
}
