import PicketEvents
import Testing

@testable import PicketProfiles

@Suite struct FilterTests {
    @Test(
        "topic filters are MQTT's",
        arguments: [
            ("sport/#", "sport", true), ("sport/#", "sport/a/b", true), ("sport/#", "sports", false),
            ("sport/+", "sport/", true), ("sport/+", "sport", false), ("sport/+", "sport/a/b", false),
            ("+/+", "/finance", true), ("/+", "/finance", true), ("+", "/finance", false), ("#", "a/b", true),
            ("#", "$SYS/a", false), ("+/a", "$SYS/a", false), ("$SYS/#", "$SYS/a", true), ("$SYS/+", "$SYS/a", true),
            ("a/+/c", "a/b/c", true), ("a/+/c", "a//c", true), ("a", "a", true), ("a", "A", false), ("a", "a/", false),
            ("a/", "a", false), ("telemetry/{device}/#", "telemetry/t-7/x", true),
            ("telemetry/{device}/#", "telemetry/t-7", true), ("telemetry/{device}/#", "telemetry/t-77/x", false),
            ("telemetry/${iot:ClientId}", "telemetry/t-7", true), ("x-{device}-y", "x-t-7-y", true),
            ("x-{device}-y", "x-t-7-yy", false), ("ü/+", "ü/é", true),
        ])
    func topics(pattern: String, topic: String, matches: Bool) throws {
        let filter = try Fixtures.filter("{ topic: \"\(pattern)\" }")
        #expect(filter.matches(0, of: Fixtures.batch(.publish, device: "t-7", topic: topic)) == matches)
        let opposite = try Fixtures.filter("{ topic|not: \"\(pattern)\" }")
        #expect(opposite.matches(0, of: Fixtures.batch(.publish, device: "t-7", topic: topic)) != matches)
    }

    @Test(
        "a device's name is a name and no pattern",
        arguments: ["+", "#", "a/b", "", String(repeating: "x", count: 257)])
    func hostileDevices(device: String) throws {
        let filter = try Fixtures.filter("{ topic: \"telemetry/{device}/#\" }")
        #expect(!filter.matches(0, of: Fixtures.batch(.publish, device: device, topic: "telemetry/a/b")))
        #expect(!filter.matches(0, of: Fixtures.batch(.publish, topic: "telemetry//b")))
    }

    struct Case: CustomTestStringConvertible {
        var filter: String
        var batch: EventBatch
        var matches: Bool
        var testDescription: String { "\(filter) \(matches)" }
        init(_ filter: String, _ batch: EventBatch, _ matches: Bool) {
            self.filter = filter
            self.batch = batch
            self.matches = matches
        }
    }

    static let publish = Fixtures.batch(
        .publish, device: "t-7", client: "c1", user: "anna", address: "10.1.2.3", topic: "door/7/unlock",
        identity: .certificate, bytes: 1_500, qos: 1, retain: true)
    static let bare = Fixtures.batch(.connectFailed, reason: .banned)

