/// Feeds of every format, with a secret of its own in each place where one can stand. A secret is the value of something
/// that says so (a password, a token, a query), or something of which nothing may be kept (a payload, a trace, a line that
/// is none).
struct PlantedFeeds {
    /// The secrets, each with the place where it was planted.
    private(set) var secrets: [(secret: String, place: String)] = []
    /// By format: the bytes of a feed.
    private(set) var feeds: [String: [UInt8]] = [:]
    /// By format: how many of its lines must become events, so that nothing is hidden because everything is rejected.
    private(set) var events: [String: Int] = [:]

    /// The time of all lines.
    static let time = "2026-11-21T10:00:00.000Z"

    init() {
        ndjson()
        mosquitto()
        reports()
        devAlert()
        alerts()
        csv()
        cloudTrail()
        lifecycle()
        cloudWatch()
        emqx()
        emqxAudit()
        status()
    }

    /// A new secret. No two have a piece in common that could be taken for the other.
    private mutating func plant(_ place: String) -> String {
        let number = secrets.count
        let secret = "Kx\(number / 10)\(number % 10)QzvLwTnRbYcHg"
        secrets.append((secret, place))
        return secret
    }

    private mutating func add(_ format: String, _ line: String, isEvent: Bool = true) {
        add(format, Array(line.utf8), isEvent: isEvent)
    }

    private mutating func add(_ format: String, _ line: [UInt8], isEvent: Bool = true) {
        feeds[format, default: []] += line + [0x0A]
        if isEvent { events[format, default: 0] += 1 }
    }

    // MARK: NDJSON

