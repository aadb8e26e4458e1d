"""Cases for each condition beside plain limits, and for what decides who is meant and what is excused."""
import detect
from make_cases import at, behavior, by_time, clock, failed, publish
from metric_cases import events

CASES = {}
MINUTE, HOUR, DAY = 60, 3600, 86_400


def case(name, story, specs, feed, expected, **options):
    feeds = feed if feed and isinstance(feed[0], list) else [feed]
    CASES[name] = (story, lambda: (specs, feeds, expected, options))


def sends(device, *times, **rest):
    return [publish(t, device, **rest) for t in times]


def user(seconds, action, resource=None, **rest):
    line = {"time": at(seconds), "kind": "user", "user": "anna", "action": action, **rest}
    return line | ({"resource": resource} if resource else {})


def unlock(seconds, device):
    return {"time": at(seconds), "kind": "deliver", "device": device, "topic": f"cmd/{device}/unlock", "bytes": 1}


# ---- compared with others -----------------------------------------------------------------------------------------

SHARES = by_time(sends("t-1", 1), sends("t-2", 1, 1.1), sends("t-3", 1, 1.1, 1.2, 1.3, 1.4))


def percentile(name, op, p, minimum=3, **rest):
    return behavior(name, "num-messages-sent", seconds=20, percentile={"op": op, "p": p, "minimum": minimum}, **rest)


case("percentile-above-and-below", """In the window that ends at 2 s three devices have sent 1, 2 and 5 messages; the 50th percentile
is the second of them, 2. 5 is more, 1 is fewer, 2 and 5 are at least, 1 and 2 at most. When the window has emptied there is
no datapoint, which conforms: all clear, without a value.""",
     [percentile("more", "above", 50), percentile("at-least", "atLeast", 50), percentile("fewer", "below", 50),
      percentile("at-most", "atMost", 50)],
     by_time(SHARES, clock(40)),
     [(2, "in-alarm", "more", "t-3", 5), (2, "in-alarm", "at-least", "t-2", 2), (2, "in-alarm", "at-least", "t-3", 5),
      (2, "in-alarm", "fewer", "t-1", 1), (2, "in-alarm", "at-most", "t-1", 1), (2, "in-alarm", "at-most", "t-2", 2),
      (22, "alarm-cleared", "more", "t-3", None), (22, "alarm-cleared", "at-least", "t-2", None),
      (22, "alarm-cleared", "at-least", "t-3", None), (22, "alarm-cleared", "fewer", "t-1", None),
      (22, "alarm-cleared", "at-most", "t-1", None), (22, "alarm-cleared", "at-most", "t-2", None)])

case("percentile-of-too-few", """With fewer subjects than `minimumSubjects` nothing is compared. The fourth device, at 5 s, makes
enough: 1, 1, 2 and 5, of which the 75th percentile is the third. At 21 s the others have left the window: the one that is
in alarm has no datapoint, and clears.""",
     [percentile("more", "above", 75, 4)], by_time(SHARES, sends("t-4", 5), sends("t-3", 18, 18.1, 18.2), clock(50)),
     [(6, "in-alarm", "more", "t-3", 5), (22, "alarm-cleared", "more", "t-3", None)])

case("percentile-of-sums-and-sizes", """Percentiles of sums and of largest sizes: a device whose messages are empty takes part (0
bytes are a sum, of messages that came), one that sent nothing does not. p0 is the smallest, p100 the greatest: nothing is
above that, and the greatest is at least that.""",
     [behavior("sum", "bytes-sent", seconds=20, percentile={"op": "above", "p": 0, "minimum": 3}),
      behavior("size", "message-byte-size", seconds=20, percentile={"op": "above", "p": 100, "minimum": 3}),
      behavior("greatest", "message-byte-size", seconds=20, percentile={"op": "atLeast", "p": 100, "minimum": 3})],
     by_time(sends("t-1", 1, size=0), sends("t-2", 1, size=10), sends("t-3", 1, size=30), events("connect", "t-4", (1,)),
             clock(40)),
     [(2, "in-alarm", "sum", "t-2", 10), (2, "in-alarm", "sum", "t-3", 30), (2, "in-alarm", "greatest", "t-3", 30),
      (22, "alarm-cleared", "sum", "t-2", None), (22, "alarm-cleared", "sum", "t-3", None),
      (22, "alarm-cleared", "greatest", "t-3", None)])