    static let cases: [Case] = [
        Case("{ kind: publish }", publish, true),
        Case("{ kind: [deliver, connect] }", publish, false),
        Case("{ kind|not: [deliver, connect] }", publish, true),
        Case("{ topic|endswith: /unlock }", publish, true),
        Case("{ topic|endswith: /lock }", publish, false),
        Case("{ topic|startswith: [garage/, door/] }", publish, true),
        Case("{ topic|contains: /7/ }", publish, true),
        Case("{ topic|contains: [x, y] }", publish, false),
        Case("{ topic|not|contains: x }", publish, true),
        Case("{ topic|contains|not: door }", publish, false),
        Case("{ topic|re: '^door/\\d+/(un)?lock$' }", publish, true),
        Case("{ topic|re|not: '^door/\\d+/(un)?lock$' }", publish, false),
        Case("{ topic|endswith: /unlock, user: anna, bytes|gt: 1 KB }", publish, true),
        Case("{ topic|endswith: /unlock, user: bert }", publish, false),
        Case("{ user: [bert, anna] }", publish, true),
        Case("{ user: \"an*\" }", publish, true),
        Case("{ user: \"*n*a\" }", publish, true),
        Case("{ user: \"*b*\" }", publish, false),
        Case("{ user: \"a*a*a\" }", publish, false),
        Case("{ client: c1, device: t-7 }", publish, true),
        Case("{ client: \"{device}\" }", publish, false),
        Case("{ client|not: \"{device}\" }", publish, true),
        Case("{ bytes: 1500 }", publish, true),
        Case("{ bytes: [1, 2] }", publish, false),
        Case("{ bytes|lt: 1500 }", publish, false),
        Case("{ bytes|lte: 1.5 KB }", publish, true),
        Case("{ bytes|gte: 1501 }", publish, false),
        Case("{ bytes|gte|not: 1501 }", publish, true),
        Case("{ qos: [1, 2] }", publish, true),
        Case("{ qos|gt: 1 }", publish, false),
        Case("{ retain: true }", publish, true),
        Case("{ retain: false }", publish, false),
        Case("{ identity: certificate }", publish, true),
        Case("{ identity|not: [certificate, password] }", publish, false),
        Case("{ address: 10.1.2.3 }", publish, true),
        Case("{ address|cidr: [192.168.0.0/16, 10.0.0.0/8] }", publish, true),
        Case("{ address|cidr|not: 10.0.0.0/8 }", publish, false),
        Case("{ address|startswith: 10. }", publish, true),
        // What is absent matches nothing, so its negation holds.
        Case("{ user: anna }", bare, false),
        Case("{ user|not: anna }", bare, true),
        Case("{ user|contains: a }", bare, false),
        Case("{ address|cidr: 0.0.0.0/0 }", bare, false),
        Case("{ reason: [banned, bad-certificate] }", bare, true),
        Case("{ reason|not: banned }", bare, false),
    ]

    @Test("terms hold as they are written", arguments: cases)
    func terms(_ example: Case) throws {
        #expect(try Fixtures.filter(example.filter).matches(0, of: example.batch) == example.matches)
    }

    @Test("a term may be asked for a text alone, with the same answer", arguments: cases)
    func termsAlone(_ example: Case) throws {
        let filter = try Fixtures.filter(example.filter)
        for term in filter.terms where term.field.form == .text {
            let slice = term.field.slice(0, of: example.batch)
            guard slice.isPresent else { continue }
            let device = example.batch.names[0].device
            let alone = term.matches(
                example.batch.text.span.bytes, slice.range, device: device.isPresent ? device.range : nil)
            #expect(alone == term.matches(0, of: example.batch))
        }
    }

    @Test("filters are equal whatever the order they are written in")
    func equality() throws {
        let a = try Fixtures.filter("{ user: anna, topic: a/#, kind: publish }")
        let b = try Fixtures.filter("{ kind: publish, topic: a/#, user: anna }")
        #expect(a == b)
        #expect(a.hashValue == b.hashValue)
        #expect(try a != Fixtures.filter("{ user|not: anna, topic: a/#, kind: publish }"))
        #expect(try Fixtures.filter("{ topic|re: a }") != Fixtures.filter("{ topic|re: b }"))
    }

    @Test(
        "addresses are numbers",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false), ("2001:db8::/32", "2001:DB8:0:0:0::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("2001:db8::1", "2001:db8:0:0:0:0:0:1", true),
            ("fe80::/10", "fe80::1%eth0", true), ("2001:db8::/33", "2001:db8:8000::", false),
            ("64:ff9b::/96", "64:ff9b::10.1.2.3", true), ("10.0.0.1", "10.0.0.1:1883", false),
            ("10.0.0.1", "010.0.0.1", false),
            ("::1", "0:0:0:0:0:0:0:1", true), ("::1", "::1::", false), ("::1", "1::2:3:4:5:6:7:8:9", false),
            ("1::", "1:0:0:0:0:0:0:0", true), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", true), ("::", "::", true),
        ])
    func addresses(range: String, address: String, matches: Bool) throws {
        let bytes = Array(address.utf8)
        #expect(try AddressRange(range).contains(bytes.span.bytes, 0..<bytes.count) == matches)
    }

    @Test(
        "addresses are written as RFC 5952 says",
        arguments: [
            "10.1.2.3", "::", "::1", "2001:db8::1", "1::", "1:2:3:4:5:6:7:8", "1:0:0:2::3", "1:2:3:4:5:6:7:0",
        ])
    func addressText(text: String) {
        #expect(IPAddress(text)?.description == text)
    }
}
