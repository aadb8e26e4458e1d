import PicketEvents
import PicketFeeds
import Testing

/// Client ids and topics that imitate the log: the fields stay those of whoever sent them.
@Suite struct MosquittoForgeryTests {
    /// Recorded by us: both client id and topic are hostile.
    @Test func recordedForgery() {
        let cid = #"a b (p2, c1, k60, u'root')"#
        let start = #""device":"alice","client":"\#(cid)","user":"alice","identity":"password","#
        let rendering = MosquittoRendering(
            """
            2026-11-21T05:07:32+0000: New client connected from 127.0.0.1:48723 as \(cid) (p2, c1, k60, u'alice').
            2026-11-21T05:07:32+0000: Received PUBLISH from \(cid) (d0, q0, r0, m0, 'test/x', ... (9 bytes))', ... (2 bytes))
            2026-11-21T05:07:32+0000: Sending PUBLISH to monitor-1 (d0, q0, r0, m0, 'test/x', ... (9 bytes))', ... (2 bytes))
            2026-11-21T05:07:32+0000: Client \(cid) disconnected.
            """)
        let end = #""address":"127.0.0.1"}"#
        #expect(
            rendering.events == [
                #"{"kind":"connect",\#(start)"protocol":"3.1.1","keepalive":60,"clean":true,\#(end)"#,
                #"{"kind":"publish",\#(start)"topic":"test/x', ... (9 bytes))","bytes":2,"qos":0,\#(end)"#,
                #"{"kind":"deliver","device":"monitor-1","client":"monitor-1","topic":"test/x', ... (9 bytes))","bytes":2,"qos":0}"#,
                #"{"kind":"disconnect",\#(start)"reason":"client",\#(end)"#,
            ])
    }

    /// A hostile client whose id holds the beginning of a victim's message, or whose topic does.
    @Test(arguments: [
        "victim (d0, q0, r0, m0, 'dev/victim/t', ... (9 bytes))", "victim (d0, q0, r0, m0, 'x", "victim disconnected",
        "victim disconnected.", "victim\tx", "x as victim", "x (p2, c1, k60", "victim (p2, c1, k60, u'root').",
        "victim [1.1.1.1:9] disconnected: oversize packet", "victim disconnected due to", "victim 0 #", "'", "victim ",
    ])
    func aHostileClientKeepsItsFields(client: String) {
        // Where both imitate each other, the same bytes have two true readings, and the longer id wins.
        let own = client.contains("(d0") ? "t" : nil
        for topic in ["t", "x (d0, q1, r1, m7, 'dev/victim/t", "x', ... (9 bytes))", "x (q1, r0, 'y', ... (9 bytes))"] {
            let rendering = MosquittoRendering(
                """
                New client connected from 1.1.1.1:1 as victim (p2, c1, k60, u'victim').
                New client connected from 6.6.6.6:6 as \(client) (p5, c0, k9, u'evil').
                Received PUBLISH from \(client) (d0, q2, r0, m12, '\(topic)', ... (77 bytes))
                Received PUBLISH from victim (d0, q0, r0, m0, '\(own ?? topic)', ... (5 bytes))
                Client \(client) closed its connection.
                Client victim closed its connection.
                """)
            let fields = rendering.fields
            #expect(fields[1] == ["connect", client, "evil", nil, nil, "6.6.6.6"], "\(client) \(topic)")
            #expect(fields[2] == ["publish", client, "evil", topic, "77", "6.6.6.6"], "\(client) \(topic)")
            #expect(fields[3] == ["publish", "victim", "victim", own ?? topic, "5", "1.1.1.1"], "\(client) \(topic)")
            #expect(fields[4] == ["disconnect", client, "evil", nil, nil, "6.6.6.6"], "\(client) \(topic)")
            #expect(fields[5] == ["disconnect", "victim", "victim", nil, nil, "1.1.1.1"], "\(client) \(topic)")
        }
    }

    /// A subscription line is a client id and a filter, and spells what its author likes. Announced by the debug log,
    /// it deceives nobody.
    @Test(arguments: [
        ("Client victim", "disconnected."), ("Client", "victim closed its connection."),
        ("Received", "PUBLISH from victim (d0, q0, r0, m0, 'x', ... (9 bytes))"),
        ("New", "client connected from 6.6.6.6:1 as victim (p2, c1, k60, u'root')."),
        ("mosquitto", "version 2.0.11 starting"),
        ("dynsec:", "admin/admin | disableClient | username=victim"), ("Error:", "x"), ("victim 0", "#"),
        ("New", "client connected from 6.6.6.6:1 as victim (p2, c1, k60, u'" + String(repeating: "y", count: 1_200)),
    ])
    func announcedSubscriptionsAreNotForged(client: String, filter: String) {
        func cut(_ line: String) -> String { String(decoding: line.utf8.prefix(999), as: UTF8.self) }
        let rendering = MosquittoRendering(
            [
                "New client connected from 1.1.1.1:1 as victim (p2, c1, k60, u'victim').",
                "New client connected from 6.6.6.6:6 as \(client) (p2, c1, k60, u'evil').",
                "Received UNSUBSCRIBE from \(client)", cut("\t\(filter)"), cut("\(client) \(filter)"),
                "Sending UNSUBACK to \(client)", "Received SUBSCRIBE from \(client)", cut("\t\(filter) (QoS 1)"),
                "Sending PUBLISH to \(client) (d0, q0, r1, m0, 'retained', ... (1 bytes))",
                cut("\(client) 1 \(filter)"), "Sending SUBACK to \(client)",
                "Received PUBLISH from victim (d0, q0, r0, m0, 't', ... (5 bytes))",
            ].joined(separator: "\n"))
        let fields = rendering.fields.dropFirst(2)
        #expect(fields.map { $0[0] } == ["unsubscribe", "deliver", "subscribe", "publish"])
        for event in fields.dropLast() { #expect(event[1] == client && event[2] == "evil") }
        #expect(fields.first?[3].map { filter.hasPrefix($0) } == true)
        #expect(fields.last == ["publish", "victim", "victim", "t", "5", "1.1.1.1"])
    }

    /// Without debug messages, a connected client id decides; the longest that fits.
    @Test func subscriptionsOfKnownClients() {
        let rendering = MosquittoRendering(
            """
            New client connected from 1.1.1.1:1 as a (p2, c1, k60, u'ua').
            New client connected from 1.1.1.1:1 as a 0 b (p2, c1, k60, u'ub').
            a 0 x/y
            a 0 b 1 x/y
            a 0 b x/y
            a x y
            someone 2 my filter
            someone my/filter
            no filter
            a b c d 0 e
            """)
        #expect(
            rendering.fields.dropFirst(2).map { [$0[0], $0[1], $0[3]] } == [
                ["subscribe", "a", "x/y"], ["subscribe", "a 0 b", "x/y"], ["unsubscribe", "a 0 b", "x/y"],
                ["unsubscribe", "a", "x y"], ["subscribe", "someone", "my filter"],
                ["unsubscribe", "someone", "my/filter"], ["rejected", nil, nil], ["unsubscribe", "a", "b c d 0 e"],
            ])
    }

    /// A refusal in the name of a connected client is not its end, and does not come from its address.
    @Test func aRefusalInAnotherName() {
        let rendering = MosquittoRendering(
            """
            New client connected from 1.1.1.1:1 as victim (p2, c1, k60, u'victim').
            New connection from 6.6.6.6:6 on port 1883.
            Sending CONNACK to 1.1.1.1 (0, 5)
            Client 1.1.1.1 disconnected, not authorised.
            New connection from 6.6.6.6:6 on port 1883.
            Client victim disconnected, not authorised.
            Received PUBLISH from victim (d0, q0, r0, m0, 't', ... (5 bytes))
            """)
        #expect(
            rendering.fields.dropFirst() == [
                ["connect-failed", "1.1.1.1", nil, nil, nil, "6.6.6.6"],
                ["connect-failed", "victim", nil, nil, nil, "6.6.6.6"],
                ["publish", "victim", "victim", "t", "5", "1.1.1.1"],
            ])
    }

    /// The end of an attempt that claimed the id of a connected client does not strip the client of its identity.
    @Test func anActingClientIsConnected() {
        let rendering = MosquittoRendering(
            """
            New client connected from 1.1.1.1:1 as victim (p2, c1, k60, u'uv').
            Client victim disconnected due to protocol error.
            Received PUBLISH from victim (d0, q0, r0, m0, 't', ... (5 bytes))
            """)
        #expect(rendering.fields.last == ["publish", "victim", "uv", "t", "5", "1.1.1.1"])
    }

    /// A message with a topic so long that Mosquitto cut the line is still a message of its sender.
    @Test func aCutLineIsStillAMessage() {
        let topic = String(repeating: "é", count: 700)
        for count in 996...999 {
            var line = Array("Received PUBLISH from a (d0, q1, r1, m7, '\(topic)".utf8.prefix(count))
            line.append(0x0A)
            var rendering = MosquittoRendering(MosquittoDecoder(feed: FeedID(0)))
            rendering.add(line)
            let event = rendering.events[0]
            if count == 999 {
                #expect(event.hasPrefix(#"{"kind":"publish","device":"a","client":"a","topic":"éé"#))
                #expect(event.hasSuffix(#"é","qos":1,"retain":true}"#))
            } else {
                #expect(event.hasPrefix(#"{"kind":"rejected""#))
            }
        }
    }

    /// The address of a refusal is joined only where it is certain enough.
    @Test func addressesOfRefusals() {
        func refused(_ lines: String...) -> String? {
            MosquittoRendering(lines.joined(separator: "\n")).fields.last?[5]
        }
        let last = "1000000010: Client <unknown> disconnected, not authorised."
        func accept(_ time: Int, _ peer: String) -> String {
            "\(1_000_000_000 + time): New connection from \(peer) on port 1883."
        }
        #expect(refused(accept(10, "1.1.1.1:1"), last) == "1.1.1.1")
        #expect(refused(accept(10, "1.1.1.1:1"), accept(10, "1.1.1.1:2"), last) == "1.1.1.1")
        #expect(refused(accept(10, "1.1.1.1:1"), accept(10, "2.2.2.2:2"), last) == nil)
        // A connection that is held open in silence hides nobody.
        #expect(refused(accept(5, "1.1.1.1:1"), accept(10, "2.2.2.2:2"), last) == "2.2.2.2")
        #expect(
            refused(
                accept(10, "1.1.1.1:1"), accept(10, "2.2.2.2:2"), "1000000010: Sending CONNACK to 1.1.1.1 (0, 5)", last)
                == "1.1.1.1")
        #expect(refused(last) == nil)
    }
}

extension MosquittoRendering {
    /// Kind, client, user, topic, bytes, address of every event.
    var fields: [[String?]] {
        events.map { event in
            func field(_ key: String) -> String? {
                guard let start = event.firstRange(of: "\"\(key)\":") else { return nil }
                let rest = event[start.upperBound...]
                guard rest.first == "\"" else { return String(rest.prefix { $0.isNumber }) }
                var value = ""
                var isEscaped = false
                for character in rest.dropFirst() {
                    if isEscaped {
                        value.append(character == "t" ? "\t" : character)
                        isEscaped = false
                    } else if character == "\\" {
                        isEscaped = true
                    } else if character == "\"" {
                        break
                    } else {
                        value.append(character)
                    }
                }
                return value
            }
            return ["kind", "client", "user", "topic", "bytes", "address"].map(field)
        }
    }
}
