import PicketEvents
import PicketFeeds
import Testing

@Suite("Frames of the broker plugin")
struct PluginDecoderTests {
    /// An event frame as the plugin writes it.
    static func event(
        _ type: UInt8 = 0x13, number: UInt64 = 1, identity: UInt8 = 2, qos: UInt8 = 1, reason: UInt8 = 0,
        texts: [String] = ["gw", "t-7", "10.0.0.1", "4A0F", "t-7", "telemetry/t-7"]
    ) -> [UInt8] {
        var body: [UInt8] = [type, 0, qos, identity]
        body += bytes(number) + bytes(Int64(1_795_255_200_123_456_789)) + bytes(UInt32(80)) + bytes(UInt16(60))
        body += [4, reason]
        for text in texts { body += bytes(UInt16(text.utf8.count)) + Array(text.utf8) }
        return bytes(UInt32(body.count)) + body
    }

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func line(_ frame: [UInt8], identity: IdentityRule = .password) throws -> String {
        let block = try PluginDecoder(feed: FeedID(0), identity: identity).decode(frame)
        let segment = try #require(block.segments.first)
        var lines = CanonicalLine()
        lines.setName("broker", of: FeedID(0))
        var out: [UInt8] = []
        lines.append(0, of: segment.batch, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test("A message carries who, what, how much, when, and the certificate")
    func publish() throws {
        #expect(
            try line(PluginDecoderTests.event()) == """
                {"received":"2026-11-21T10:00:00.123Z","feed":"broker","kind":"publish","device":"t-7","client":"gw",\
                "user":"t-7","identity":"certificate","certificate":{"serial":"4A0F"},"topic":"telemetry/t-7",\
                "bytes":80,"qos":1,"address":"10.0.0.1"}
                """)
    }

    @Test(
        "Who the device is",
        arguments: [
            (UInt8(2), ["gw", "u", "a", "4A", "cn", ""], "cn", "certificate"),
            // A certificate without a name proves no name.
            (2, ["gw", "u", "a", "4A", "", ""], "u", nil),
            (1, ["gw", "u", "a", "", "", ""], "u", "password"),
            (0, ["gw", "u", "a", "", "", ""], "gw", nil),
            (0, ["gw", "", "a", "", "", ""], "gw", nil),
        ] as [(UInt8, [String], String, String?)])
    func identity(_ identity: UInt8, _ texts: [String], _ device: String, _ proof: String?) throws {
        let found = try line(PluginDecoderTests.event(0x12, identity: identity, texts: texts))
        #expect(found.contains("\"device\":\"\(device)\""), "\(found)")
        if let proof {
            #expect(found.contains("\"identity\":\"\(proof)\""), "\(found)")
        } else {
            #expect(!found.contains("identity"), "\(found)")
        }
    }

    @Test("Numbers that do not follow one another begin a new piece; numbers that fall are no plugin's")
    func segments() throws {
        let frames = [1, 2, 5, 6].flatMap { PluginDecoderTests.event(number: $0) }
        let block = try PluginDecoder(feed: FeedID(0), identity: .password).decode(frames)
        #expect(block.segments.map(\.first) == [1, 5])
        #expect(block.segments.map(\.next) == [3, 7])
        #expect(throws: PluginDecoder.Malformed.self) {
            try PluginDecoder(feed: FeedID(0), identity: .password)
                .decode(PluginDecoderTests.event(number: 3) + PluginDecoderTests.event(number: 3))
        }
    }

    @Test(
        "An event that makes no sense is rejected in its place",
        arguments: [
            PluginDecoderTests.event(identity: 9),
            PluginDecoderTests.event(qos: 3),
            PluginDecoderTests.event(0x16, reason: 7),
            PluginDecoderTests.event(texts: ["gw", "u", "a", "not hex", "cn", "t"]),
            PluginDecoderTests.event(texts: ["gw", "u", "a", "4A", "cn"]),
            PluginDecoderTests.event(texts: ["gw", "u", "a", "4A", "cn", "t", "more"]),
        ])
    func rejected(_ frame: [UInt8]) throws {
        let decoder = PluginDecoder(feed: FeedID(0), identity: .password)
        let block = try decoder.decode(frame + PluginDecoderTests.event(number: 2))
        let batch = try #require(block.segments.first?.batch)
        #expect(block.segments.count == 1)
        #expect(batch.head.map(\.kind) == [.rejected, .publish])
    }

    /// No bytes may end the program, and no event may be counted twice or not at all.
    @Test("Any bytes are decoded or refused")
    func anyBytes() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var dice = Dice(state: seed)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = (1...UInt64(1 + Int.random(in: 0..<4, using: &dice))).flatMap {
                PluginDecoderTests.event(number: $0)
            }
            for _ in 0..<1 + Int.random(in: 0..<4, using: &dice) {
                bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
            }
            bytes.removeLast(Int.random(in: 0..<8, using: &dice))
            guard let block = decoded(bytes) else {
                refused += 1
                continue
            }
            for segment in block.segments { #expect(segment.batch.count == segment.batch.head.count) }
        }
        #expect(refused > 0 && refused < 20_000)
    }

    @Test("Numbers that no plugin counts to end the connection, and not Picket", arguments: [0, 1 << 63, UInt64.max])
    func impossibleNumbers(next: UInt64) {
        let beat = [0x02, 0] + PluginDecoderTests.bytes(next) + PluginDecoderTests.bytes(UInt64(0))
        #expect(decoded(PluginDecoderTests.bytes(UInt32(beat.count)) + beat) == nil)
        var hello = [0x01] + PluginDecoderTests.bytes(UInt16(1)) + PluginDecoderTests.bytes(UInt64(7))
        hello +=
            PluginDecoderTests.bytes(next) + PluginDecoderTests.bytes(UInt32(1)) + PluginDecoderTests.bytes(UInt32(0))
        hello += PluginDecoderTests.bytes(UInt16(0))
        #expect(decoded(PluginDecoderTests.bytes(UInt32(hello.count)) + hello) == nil)
    }

    /// The whole frames of `bytes`, decoded; nil when they are no plugin's.
    private func decoded(_ bytes: [UInt8]) -> PluginDecoder.Block? {
        guard let whole = try? PluginDecoder.wholeFrames(bytes) else { return nil }
        return try? PluginDecoder(feed: FeedID(0), identity: .password).decode(Array(bytes[..<whole]))
    }
}
