"""One case for each metric that `picket metrics` lists: how a violation of it begins, and how it ends.

The expectations are reasoned from "What the metrics count" and "Exact semantics" of the design; most follow one pattern.
A window of 20 s is looked at every second. Events at 1 s, 2 s and 3 s break "more than two" with the third one (an upper
limit alarms with the event). The window that ends at 22 s is [2 s, 22 s): it no longer holds the first event, and the
violation ends there, with the value 2. Beside the device that is in violation there is always one that is not.
"""
from make_cases import at, behavior, by_time, clock

CASES = {}


def case(name, story, specs, feed, expected):
    CASES[f"metric-{name}"] = (story, lambda: (specs, [feed], expected))


def events(kind, device, times=(1, 2, 3), **keys):
    """Events of a kind; a list as value gives each its own."""
    return [{"time": at(t), "kind": kind, "device": device,
             **{k: v[i] if isinstance(v, list) else v for k, v in keys.items()}} for i, t in enumerate(times)]


def opens_and_clears(name, subject, first=3, last=2):
    return [(3, "in-alarm", name, subject, first), (22, "alarm-cleared", name, subject, last)]


def counted(metric, story, bad, good, who="t-1", **rest):
    """More than two in 20 s; `bad` has three, `good` has none that count, or too few."""
    case(metric, story, [behavior("too-many", metric, "above", 2, 20, **rest)], by_time(bad, good, clock(60)),
         opens_and_clears("too-many", who))


# ---- AWS, cloud side ----------------------------------------------------------------------------------------------

counted("num-messages-sent", "Messages from a device. What it receives does not count.",
        events("publish", "t-1", topic="a", bytes=8), events("deliver", "t-2", topic="a", bytes=8))
counted("num-messages-received", "Messages to a device. What it sends does not count.",
        events("deliver", "t-1", topic="a", bytes=8), events("publish", "t-2", topic="a", bytes=8))
counted("num-authorization-failures", """Connects refused for a reason of authorization, and acts that the broker denied. A
refusal because the broker is busy, or for a broken packet, is none.""",
        events("connect-failed", "t-1", (1, 2), reason=["bad-certificate", "banned"])
        + events("denied", "t-1", (3,), action="publish", topic="admin/x"),
        events("connect-failed", "t-2", (1, 2, 3, 4), reason=["unavailable", "protocol-error", "unknown", "unavailable"]))
counted("num-connection-attempts", "Connects count whether they succeed or not.",
        events("connect", "t-1", (1, 3), address="10.0.0.1") + events("connect-failed", "t-1", (2,), reason="banned"),
        events("disconnect", "t-2", reason="client"))
counted("num-disconnects", "Every end of a connection counts, whatever its reason.",
        events("disconnect", "t-1", reason=["client", "kicked", "whatever"]),
        events("connect", "t-2", address="10.0.0.1"))

case("message-byte-size", """Without a duration each message is judged alone, sent or received: one of 501 bytes is an alarm,
the next one of 500 clears it. A message of unknown size says nothing.""",
     [behavior("large", "message-byte-size", "above", 500)],
     by_time(events("publish", "t-1", (1,), topic="a", bytes=501), events("publish", "t-1", (2,), topic="a"),
             events("deliver", "t-1", (3,), topic="a", bytes=500), events("publish", "t-2", topic="a", bytes=500)),
     [(1, "in-alarm", "large", "t-1", 501), (3, "alarm-cleared", "large", "t-1", 500)])
for metric, kind, other in (("bytes-sent", "publish", "deliver"), ("bytes-received", "deliver", "publish")):
    case(metric, f"The sum of the sizes of each {kind}: 1,200 bytes in 20 s, and 800 when the first has left the window.",
         [behavior("too-much", metric, "above", 1000, 20)],
         by_time(events(kind, "t-1", topic="a", bytes=400), events(other, "t-1", topic="a", bytes=900),
                 events(kind, "t-2", topic="a", bytes=[500, 500, 0]), clock(60)),
         opens_and_clears("too-much", "t-1", 1200, 800))