def peers(name, percentile=50, factor=3, floor=2, minimum=2, **rest):
    return behavior(name, "num-messages-sent", seconds=20,
                    peers={"percentile": percentile, "factor": factor, "floor": floor, "minimum": minimum}, **rest)


case("peers", """The others of t-3 have sent 2, 2 and 8 messages; 3 x 2 + 2 are 8. t-3 with 9 has more, t-4 with 8 has not. At 13 s
the others have sent 4, 4 and 10, which allows 14: 11 clear it.""",
     [peers("unlike-others")],
     by_time(sends("t-1", 1, 1.1, 12, 12.1), sends("t-2", 1, 1.1, 12, 12.1),
             sends("t-3", *(1 + i / 10 for i in range(9)), 12, 12.1),
             sends("t-4", *(1 + i / 10 for i in range(8)), 12, 12.1), clock(60)),
     [(2, "in-alarm", "unlike-others", "t-3", 9), (13, "alarm-cleared", "unlike-others", "t-3", 11)])

case("peers-in-alarm-are-no-measure", """p100 of the others is the greatest of them. t-4 is found with 20 against 2; when t-5 does
the same it is found as well, because a device in alarm is no measure for others. Two devices alone are never compared.""",
     [peers("unlike-others", 100)],
     by_time(*(sends(d, 1, 1.1) for d in ("t-1", "t-2", "t-3")), sends("t-4", *(1 + i / 50 for i in range(20))),
             sends("t-5", *(5 + i / 50 for i in range(20))),
             sends("t-6", *(40 + i / 50 for i in range(20))), sends("t-7", 40), clock(90)),
     [(2, "in-alarm", "unlike-others", "t-4", 20), (6, "in-alarm", "unlike-others", "t-5", 20),
      (22, "alarm-cleared", "unlike-others", "t-4", None), (22, "alarm-cleared", "unlike-others", "t-5", None)])

# ---- compared with the past ---------------------------------------------------------------------------------------


def history(name, metric="num-messages-sent", seconds=10, **limit):
    standard = {"percentile": 100, "factor": 2, "floor": 1, "days": 2, "minimum": 3}
    return behavior(name, metric, seconds=seconds, history=standard | limit)


def three_each(device, *starts):
    return [event for start in starts for event in sends(device, start + 1, start + 2, start + 3)]


case("history", """Three windows of ten seconds with three messages each are learned, at 10, 20 and 30 s. From then on 2 x 3 + 1
are usual. t-2 stays at 7. t-1 has 10 in the window that ends at 32 s, which is too many, and 3 in the one that ends at 42 s.
What was seen in alarm is not learned: 8 at 60 s are too many again.""",
     [history("unlike-itself")],
     by_time(three_each("t-1", 0, 10, 20), three_each("t-2", 0, 10, 20), sends("t-1", *(31 + i / 10 for i in range(8))),
             sends("t-2", *(31 + i / 10 for i in range(5))), sends("t-1", 40, 40.1, 40.2),
             sends("t-1", *(60 + i / 10 for i in range(8))), clock(90)),
     [(32, "in-alarm", "unlike-itself", "t-1", 10), (42, "alarm-cleared", "unlike-itself", "t-1", 3),
      (61, "in-alarm", "unlike-itself", "t-1", 8), (71, "alarm-cleared", "unlike-itself", "t-1", None)])

case("history-forgets", """With `days: 1` only today's windows (UTC) are remembered: what was learned before midnight says nothing
after it, until three windows are learned anew. The hundred messages at a quarter past midnight are judged by nothing.""",
     [history("unlike-itself", days=1)],
     by_time(three_each("t-1", 12 * HOUR, 12 * HOUR + 10, 12 * HOUR + 20),
             sends("t-1", *(12 * HOUR + 100 + i / 10 for i in range(8))),
             sends("t-1", *(12 * HOUR + 55 * MINUTE + i / 50 for i in range(100))), clock(13 * HOUR, 600, kind="publish")),
     [(12 * HOUR + 101, "in-alarm", "unlike-itself", "t-1", 8),
      (12 * HOUR + 111, "alarm-cleared", "unlike-itself", "t-1", None)])

case("history-of-large-numbers", """What is learned is kept by buckets that are right within one hundredth: 10,000 bytes lie in one that
stands for 9,983, and twice that and a byte is 19,967. That much is usual, as t-1 sends it; one byte more, as t-2 does, is not.""",
     [history("unlike-itself", "bytes-sent", minimum=1)],
     by_time(sends("t-1", 1, size=10_000), sends("t-1", 21, size=0), sends("t-1", 31, size=19_967),
             sends("t-2", 1, size=10_000), sends("t-2", 31, size=19_968), clock(60)),
     [(32, "in-alarm", "unlike-itself", "t-2", 19_968), (42, "alarm-cleared", "unlike-itself", "t-2", None)])