    private mutating func ndjson() {
        func line(_ kind: String, _ rest: String) -> String {
            "{\"time\":\"\(PlantedFeeds.time)\",\"kind\":\"\(kind)\",\(rest)}"
        }
        add(
            "ndjson",
            line("publish", "\"device\":\"d\",\"topic\":\"up/x?token=\(plant("topic query"))&v=1\",\"bytes\":1"))
        add("ndjson", line("publish", "\"client\":\"c;password=\(plant("client id"))\",\"topic\":\"t\""))
        add(
            "ndjson",
            line("connect", "\"device\":\"d\",\"user\":\"u?x-amz-customauthorizer-signature=\(plant("user"))\""))
        add("ndjson", line("connect", "\"device\":\"mqtts://u:\(plant("device"))@host\""))
        add("ndjson", line("connect", "\"device\":\"d\",\"address\":\"10.0.0.1;auth=\(plant("address"))\""))
        add("ndjson", line("subscribe", "\"device\":\"d\",\"topic\":\"x/eyJhbGciOi.\(plant("filter"))/#\""))
        add("ndjson", line("publish", "\"device\":\"d\",\"note\":\"\(plant("unknown key"))\""))
        add("ndjson", line("publish", "\"device\":\"d\",\"more\":{\"a\":[\"\(plant("unknown nested key"))\"]}"))
        add("ndjson", line("publish", "\"device\":\"d\",\"token=\(plant("name of an unknown key"))\":1"))
        add("ndjson", line("publish", "\"device\":\"d\",\"payload\":\"\(plant("payload"))\""))
        add("ndjson", line("connect", "\"device\":\"d\",\"password\":\"\(plant("password"))\""))
        add(
            "ndjson",
            line("connect", "\"device\":\"d\",\"tls\":{\"version\":\"1.3\",\"premaster\":\"\(plant("tls"))\"}"))
        add(
            "ndjson",
            line("connect", "\"device\":\"d\",\"certificate\":{\"serial\":\"4A\",\"key\":\"\(plant("certificate"))\"}"))
        add("ndjson", line("dropped", "\"device\":\"d\",\"reason\":\"bad token: \(plant("reason"))\""))
        add("ndjson", line("report", "\"device\":\"d\",\"metrics\":{\"wifi-password\":\"\(plant("metric"))\",\"n\":1}"))
        secrets.append(("90417725083", "numeric metric"))
        add("ndjson", line("report", "\"device\":\"d\",\"metrics\":{\"wifi\":{\"psk\":90417725083},\"n\":2}"))
        add(
            "ndjson",
            line("alert", "\"device\":\"d\",\"alertType\":\"x\",\"description\":\"\(plant("alert description"))\""))
        add(
            "ndjson",
            line(
                "alert",
                "\"device\":\"d\",\"symptoms\":{\"n\":1,\"text\":\"\(plant("symptom"))\",\"is \(plant("name of a symptom"))\":2}"
            ))
        add("ndjson", line("alert", "\"device\":\"d\",\"payload\":{\"name\":\"x\",\"data\":\"\(plant("trace"))\"}"))
        add("ndjson", line("alert", "\"device\":\"d\",\"payload\":[\"\(plant("trace in a list"))\"]"))
        add(
            "ndjson",
            line("alert", "\"device\":\"d\",\"payload\":{\"name\":[\"\(plant("trace for a name"))\"],\"bytes\":1}"))
        add(
            "ndjson", line("transfer", "\"device\":\"d\",\"object\":\"https://b/k?X-Amz-Signature=\(plant("object"))\"")
        )
        add("ndjson", line("transfer", "\"device\":\"d\",\"replyTo\":\"r/?sig=\(plant("reply topic"))\""))
        add("ndjson", line("user", "\"user\":\"a\",\"agent\":\"curl --password \(plant("agent")) x\""))
        add(
            "ndjson", line("user", "\"user\":\"a\",\"resource\":\"s3://b/k?X-Amz-Security-Token=\(plant("resource"))\"")
        )
        add("ndjson", line("service", "\"service\":\"s\",\"message\":\"Authorization: Bearer \(plant("message"))\""))
        add(
            "ndjson",
            line("service", #""service":"s","message":"{\\\"secret\\\":\\\"\#(plant("JSON in JSON in JSON"))\\\"}""#))
        add("ndjson", line("service", "\"service\":\"s\",\"code\":\"<pwd>\(plant("XML"))</pwd>\""))
        add("ndjson", "{\"kind\":\"connect\",\"password\":\"\(plant("line cut off"))", isEvent: false)
        add("ndjson", "login with \(plant("line that is no JSON"))", isEvent: false)
        add("ndjson", line("shout", "\"message\":\"\(plant("unknown kind"))\""), isEvent: false)
        add("ndjson", line("violation", "\"why\":\"\(plant("reserved kind"))\""), isEvent: false)
        add("ndjson", line("connect", "\"user\":\"\(plant("duplicate key"))\",\"user\":\"x\""), isEvent: false)
        let far =
            "{\"time\":\"2027-11-21T10:00:00.000Z\",\"kind\":\"connect\",\"user\":\"u;password=\(plant("time in the far future"))\"}"
        add("ndjson", far, isEvent: false)
        add(
            "ndjson",
            line(
                "connect",
                "\"user\":\"\(plant("line too long"))\",\"x\":\"" + String(repeating: "x", count: 70_000) + "\""),
            isEvent: false)
        add(
            "ndjson", Array("{\"kind\":\"connect\",\"user\":\"\(plant("not UTF-8"))".utf8) + [0xFF, 0x22, 0x7D],
            isEvent: false)
        add("ndjson", line("connect", "\"device\":\"last\""))
    }

    // MARK: Brokers

    private mutating func mosquitto() {
        let time = "1795255200: "
        add("mosquitto", "\(time)New connection from 10.0.0.1:5000 on port 1883.", isEvent: false)
        let client = "c;token=\(plant("Mosquitto client id"))"
        let user = "u;key=\(plant("Mosquitto user"))"
        add("mosquitto", "\(time)New client connected from 10.0.0.1:5000 as \(client) (p2, c1, k60, u'\(user)').")
        let topic = "x?sig=\(plant("Mosquitto topic"))"
        add("mosquitto", "\(time)Received PUBLISH from \(client) (d0, q1, r0, m3, '\(topic)', ... (145 bytes))")
        add(
            "mosquitto",
            "\(time)dynsec: c/u | setClientPassword | username=x | password=\(plant("Mosquitto administration"))")
        add("mosquitto", "\(time)Password file has \(plant("Mosquitto's unknown line"))", isEvent: false)
        add("mosquitto", "\(time)Client \(client) disconnected.")
    }

    private mutating func emqx() {
        func line(_ event: String, _ rest: String) -> String {
            "{\"event\":\"\(event)\",\"clientid\":\"c\",\"timestamp\":1795255200000,\"node\":\"n\",\(rest)}"
        }
        add("emqx", line("client.connected", "\"username\":\"u;password=\(plant("EMQX user"))\""))
        add("emqx", line("message.publish", "\"topic\":\"t\",\"payload\":\"\(plant("EMQX payload"))\""))
        add(
            "emqx",
            line(
                "message.publish",
                "\"topic\":\"t\",\"pub_props\":{\"User-Property\":{\"a\":\"\(plant("EMQX property"))\"}}"))
    }

    private mutating func emqxAudit() {
        let start = "{\"time\":1795255200000123,\"duration_ms\":1,\"node\":\"n\","
        add("emqx-audit", start + "\"cmd\":\"admins\",\"args\":[\"passwd\",\"anna\",\"\(plant("EMQX command"))\"]}")
        add("emqx-audit", start + "\"cmd\":\"eval\",\"args\":[\"login \(plant("EMQX expression"))\"]}")
        let request =
            "\"headers\":{\"authorization\":\"Bearer \(plant("EMQX header"))\"},\"body\":{\"password\":\"\(plant("EMQX body"))\"}"
        add(
            "emqx-audit",
            start
                + "\"operation_id\":\"/users\",\"http_method\":\"post\",\"query_string\":{\"k\":\"\(plant("EMQX query"))\"},\"http_request\":{\(request)}}"
        )
    }

    private mutating func status() {
        func line(_ topic: String, _ payload: String) -> String {
            "{\"tst\":\"\(PlantedFeeds.time)\",\"topic\":\"$SYS/broker/\(topic)\",\"payload\":\"\(payload)\"}"
        }
        add("sys", line("bridge/remote_password", plant("gauge called a password")))
        add("sys", line("bridge/url", "mqtts://u:\(plant("gauge"))@host:8883"))
    }

    // MARK: Devices

    private mutating func reports() {
        func line(_ thing: String, _ number: Int, _ rest: String) -> String {
            "{\"tst\":\"\(PlantedFeeds.time)\",\"topic\":\"$aws/things/\(thing)/defender/metrics/json\","
                + "\"payload\":{\"hed\":{\"rid\":\(number),\"v\":\"1.0\"},\"met\":{}\(rest)}}"
        }
        let list = "\"cmet\":{\"wifi_password\":[{\"string_list\":[\"\(plant("custom metric"))\"]}]}"
        add("defender-report", line("t", 1, ",\(list)"))
        add("defender-report", line("t", 2, ",\"debug\":\"\(plant("unknown part of a report"))\""))
        add("defender-report", line("t", 3, ",\"cmet\":\"\(plant("malformed report"))\""), isEvent: false)
        add("defender-report", line("t;token=\(plant("thing"))", 4, ""))
        let hex = PlantedFeeds.hex(Array(plant("CBOR").utf8))
        add(
            "defender-report",
            "{\"topic\":\"$aws/things/t/defender/metrics/cbor\",\"payload_hex\":\"a1\(hex)\"}", isEvent: false)
    }

    private mutating func devAlert() {
        func line(_ name: String, _ type: UInt16, _ id: UInt16, _ data: [UInt8], free: String) -> String {
            var out: [UInt8] = [0xD1, 0xD2, 0xD3, 0xD4]
            for value in [0x0FF0, 1, type, id, 1, 1] { out += PlantedFeeds.number(value) }
            out += PlantedFeeds.number(UInt32(5))
            for size in [UInt16(16), 16, 32, 0] { out += PlantedFeeds.number(size) }
            out += PlantedFeeds.number(UInt32(data.count))
            out += PlantedFeeds.field("s1", 16) + PlantedFeeds.field("d", 16) + PlantedFeeds.field(free, 32) + data
            let hex = PlantedFeeds.hex(out + [0xD4, 0xD3, 0xD2, 0xD1])
            return "{\"tst\":\"\(PlantedFeeds.time)\",\"topic\":\"DevAlert/d/s1/5/\(name)\",\"payload_hex\":\"\(hex)\"}"
        }
        var alert = Array("PDfm".utf8) + PlantedFeeds.number(UInt16(0x0FF0)) + [2, 48, 0, 0, 32, 0]
        alert += PlantedFeeds.number(UInt32(42)) + PlantedFeeds.number(UInt32(8))
        alert +=
            PlantedFeeds.field("1.2;key=\(plant("firmware"))", 48)
            + PlantedFeeds.field(plant("DevAlert description"), 32)
        alert += Array("mfDP".utf8) + PlantedFeeds.number(UInt32(0))
        add("devalert", line("1-1_da_header", 0x1512, 0, alert, free: plant("DevAlert free text")))
        let trace = Array(plant("piece of a trace").utf8)
        var header = Array("PDaP".utf8) + PlantedFeeds.number(UInt16(0x0FF0)) + [3, 48]
        header +=
            PlantedFeeds.number(UInt32(trace.count)) + PlantedFeeds.field("core?token=\(plant("name of a trace"))", 48)
        header += Array("PaDP".utf8) + PlantedFeeds.number(UInt32(0))
        add("devalert", line("1-1_da_payload1_header", 0x4618, 1, header, free: ""), isEvent: false)
        add("devalert", line("1_da_payload1", 0x8371, 1, trace, free: ""))
        add(
            "devalert", line("1_da_payload2", 0x9999, 1, Array(plant("message of no type").utf8), free: ""),
            isEvent: false)
    }

    private mutating func alerts() {
        func line(_ rest: String) -> String {
            "{\"tst\":\"\(PlantedFeeds.time)\",\"topic\":\"alerts/d\",\"payload\":{\"device\":\"d\",\(rest)}}"
        }
        add("alert", line("\"type\":\"x\",\"description\":\"\(plant("description of an alert"))\""))
        add("alert", line("\"type\":\"bad password: \(plant("type of an alert"))\""))
        let symptoms = "{\"n\":1,\"text\":\"\(plant("symptom of an alert"))\",\"the \(plant("its name"))\":2}"
        let trace = "{\"name\":\"core?token=\(plant("name of its trace"))\",\"data\":\"\(plant("its trace"))\"}"
        add("alert", line("\"type\":\"x\",\"symptoms\":\(symptoms),\"payload\":\(trace)"))
        add("alert", line("\"note\":\"\(plant("alert without a type"))\""), isEvent: false)
    }

    private mutating func csv() {
        // A line of data before the names of columns could be taken for them, and is not.
        add("csv", "\(PlantedFeeds.time),login,\(plant("CSV without names"))", isEvent: false)
        add("csv", "time,kind,device,topic,note", isEvent: false)
        add("csv", "\(PlantedFeeds.time),publish,d,\"x?sig=\(plant("CSV cell"))\",\(plant("CSV cell of no name"))")
        add("csv", "\(PlantedFeeds.time),publish,d,t,n,\(plant("CSV cell too many"))", isEvent: false)
        add("csv", "\(PlantedFeeds.time),publish,d,\"t\"\(plant("CSV quote"))", isEvent: false)
        add("csv", "\(PlantedFeeds.time),connect,\"d;password=\(plant("CSV device"))\"")
    }

    // MARK: The cloud

    private mutating func cloudTrail() {
        func line(_ name: String, _ rest: String) -> String {
            "{\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"anna\"},\"eventTime\":\"2026-11-21T10:00:00Z\","
                + "\"eventSource\":\"iot.amazonaws.com\",\"eventName\":\"\(name)\",\(rest)}"
        }
        let login =
            "\"requestParameters\":{\"thingName\":\"t\",\"password\":\"\(plant("request parameter"))\",\"list\":[\"\(plant("request list"))\"]}"
        add("cloudtrail", line("A", login))
        let object = "\"requestParameters\":{\"bucketName\":\"b\",\"key\":\"k?X-Amz-Signature=\(plant("object key"))\"}"
        add("cloudtrail", line("B", object))
        add(
            "cloudtrail",
            line("C", "\"responseElements\":{\"credentials\":{\"sessionToken\":\"\(plant("response"))\"}}"))
        add("cloudtrail", line("D", "\"errorMessage\":\"denied: \(plant("error message"))\""))
        // Where a long text is cut there must not be half of a secret that looks like none.
        let agent = "https://\(String(repeating: "a", count: 985)):\(plant("agent that is cut"))"
        add("cloudtrail", line("E", "\"userAgent\":\"\(agent)\(String(repeating: "b", count: 60))@h\""))
    }

    private mutating func lifecycle() {
        let start =
            "{\"clientId\":\"c\",\"timestamp\":1795255200000,\"eventType\":\"connected\",\"sessionIdentifier\":\"s\","
        add(
            "aws-iot-lifecycle",
            start + "\"principalIdentifier\":\"x?token=\(plant("principal"))\",\"versionNumber\":1}")
        add(
            "aws-iot-lifecycle",
            start + "\"principalIdentifier\":\"p\",\"versionNumber\":2,\"more\":\"\(plant("lifecycle"))\"}")
    }

    private mutating func cloudWatch() {
        let lines = [
            "ERROR cannot log in: password=\(plant("Lambda"))", "ERROR no shape at all \(plant("Lambda's free text"))",
        ]
        let events = lines.map { "{\"id\":\"1\",\"timestamp\":1795255200000,\"message\":\"\($0)\"}" }
        add(
            "cloudwatch",
            "{\"messageType\":\"DATA_MESSAGE\",\"logGroup\":\"/aws/lambda/f\",\"logEvents\":[\(events.joined(separator: ","))]}"
        )
        add(
            "cloudwatch",
            "{\"timestamp\":\"2026-11-21 10:00:00.000\",\"logLevel\":\"ERROR\",\"status\":\"Failure\",\"eventType\":\"RuleExecution\",\"clientId\":\"c\",\"details\":\"\(plant("CloudWatch details"))\"}"
        )
    }

    // MARK: Bytes

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func number<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func field(_ text: String, _ count: Int) -> [UInt8] {
        Array((Array(text.utf8) + [UInt8](repeating: 0, count: count)).prefix(count))
    }
}
