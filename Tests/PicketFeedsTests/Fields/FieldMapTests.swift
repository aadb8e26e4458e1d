import PicketEvents
import Testing

@testable import PicketFeeds

/// Fields with names of their own become Picket's keys; everything after that is as ever.
@Suite struct FieldMapTests {
    private static func map(_ fields: (String, String)...) -> FieldMap {
        FieldMap(fields.map { FieldMap.Field(key: $0.0, source: $0.1) })
    }

    private static func lines(_ text: String, _ format: FeedFormat, _ map: FieldMap?, _ csv: CSVOptions = CSVOptions())
        -> [String]
    {
        var options = FeedOptions()
        options.fields = map
        options.csv = csv
        var bytes = Array(text.utf8)
        if var cutter = format.cutter(options: options) { cutter.cut(&bytes, from: 0) }
        var decoder = format.decoder(feed: FeedID(0), options: options)
        let decoded = decoder.decode(bytes, isLast: true, limit: .max)
        #expect(decoded.consumed == bytes.count)
        #expect(decoded.batch.text.starts(with: bytes))
        return NDJSON.lines(decoded.batch)
    }

    @Test func `JSON lines with names of their own`() {
        var map = Self.map(
            ("time", "at"), ("device", "meta.id"), ("bytes", "len"), ("topic", "a.b"), ("metrics.cpu", "load"),
            ("metrics.free memory", "memory.free"))
        map.fields.append(
            FieldMap.Field(key: "kind", source: "what", values: ["PUB": "publish", "METRICS": "report"]))
        map.fields.append(FieldMap.Field(key: "qos", constant: "1"))
        let at = "\"at\":\"\(NDJSON.time)\""
        let found = Self.lines(
            """
            {\(at),"what":"PUB","meta":{"id":"t-7","x":1},"len":"12","a.b":"up/1","other":"secret","time":"2020-01-01T00:00:00Z"}
            {\(at),"what":"METRICS","meta":{"id":7},"load":"0.5","memory":{"free":9}}
            {\(at),"what":"connect","ts":"2020-01-01T00:00:00Z"}
            {\(at),"what":"nothing"}

            no JSON
            {\(at),"what":"PUB","len":"many"}
            """, .ndjson, map)
        let expected = [
            NDJSON.line("publish", #""device":"t-7","topic":"up/1","bytes":12,"qos":1,"unknown":["other"]"#),
            NDJSON.line("report", #""device":"7","qos":1,"metrics":{"cpu":0.5,"free memory":9}"#),
            NDJSON.line("connect", #""qos":1"#),
            NDJSON.rejected(.unknownKind, "{\(at),\"what\":\"nothing\"}".utf8),
            NDJSON.rejected(.notJSON, "no JSON".utf8),
            NDJSON.rejected(.badValue, "{\(at),\"what\":\"PUB\",\"len\":\"many\"}".utf8),
        ]
        #expect(found == expected)
    }

    @Test func `CSV with a field map, another separator, quotes and line ends in quotes`() {
        let map = Self.map(("time", "Zeit"), ("device", "Gerät Nr."), ("metrics.temp", "°C"), ("address", "from"))
        var csv = CSVOptions()
        csv.separator = 0x3B
        let header = "Zeit;Gerät Nr.;°C;from;kind;note\n"
        let found = Self.lines(
            "\u{FEFF}" + header
                + "\(NDJSON.time);\"t;\"\"7\"\"\nx\";21.5;10.0.0.1;report;anything\n" + header
                + "\(NDJSON.time);t-8;;;connect\n\(NDJSON.time);t-9;;;connect;;;\n\(NDJSON.time);a;b;c;d;e;f\nx;\"y\n",
            .csv, map, csv)
        let expected = [
            NDJSON.line(
                "report", #""device":"t;\"7\" x","metrics":{"temp":21.5},"unknown":["note"],"address":"10.0.0.1""#),
            NDJSON.line("connect", #""device":"t-8""#), NDJSON.line("connect", #""device":"t-9""#),
            NDJSON.rejected(.notALine, "\(NDJSON.time);a;b;c;d;e;f".utf8), NDJSON.rejected(.notALine, "x;\"y ".utf8),
        ]
        #expect(found == expected)
    }

    @Test func `columns without names are called by their numbers`() {
        var csv = CSVOptions()
        csv.hasHeader = false
        var map = Self.map(("time", "1"), ("client", "3"), ("retain", "4"))
        map.fields.append(FieldMap.Field(key: "kind", constant: "publish"))
        let found = Self.lines("\(NDJSON.time),x,c1,yes\n", .csv, map, csv)
        #expect(found == [NDJSON.line("publish", #""device":"c1","retain":true,"unknown":["2"]"#)])
    }

    @Test func `lines before the names of columns, and names with a secret, are rejected and not kept`() {
        var options = FeedOptions()
        options.fields = Self.map(("time", "at"))
        var decoder = FeedFormat.csv.decoder(feed: FeedID(0), options: options)
        let batch = decoder.decode(Array("a,hunter2Q\nat,token=hunter2Q\n".utf8), isLast: true, limit: .max).batch
        #expect(batch.head.map(\.kind) == [.rejected, .rejected])
        #expect(decoder.context == nil)
        _ = decoder.decode(Array("at,kind\r\n".utf8), isLast: true, limit: .max)
        #expect(decoder.context == "at,kind")
        // Reading goes on in the middle of the file.
        var next = FeedFormat.csv.decoder(feed: FeedID(0), options: options)
        next.restore(context: "at,kind")
        let after = next.decode(Array("\(NDJSON.time),connect\n".utf8), isLast: true, limit: .max).batch
        #expect(NDJSON.lines(after) == [NDJSON.line("connect")])
    }

    @Test(arguments: RandomSeeds.all)
    func `a cutter does the same however the bytes come, and quotes never swallow what follows`(seed: UInt64) {
        print("seed \(seed)")
        var dice = Dice(state: seed)
        let pieces = ["a", ",", "\"", "\"\"", "\n", "\r\n", ";", " ", "x\"y", "é"]
        for _ in 0..<400 {
            let text = (0..<Int.random(in: 0..<60, using: &dice)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &dice)]
            }.joined()
            var whole = Array(text.utf8)
            var cutter = QuoteCutter(separator: 0x2C)
            cutter.cut(&whole, from: 0)
            var parts: [UInt8] = []
            var other = QuoteCutter(separator: 0x2C)
            for byte in text.utf8 {
                parts.append(byte)
                other.cut(&parts, from: parts.count - 1)
            }
            #expect(whole == parts, "seed \(seed)")
            #expect(whole.count == text.utf8.count)
        }
        var endless = Array("\"".utf8) + [UInt8](repeating: 0x0A, count: Limits.lineBytes + 10)
        var cutter = QuoteCutter(separator: 0x2C)
        cutter.cut(&endless, from: 0)
        #expect(endless.count { $0 == 0x0A } >= 9)
    }

    @Test(arguments: PlantedSecret.texts)
    func `no mapped value gives a secret away`(text: String) {
        // Those whose value is no text are rejected for a text.
        let others = [
            "time", "kind", "bytes", "qos", "keepalive", "granted", "tls", "metrics", "notes", "symptoms", "payload",
            "value",
        ]
        let keys = FieldMap.keys.filter { !others.contains($0) }
        var map = FieldMap(keys.map { FieldMap.Field(key: $0, source: "f.\($0)") })
        map.fields.append(FieldMap.Field(key: "metrics.\(text)", source: "f.user"))
        var quoted: [UInt8] = []
        CanonicalJSON.appendString(text, to: &quoted)
        let value = String(decoding: quoted, as: UTF8.self)
        for kind in EventKind.allCases where !kind.isReserved {
            let members = keys.map { "\"\($0)\":\(value)" }.joined(separator: ",")
            for line in Self.lines(
                "{\"time\":\"\(NDJSON.time)\",\"kind\":\"\(kind.name)\",\"f\":{\(members)}}", .ndjson, map)
            {
                #expect(!line.contains(PlantedSecret.word), "\(line)")
            }
        }
    }
}