# ---- never seen before --------------------------------------------------------------------------------------------

case("first-seen-topic", """Everything is usual for ten seconds after the first topic of a device. Then a new topic is an alarm, each
time it is shown; a usual one clears. t-2 shows x just in time, and y exactly when the time is over.""",
     [behavior("new-topic", "topic", firstSeen={"learnFor": 10})],
     by_time([publish(t, "t-1", topic=topic) for t, topic in ((1, "a"), (2, "b"), (12, "a"), (13, "c"), (14, "c"), (15, "b"),
                                                              (16, "c"))],
             [publish(t, "t-2", topic=topic) for t, topic in ((1, "a"), (10.999, "x"), (11, "y"), (12, "x"))]),
     [(11, "in-alarm", "new-topic", "t-2", "y"), (12, "alarm-cleared", "new-topic", "t-2", "x"),
      (13, "in-alarm", "new-topic", "t-1", "c"), (15, "alarm-cleared", "new-topic", "t-1", "b"),
      (16, "in-alarm", "new-topic", "t-1", "c")])

case("first-seen-network", """With `prefix: 24` another address of a known network is nothing new. An IPv6 network is twice as long: the
two of 2001:db8:0::/48 are one, 2001:db8:1:: is another. The address is shown, not the network.""",
     [behavior("new-network", "source-ip-address", firstSeen={"prefix": 24, "learnFor": 10})],
     by_time(events("connect", "t-1", (1, 12, 13, 14), address=["10.20.4.1", "10.20.4.200", "10.20.5.1", "10.20.4.7"]),
             events("connect", "t-2", (1, 12, 13, 14),
                    address=["2001:db8::1", "2001:db8:0:7::9", "2001:db8:1::1", "2001:db8::2"])),
     [(13, "in-alarm", "new-network", "t-1", "10.20.5.1"), (13, "in-alarm", "new-network", "t-2", "2001:db8:1::1"),
      (14, "alarm-cleared", "new-network", "t-1", "10.20.4.7"), (14, "alarm-cleared", "new-network", "t-2", "2001:db8::2")])

case("first-seen-certificate-and-firmware", """A certificate, and a firmware, that the device never showed. Events without one say
nothing, and do not begin the time to learn.""",
     [behavior("new-certificate", "certificate", firstSeen={"learnFor": 10}),
      behavior("new-firmware", "firmware", firstSeen={"learnFor": 10})],
     by_time(events("connect", "t-1", (1,)), events("connect", "t-1", (8, 17), certificate=["0A", "0B"], firmware="1"),
             events("connect", "t-1", (19, 20), certificate=["0C", "0A"], firmware=["2", "1"])),
     [(19, "in-alarm", "new-certificate", "t-1", "0C"), (19, "in-alarm", "new-firmware", "t-1", "2"),
      (20, "alarm-cleared", "new-certificate", "t-1", "0A"), (20, "alarm-cleared", "new-firmware", "t-1", "1")])

case("first-seen-forgotten", """A device that is not heard of for two days is forgotten with all that was learned of it: when it comes
back it learns anew.""",
     [behavior("new-topic", "topic", firstSeen={"learnFor": 10})],
     by_time([publish(t, "t-1", topic=topic) for t, topic in ((1, "a"), (12, "b"))], clock(40),
             [publish(3 * DAY + t, "t-1", topic=topic) for t, topic in ((0, "z"), (11, "z"), (12, "a"))]),
     [(12, "in-alarm", "new-topic", "t-1", "b"), (2 * DAY + 12, "alarm-invalidated", "new-topic", "t-1", "b"),
      (3 * DAY + 12, "in-alarm", "new-topic", "t-1", "a")])

# ---- absence and sequence -----------------------------------------------------------------------------------------

UNLOCKS = behavior("nobody-asked", "count", where={"kind": "deliver", "topic|endswith": "/unlock"},
                   without={"where": {"kind": "user", "action": "unlock"}, "within": 30})