case("source-ip-address", """The address of each connect is compared with the set. One outside of it is an alarm, the next
one inside clears. An IPv4 address in the clothes of IPv6 is the IPv4 address; what is no address is in no range.""",
     [behavior("foreign", "source-ip-address", set={"relation": "outside", "members": ["10.0.0.0/8", "2001:db8::/32"]})],
     by_time(events("connect", "t-1", address=["203.0.113.7", "10.1.2.3", "unix"]),
             events("connect", "t-2", address=["::ffff:10.0.0.9", "2001:db8::1", "10.255.255.255"]),
             events("publish", "t-2", topic="a", bytes=1, address="203.0.113.7")),
     [(1, "in-alarm", "foreign", "t-1", "203.0.113.7"), (2, "alarm-cleared", "foreign", "t-1", "10.1.2.3"),
      (3, "in-alarm", "foreign", "t-1", "unix")])
case("disconnect-duration", """t-1 disconnects at 5 s: at 36 s, the first whole second at which more than 30 s have passed, it
is an alarm, and the connect at 50 s ends it. t-2 is back after 30 s exactly. t-3 never connected, and has not
disconnected.""",
     [behavior("gone", "disconnect-duration", "above", 30)],
     by_time(events("disconnect", "t-1", (5,), reason="client"), events("connect", "t-1", (50,)),
             events("disconnect", "t-2", (5,), reason="client"), events("connect", "t-2", (35,)),
             events("publish", "t-3", (5,), topic="a", bytes=1), clock(70)),
     [(36, "in-alarm", "gone", "t-1", 31), (50, "alarm-cleared", "gone", "t-1", 0)])

# ---- AWS, device side: the values of reports ----------------------------------------------------------------------


def reports(metric, values, device="t-1", times=None):
    return [{"time": at(times[i] if times else 1 + i), "kind": "report", "device": device, "reportId": str(100 + i),
             "metrics": {metric: v}} for i, v in enumerate(values)]


for metric in ("all-bytes-out", "all-bytes-in", "all-packets-out", "all-packets-in"):
    case(metric, f"{metric} of the reports of 20 s are added up. A report without it adds nothing.",
         [behavior("too-much", "aws:" + metric, "above", 1000, 20)],
         by_time(reports(metric, [400, 400, 400]), reports(metric, [500, 500], "t-2"),
                 reports("other", [900], "t-2", [3]), clock(60)),
         opens_and_clears("too-much", "t-1", 1200, 800))
for metric in ("num-listening-tcp-ports", "num-listening-udp-ports", "num-established-tcp-connections"):
    case(metric, f"Each report is judged alone: more than five, and back to five. A number that is a text is no number.",
         [behavior("many", metric, "above", 5)],
         by_time(reports(metric, [6, 5, 7, 8, 1]), reports(metric, [5, "9", 0], "t-2")),
         [(1, "in-alarm", "many", "t-1", 6), (2, "alarm-cleared", "many", "t-1", 5), (3, "in-alarm", "many", "t-1", 7),
          (5, "alarm-cleared", "many", "t-1", 1)])
for metric in ("listening-tcp-ports", "listening-udp-ports"):
    case(metric, """An open port of the list that must not be is an alarm; what offends is shown. An empty list conforms, and
clears; a report without the list says nothing.""",
         [behavior("telnet", metric, set={"relation": "inside", "members": [23, 2323]})],
         by_time(reports(metric, [[80, 23], [2323, 23]]), reports("other", [1], "t-1", [3]),
                 reports(metric, [[]], "t-1", [4]), reports(metric, [[80], [443, 22]], "t-2")),
         [(1, "in-alarm", "telnet", "t-1", "23"), (4, "alarm-cleared", "telnet", "t-1", None)])
case("destination-ip-addresses", """A peer outside of the networks is an alarm; all of the offending ones are shown, none of the
others. Peers that are as expected clear it, and are shown then.""",
     [behavior("foreign", "aws:destination-ip-addresses",
               set={"relation": "outside", "members": ["10.0.0.0/8", "192.168.0.0/16"]})],
     by_time(reports("destination-ip-addresses", [["10.0.0.5", "8.8.8.8", "1.1.1.1"], ["10.0.0.5", "192.168.1.1"]]),
             reports("destination-ip-addresses", [["10.0.0.5"], []], "t-2")),
     [(1, "in-alarm", "foreign", "t-1", "8.8.8.8, 1.1.1.1"),
      (2, "alarm-cleared", "foreign", "t-1", "10.0.0.5, 192.168.1.1")])