case("without", """An unlock that nobody asked for, within half a minute before or after, is an alarm: judged when the half minute is
over, at 130 s for the one at 100 s. An order for another lock does not count, one that names no lock counts for all, a name
at the end of a path is a name, and 30 s are within 30 s. The unlock at 200 s, asked for before, clears.""",
     [UNLOCKS],
     by_time([unlock(t, "lock-1") for t in (5, 100, 200, 310, 400)], [unlock(311, "lock-2")],
             [user(20, "unlock", "lock-1"), user(95, "unlock", "lock-2"), user(96, "lock", "lock-1"),
              user(190, "unlock", "arn:aws:iot:eu-west-1:1:thing/lock-1"), user(300, "unlock"), user(430, "unlock", "lock-1")],
             clock(500)),
     [(130, "in-alarm", "nobody-asked", "lock-1", 1), (230, "alarm-cleared", "nobody-asked", "lock-1", 1)])

case("without-again", """Two unlocks that nobody asked for, nine minutes apart, are one violation; it ends ten minutes after the
second was judged, at 570 s, and the next one is told anew. The last one is judged in the moment in which that would end: it goes
on.""",
     [UNLOCKS], by_time([unlock(t, "lock-1") for t in (0, 540, 1500, 2100)], clock(2750)),
     [(30, "in-alarm", "nobody-asked", "lock-1", 1), (1170, "alarm-cleared", "nobody-asked", "lock-1", 0),
      (1530, "in-alarm", "nobody-asked", "lock-1", 1), (2730, "alarm-cleared", "nobody-asked", "lock-1", 0)])

case("without-before-the-first-event", """The order comes before the lock was ever heard of: it counts all the same.""",
     [UNLOCKS],
     by_time([user(1, "unlock", "door/lock-9"), unlock(3, "lock-9"), user(2, "unlock", "lock-8")],
             [unlock(4, "lock-8"), unlock(5, "lock-7")], clock(100, start=10)),
     [(35, "in-alarm", "nobody-asked", "lock-7", 1)])

case("without-and-a-jump", """The half minute, and the ten quiet ones after it, are over long before the lock is forgotten, although the
next line comes three days later: first the alarm, then its end.""",
     [UNLOCKS], [unlock(5, "lock-1"), {"time": at(3 * DAY), "kind": "connect", "device": "t-2"},
                 {"time": at(3 * DAY + 1), "kind": "connect", "device": "t-2"}],
     [(35, "in-alarm", "nobody-asked", "lock-1", 1), (635, "alarm-cleared", "nobody-asked", "lock-1", 0)])

case("after", """Connects count while the address is guessing, and for a minute after that ended. The guessing begins at 3 s and
ends at 22 s, so that the connect at 70 s counts and the one at 100 s does not; nor does that of an address that never
guessed, or one before it all.""",
     [behavior("guessing", "num-authorization-failures", "above", 2, 20, subject="address"),
      behavior("got-in", "count", "any", 0, 10, subject="address", where={"kind": "connect"},
               after={"behavior": "guessing", "within": 60})],
     by_time([failed(t, "t-1", "203.0.113.7") for t in (1, 2, 3)],
             events("connect", "t-1", (0.5, 5, 70, 100), address="203.0.113.7"),
             events("connect", "t-2", (6,), address="10.0.0.2"), clock(130)),
     [(3, "in-alarm", "guessing", "203.0.113.7", 3), (5, "in-alarm", "got-in", "203.0.113.7", 1),
      (16, "alarm-cleared", "got-in", "203.0.113.7", 0), (22, "alarm-cleared", "guessing", "203.0.113.7", 2),
      (70, "in-alarm", "got-in", "203.0.113.7", 1), (81, "alarm-cleared", "got-in", "203.0.113.7", 0)])

case("after-the-event-itself", """An event that opens the first violation does not yet count for the behavior that waits for it, wherever
that stands in the file: here the third failure opens, and the fourth counts.""",
     [behavior("waits-above", "num-authorization-failures", "any", 0, 10, subject="address",
               after={"behavior": "guessing", "within": 60}),
      behavior("guessing", "num-authorization-failures", "above", 2, 20, subject="address"),
      behavior("waits-below", "num-authorization-failures", "any", 0, 10, subject="address",
               after={"behavior": "guessing", "within": 60}),
      behavior("waits-without-a-window", "num-authorization-failures", "any", 0, subject="address",
               after={"behavior": "guessing", "within": 60})],
     by_time([failed(t, "t-1", "203.0.113.7") for t in (1, 2, 3, 4)], clock(20)),
     [(3, "in-alarm", "guessing", "203.0.113.7", 3), (4, "in-alarm", "waits-without-a-window", "203.0.113.7", 1),
      (4, "in-alarm", "waits-above", "203.0.113.7", 1), (4, "in-alarm", "waits-below", "203.0.113.7", 1),
      (15, "alarm-cleared", "waits-above", "203.0.113.7", 0), (15, "alarm-cleared", "waits-below", "203.0.113.7", 0)])

# ---- subjects, hours, time ----------------------------------------------------------------------------------------

case("network-as-subject", """A thousand names, or a network, are one violation: five addresses of 203.0.113.0/24 refuse to guess alike.
Of IPv6 the first 56 bits are put together here.""",
     [behavior("brute-force", "num-authorization-failures", "above", 4, 20, subject="address", prefix=[24, 56])],
     by_time([failed(1 + i, f"t-{i}", f"203.0.113.{i}") for i in range(5)],
             [failed(1 + i, f"t-{i}", f"203.0.{i}.1") for i in range(5)],
             [failed(11 + i, f"t-{i}", f"2001:db8:0:{i:x}::1") for i in range(5)], clock(60)),
     [(5, "in-alarm", "brute-force", "203.0.113.0/24", 5), (15, "in-alarm", "brute-force", "2001:db8::/56", 5),
      (22, "alarm-cleared", "brute-force", "203.0.113.0/24", 4), (32, "alarm-cleared", "brute-force", "2001:db8::/56", 4)])

case("feed-as-subject", """A feed that says nothing for more than half a minute is a violation of the feed; any event ends it, be it of a
device that nobody knows.""",
     [behavior("feed-died", "silence", "above", 30, subject="feed")],
     by_time(sends("t-1", 0, 5), sends("t-2", 50, 60)),
     [(36, "in-alarm", "feed-died", "feed.ndjson", 31), (50, "alarm-cleared", "feed-died", "feed.ndjson", 0)])

case("certificate-as-subject", """Messages are counted for the certificate that they came with, whatever the device calls itself.""",
     [behavior("too-many", "num-messages-sent", "above", 2, 20, subject="certificate")],
     by_time([publish(1 + i, f"t-{i}", certificate={"serial": "0A"}) for i in range(3)],
             [publish(1 + i, "t-9", certificate={"serial": f"{i}"}) for i in range(3)], clock(60)),
     [(3, "in-alarm", "too-many", "0A", 3), (22, "alarm-cleared", "too-many", "0A", 2)])

NIGHT = behavior("night", "count", "any", 0, 10, where={"kind": "deliver", "hours": "outside 06:00-12:21 Europe/Berlin"})
case("hours-with-a-zone", """20 minutes past 11 in UTC is 20 past 12 in Berlin, in November. The unlock at 59 s is inside the hours, the one at
61 s is not. In July, when Berlin is two hours ahead, the same minute is outside already at 20 past 10 UTC.""",
     [NIGHT], by_time([unlock(59, "lock-1"), unlock(61, "lock-2")], clock(120)),
     [(61, "in-alarm", "night", "lock-2", 1), (72, "alarm-cleared", "night", "lock-2", 0)])
SUMMER = -123 * DAY                     # 2026-07-18
case("hours-in-summer", """In July Berlin is two hours ahead of UTC: 21 minutes past 10 in UTC is outside of the hours that end at 12:21
there, 20 past is inside.""",
     [NIGHT], by_time([unlock(SUMMER - HOUR + 59, "lock-1"), unlock(SUMMER - HOUR + 61, "lock-2")],
                      clock(SUMMER - HOUR + 120, start=SUMMER - HOUR)),
     [(SUMMER - HOUR + 61, "in-alarm", "night", "lock-2", 1), (SUMMER - HOUR + 72, "alarm-cleared", "night", "lock-2", 0)])

case("rejected-lines-alone", "Without a duration each line that cannot be read is an alarm of its feed.",
     [behavior("garbage", "rejected", "any", subject="feed")], clock(10) + ["{"] + clock(30, start=15),
     [(10, "in-alarm", "garbage", "feed.ndjson", 1)])

case("silence-and-a-jump", """t-1 is silent for more than a day, and then for two: the next line comes three days later, and still first
the silence is found, when it was, and then the device is forgotten.""",
     [behavior("silent-for-a-day", "silence", "above", DAY)],
     [publish(5, "t-1"), publish(3 * DAY, "t-2"), publish(3 * DAY + 1, "t-2")],
     [(DAY + 6, "in-alarm", "silent-for-a-day", "t-1", DAY + 1),
      (2 * DAY + 5, "alarm-invalidated", "silent-for-a-day", "t-1", DAY + 1)])