# ---- custom metrics: the four types -------------------------------------------------------------------------------

case("custom-number", """A number of the device's own, with decimals: 82.5 is not more than 82.5, 82.500001 is. Without a
duration each report is judged; with one, the largest of the window.""",
     [behavior("too-hot", "water_temperature", "above", 82.5, custom="number"),
      behavior("hot-lately", "water_temperature", "above", 82.5, 20, custom="number")],
     by_time(reports("water_temperature", [82.5, 82.500001, -3]), reports("water_temperature", [82, 82.5], "t-2"),
             clock(60)),
     [(2, "in-alarm", "too-hot", "t-1", 82.500001), (2, "in-alarm", "hot-lately", "t-1", 82.500001),
      (3, "alarm-cleared", "too-hot", "t-1", -3), (23, "alarm-cleared", "hot-lately", "t-1", -3)])
case("custom-number-list", "A list of numbers is compared with a set, as numbers: 2.50 is 2.5.",
     [behavior("strange", "slots", set={"relation": "outside", "members": [1, 2.5]}, custom="number-list")],
     reports("slots", [[1], [2.5, 3], [1, 2.5], [-1]]),
     [(2, "in-alarm", "strange", "t-1", "3"), (3, "alarm-cleared", "strange", "t-1", "1, 2.5"),
      (4, "in-alarm", "strange", "t-1", "-1")])
case("custom-ip-address-list", "A list of addresses is compared with networks.",
     [behavior("strange", "peers_seen", set={"relation": "inside", "members": ["203.0.113.0/24"]},
               custom="ip-address-list")],
     reports("peers_seen", [["10.0.0.1"], ["10.0.0.1", "203.0.113.255"], []]),
     [(2, "in-alarm", "strange", "t-1", "203.0.113.255"), (3, "alarm-cleared", "strange", "t-1", None)])
case("custom-string-list", """A list of texts is compared with a set, byte by byte: Eco is not eco. Of more than eight that offend
the first eight are shown.""",
     [behavior("strange", "modes", set={"relation": "outside", "members": ["eco", "boost"]}, custom="string-list")],
     reports("modes", [["eco"], ["Eco", "boost"], ["boost"], [f"m{i}" for i in range(10)]]),
     [(2, "in-alarm", "strange", "t-1", "Eco"), (3, "alarm-cleared", "strange", "t-1", "boost"),
      (4, "in-alarm", "strange", "t-1", "m0, m1, m2, m3, m4, m5, m6, m7, and 2 more")])

# ---- Picket's own -------------------------------------------------------------------------------------------------

counted("count", """count counts the events that `where` selects: here deliveries of unlock commands of at least two bytes. Other
topics, smaller messages and the commands that are sent do not count.""",
        events("deliver", "t-1", topic="cmd/t-1/unlock", bytes=2),
        events("deliver", "t-2", topic=["cmd/t-2/lock", "cmd/t-2/unlock/x", "cmd/t-2/unlock"], bytes=[2, 2, 1])
        + events("publish", "t-2", topic="cmd/t-3/unlock", bytes=2),
        where={"kind": "deliver", "topic|endswith": "/unlock", "bytes|gte": 2})
counted("distinct-topics", """Different topics that a device publishes to or subscribes to. The same topic again, and topics
that are delivered, are nothing new.""",
        events("publish", "t-1", topic=["a", "b", "c"], bytes=1) + events("publish", "t-1", (1.5,), topic="a", bytes=1),
        events("publish", "t-2", topic=["a", "b", "a"], bytes=1) + events("deliver", "t-2", topic=["x", "y", "z"], bytes=1))