case("percentile-and-a-jump", """The windows before a jump of three days are compared before the devices in them are forgotten.""",
     [percentile("more", "above", 50)], SHARES + [publish(3 * DAY, "t-9"), publish(3 * DAY + 1, "t-9")],
     [(2, "in-alarm", "more", "t-3", 5), (22, "alarm-cleared", "more", "t-3", None)])

# ---- who is meant, what is excused --------------------------------------------------------------------------------

case("exception-that-expires", """What an exception covers is recorded and marked, and stays marked to its end; what begins after it has
expired is not. Addresses are what the broker saw itself, so that they need no other proof.""",
     [behavior("brute-force", "num-authorization-failures", "above", 2, 20, subject="address")],
     by_time([failed(t, "t-1", "203.0.113.7") for t in (1, 2, 3, 101, 102, 103)], clock(150)),
     [(3, "in-alarm", "brute-force", "203.0.113.7", 3), (22, "alarm-cleared", "brute-force", "203.0.113.7", 2),
      (103, "in-alarm", "brute-force", "203.0.113.7", 3), (122, "alarm-cleared", "brute-force", "203.0.113.7", 2)],
     extra="exceptions:\n  - { behavior: brute-force, reason: penetration test, owner: anna, "
           f'expires: "{at(60)}" }}\n',
     excepted=lambda line: "penetration test" if line["time"] < at(60) else None)

FLEET = """groups: { house: {}, sensors: { in: house, type: sensor }, lab: {} }
devices:
  t-1: { group: sensors, attributes: { site: berlin } }
  t-2: { group: sensors, attributes: { site: bonn } }
  t-3: { group: lab, type: sensor }
"""
FLOOD = behavior("too-many", "num-messages-sent", "above", 2, 20)
EVERYBODY = by_time(*(sends(d, 1, 2, 3) for d in ("t-1", "t-2", "t-3", "t-4")), clock(60))


def fleet_case(name, story, targets, *devices):
    """Everybody sends too much; the targets decide of whom it is told."""
    case(name, story, [FLOOD], EVERYBODY,
         [(3, "in-alarm", "too-many", d, 3) for d in devices] + [(22, "alarm-cleared", "too-many", d, 2) for d in devices],
         files={"fleet.yaml": FLEET}, targets=targets, meant=lambda line: line["device"] in devices)


fleet_case("target-group", "A group that holds the groups of the devices, with an exception by name: t-1 is meant, t-2 is not.",
           [{"group": "house", "except": {"device": "*-2"}}], "t-1")
fleet_case("target-type-and-attribute", """Items are alternatives, inside of one all must hold: of type sensor are all three, in Berlin
is t-1; and all of the lab are meant.""",
           [{"type": "sensor", "attribute": {"site": "berlin"}}, {"group": "lab"}], "t-1", "t-3")
fleet_case("target-unregistered", "Devices that the fleet file does not know.", ["unregistered"], "t-4")
fleet_case("target-registered", "Devices that it knows.", ["registered"], "t-1", "t-2", "t-3")

case("silence-of-registered-devices", """A registered device is known from the first record on: t-2, which never comes, is silent after
half a minute. Its silence goes on when others would be forgotten: nothing is invalidated after two days. t-3 is no target.""",
     [behavior("gone", "silence", "above", 30)],
     by_time(sends("t-1", 5, 50), clock(70), [publish(HOUR * h, "clock") for h in range(1, 52)]),
     [(31, "in-alarm", "gone", "t-2", 31), (36, "in-alarm", "gone", "t-1", 31), (50, "alarm-cleared", "gone", "t-1", 0),
      (81, "in-alarm", "gone", "t-1", 31)],
     files={"fleet.yaml": FLEET}, targets=[{"group": "sensors"}],
     registered=[{"time": at(0), "kind": "connect", "device": d} for d in ("t-1", "t-2")],
     meant=lambda line: line["device"] in ("t-1", "t-2") and line["event"] != "alarm-invalidated")

case("exception-of-one-device", """An exception covers devices whose identity was proved: what anybody can claim would excuse everybody. A feed of
this form proves nothing, so that t-1 is not excused.""",
     [behavior("too-many", "num-messages-sent", "above", 2, 20)],
     by_time(sends("t-1", 1, 2, 3), clock(60)),
     [(3, "in-alarm", "too-many", "t-1", 3), (22, "alarm-cleared", "too-many", "t-1", 2)],
     extra="exceptions:\n  - { behavior: too-many, device: t-1, reason: load test, owner: anna, "
           'expires: "2027-01-01T00:00:00Z" }\n')