counted("distinct-addresses", "Different addresses that a device connects from.",
        events("connect", "t-1", address=["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        events("connect", "t-2", address=["10.0.0.1", "10.0.0.2", "10.0.0.1"]))
counted("distinct-clients", "Different client ids that one address connects with.",
        events("connect", "t-1", client=["a", "b", "c"], address="203.0.113.7"),
        events("connect", "t-2", client=["a", "b", "a"], address="10.0.0.9"), "203.0.113.7", subject="address")
counted("devices-per-address", "Different devices that connect from one address.",
        [event for i, d in enumerate(("t-1", "t-2", "t-3")) for event in events("connect", d, (1 + i,), address="203.0.113.7")],
        events("connect", "t-1", (1, 2, 3), address="10.0.0.9"), "203.0.113.7", subject="address")
counted("devices-per-certificate", """Different devices that connect with one certificate. A certificate without a serial is
none.""",
        [event for i, d in enumerate(("t-1", "t-2", "t-3"))
         for event in events("connect", d, (1 + i,), certificate={"serial": "0A", "subject": "CN=t-1"})],
        events("connect", "t-4", certificate={"serial": "0B", "subject": "CN=t-4"})
        + events("connect", "t-5", certificate={"subject": "CN=t-5"}), "0A", subject="certificate")
counted("readers-per-topic", """Different devices that subscribe to a topic or get its messages: one device that reads twice is one
reader.""",
        [event for i, d in enumerate(("t-1", "t-2", "t-3")) for event in events(
            "subscribe" if i == 1 else "deliver", d, (1 + i,), topic="camera/7/stream", **({} if i == 1 else {"bytes": 9}))],
        events("deliver", "t-1", topic="camera/8/stream", bytes=9), "camera/7/stream", subject="topic")
case("silence", """t-1 is heard at 5 s and then at 60 s: at 36 s, the first whole second at which more than 30 s have passed,
the silence is an alarm. A refused connect at 50 s, which anybody can try in its name, does not end it; a message to it at 60 s
does. t-2 is heard every 30 s.""",
     [behavior("gone", "silence", "above", 30)],
     by_time(events("publish", "t-1", (5,), topic="a", bytes=1), events("connect-failed", "t-1", (50,), reason="banned"),
             events("deliver", "t-1", (60,), topic="a", bytes=1),
             events("publish", "t-2", (5, 35, 65), topic="a", bytes=1), clock(70)),
     [(36, "in-alarm", "gone", "t-1", 31), (60, "alarm-cleared", "gone", "t-1", 0)])
counted("takeovers", "Ends of connections because another client came with the same id.",
        events("disconnect", "t-1", reason=["takeover", "TAKEOVER", "takeover"]),
        events("disconnect", "t-2", reason="keepalive-timeout"))
counted("keepalive-timeouts", "Ends of connections because the device fell silent.",
        events("disconnect", "t-1", reason=["keepalive-timeout", "keepalive_timeout", "keepalive-timeout"]),
        events("disconnect", "t-2", reason=["takeover", "timeout", "connection-lost"]))
counted("protocol-errors", "Connections ended, or refused, for packets that break the protocol.",
        events("disconnect", "t-1", (1, 2), reason="protocol-error")
        + events("connect-failed", "t-1", (3,), reason="protocol_error"),
        events("disconnect", "t-2", reason="oversize"))
counted("denied", "Acts that the broker denied. Refused connects are none.",
        events("denied", "t-1", action=["publish", "subscribe", "publish"], topic=["a", "#", "b"]),
        events("connect-failed", "t-2", reason="not-authorized"))
case("connects-without-traffic", """Sessions in which nothing was said: each is counted when it ends. t-2 publishes or subscribes in
each of its sessions; t-3 disconnects three times and never connected.""",
     [behavior("too-many", "connects-without-traffic", "above", 2, 20)],
     by_time([event for t in (0.5, 1.5, 2.5) for event in events("connect", "t-1", (t,))],
             events("disconnect", "t-1", reason="client"),
             [event for t in (0.5, 1.5, 2.5) for event in events("connect", "t-2", (t,))],
             events("publish", "t-2", (0.7, 1.7), topic="a", bytes=1), events("subscribe", "t-2", (2.7,), topic="a"),
             events("disconnect", "t-2", reason="client"), events("disconnect", "t-3", reason="client"), clock(60)),
     opens_and_clears("too-many", "t-1"))
case("topic", "The topic of each publish and subscribe is compared with the set, as a whole text.",
     [behavior("foreign", "topic", set={"relation": "outside", "members": ["telemetry/t-1", "cmd/t-1"]})],
     by_time(events("publish", "t-1", (1, 3), topic=["admin/reboot", "telemetry/t-1"], bytes=1),
             events("deliver", "t-1", (2,), topic="other", bytes=1), events("subscribe", "t-2", (1,), topic="cmd/t-1")),
     [(1, "in-alarm", "foreign", "t-1", "admin/reboot"), (3, "alarm-cleared", "foreign", "t-1", "telemetry/t-1")])
case("certificate", "The serial number of each connect's certificate is compared with the set; a connect without one says nothing.",
     [behavior("foreign", "certificate", set={"relation": "outside", "members": ["4A0F", "4A10"]})],
     by_time(events("connect", "t-1", (1, 3), certificate=[{"serial": "FFFF"}, "4A0F"]), events("connect", "t-1", (2,)),
             events("connect", "t-2", (1,), certificate="4A10")),
     [(1, "in-alarm", "foreign", "t-1", "FFFF"), (3, "alarm-cleared", "foreign", "t-1", "4A0F")])
case("client-id", "The client id of each connect is compared with the set.",
     [behavior("scanner", "client-id", set={"relation": "inside", "members": ["mqtt-explorer", "mosqpub"]})],
     events("connect", "t-1", client=["t-1", "mosqpub", "t-1"]),
     [(2, "in-alarm", "scanner", "t-1", "mosqpub"), (3, "alarm-cleared", "scanner", "t-1", "t-1")])
case("firmware", "The version that a connect or an alert names is compared with the set.",
     [behavior("old", "firmware", set={"relation": "inside", "members": ["4.0.0", "4.0.1"]})],
     by_time(events("connect", "t-1", (1, 3), firmware=["4.0.1", "4.1.0"]), events("connect", "t-1", (2,)),
             events("alert", "t-2", (1, 2), firmware=["4.1.0", "4.0.0"], alertType="crash")),
     [(1, "in-alarm", "old", "t-1", "4.0.1"), (2, "in-alarm", "old", "t-2", "4.0.0"),
      (3, "alarm-cleared", "old", "t-1", "4.1.0")])
case("late-events", """Events that come when the watermark, 20 s, has passed their time are late. They have no time of their own any
more and count at the watermark: the window that ends at 41 s no longer holds them. One that is exactly at the watermark is
not late.""",
     [behavior("late", "late-events", "above", 2, 20, subject="feed")],
     clock(30) + events("publish", "t-1", (5, 19.999, 6, 20), topic="a", bytes=1) + clock(60, start=35),
     [(20, "in-alarm", "late", "feed.ndjson", 3), (41, "alarm-cleared", "late", "feed.ndjson", 0)])
case("clock-skew", """The whole seconds between the time that an event claims and the newest one before it. Eight seconds behind
is skew, and not late yet.""",
     [behavior("wrong", "clock-skew", "above", 6, 20, subject="feed")],
     clock(30) + events("publish", "t-1", (22, 24), topic="a", bytes=1) + clock(60, start=35),
     [(22, "in-alarm", "wrong", "feed.ndjson", 8), (43, "alarm-cleared", "wrong", "feed.ndjson", 6)])
case("rejected", """Lines that cannot be read count for their feed, when the newest event before them happened: here at 10 s. An
empty line is none.""",
     [behavior("garbage", "rejected", "above", 2, 20, subject="feed")],
     clock(10) + ["{", "", '{"time":"x","kind":"publish","device":"t-1"}',
                  '{"time":"' + at(11) + '","kind":"violation","device":"t-1"}'] + clock(60, start=15),
     [(10, "in-alarm", "garbage", "feed.ndjson", 3), (31, "alarm-cleared", "garbage", "feed.ndjson", 0)])
