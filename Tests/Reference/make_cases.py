#!/usr/bin/env python3
"""Makes the cases of Tests/Cases from the reference (detect.py), and random ones for differential runs.

    make_cases.py [--to DIR]                            the named cases (default: ../Cases)
    make_cases.py --random N --seed S --to DIR          N random cases; the same seed makes the same cases

A case is a folder: profile.yaml (its first comment says what the case shows), feed.ndjson or feed-a.ndjson and
feed-b.ndjson (given in that order), and expected.ndjson: of every violation line the keys time, event, id, profile,
behavior, subject, the subject, value (absent where there is no datapoint) and count, in this order. Lateness is the
default, 10 s. A random case also holds profile.json, which detect.py reads.
"""
import argparse, io, json, pathlib, random, textwrap

import detect

BASE = 1_795_000_800_000                # 2026-11-18T11:20:00Z; a multiple of 20 minutes, not of the hour
KEYS = ("time", "event", "id", "profile", "behavior", "subject", "device", "user", "address", "topic", "value", "count")
WORDS = {"above": "more than", "atLeast": "at least", "below": "fewer than", "atMost": "at most"}


def at(seconds):
    return detect.timestamp(BASE + round(seconds * 1000))


# ---- writing a case -----------------------------------------------------------------------------------------------

def duration(seconds):
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def alarm(spec):
    if spec.get("word"):                # none, any
        words = spec["word"]
    else:
        words = f"{WORDS[spec['op']]} {spec['bound']}"
    return words + (f" in {duration(spec['duration'])}" if spec.get("duration") else "")


def yaml(specs, story):
    lines = ["# " + line for line in textwrap.wrap(" ".join(story.split()), 110)]
    lines += [f"profile: {specs[0]['profile']}", "targets: [all]", "behaviors:"]
    for spec in specs:
        lines.append(f"  - name: {spec['name']}")
        if spec["subject"] != "device":
            lines.append(f"    subject: {spec['subject']}")
        lines.append(f"    metric: {spec['metric']}")
        if spec.get("where"):
            lines.append("    where:")
            for key, value in spec["where"].items():
                lines.append(f"      {key}: {json.dumps(value)}")
        lines.append(f"    alarm: {alarm(spec)}")
        if spec.get("slide"):
            lines.append(f"    every: {duration(spec['slide'])}")
        for key, word in (("toAlarm", "consecutiveDatapointsToAlarm"), ("toClear", "consecutiveDatapointsToClear")):
            if spec.get(key, 1) > 1:
                lines.append(f"    {word}: {spec[key]}")
    return "\n".join(lines) + "\n"


def ndjson(lines):
    """Events are dicts; strings stand in the feed as they are."""
    return "".join((line if isinstance(line, str) else detect.canonical(line)) + "\n" for line in lines)


def write(folder, story, specs, feeds):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    names = ["feed.ndjson"] if len(feeds) == 1 else ["feed-a.ndjson", "feed-b.ndjson"]
    for name, feed in zip(names, feeds):
        (folder / name).write_text(ndjson(feed), encoding="utf-8")
    (folder / "profile.yaml").write_text(yaml(specs, story), encoding="utf-8")
    lines = []
    files = [io.BytesIO(ndjson(feed).encode()) for feed in feeds]
    summary = detect.replay(files, specs, 10_000, lines.append)
    lines = [{key: line[key] for key in KEYS if key in line} for line in lines]
    (folder / "expected.ndjson").write_text(ndjson(lines), encoding="utf-8")
    return lines, summary


# ---- the named cases ----------------------------------------------------------------------------------------------

def behavior(name, metric, op, bound, seconds=None, **rest):
    word = None
    if op == "any":
        op, bound, word = "above", 0, "any"
    if op == "none":
        op, bound, word = "atMost", 0, "none"
    return {"profile": "case", "name": name, "subject": "device", "metric": metric, "op": op, "bound": bound,
            "duration": seconds, "word": word, **rest}


def publish(seconds, device, topic="telemetry/room", size=80, **rest):
    return {"time": at(seconds), "kind": "publish", "device": device, "topic": topic, "bytes": size, **rest}


def failed(seconds, device, address="10.0.0.9", reason="not-authorized"):
    return {"time": at(seconds), "kind": "connect-failed", "device": device, "reason": reason, "address": address}


def by_time(*lists):
    return sorted((event for events in lists for event in events), key=lambda event: event["time"])


def clock(until, step=5, start=0, kind="subscribe"):
    """A device that does no harm: it only lets time go on."""
    return [{"time": at(s), "kind": kind, "device": "clock", "topic": "clock"} for s in range(start, until + 1, step)]


CASES = {}


def case(story):
    def add(function):
        CASES[function.__name__.replace("_", "-")] = (story, function)
        return function
    return add


@case("""t-120 publishes 120 messages within five minutes, which is allowed; t-121 publishes one more, and the 121st
opens a violation at its own time, before any window has ended.""")
def limit_120_and_121():
    flood = [publish(10 + 2 * i, "t-120") for i in range(120)] + [publish(10.5 + 2 * i, "t-121") for i in range(121)]
    return [behavior("message-flood", "num-messages-sent", "above", 120, 300)], [by_time(flood, clock(700, 20))]


@case("""A window is [t - D, t). The four messages of `inside` lie at 0.000 s, the start of the window that ends at
60 s, and up to 59.999 s: they are in one window. The fourth of `outside` lies exactly at 60.000 s: it is no longer in
that window, and the next one, which ends at 62 s, no longer holds the first.""")
def exactly_at_t_minus_d():
    inside = [publish(s, "inside") for s in (0, 20, 40, 59.999)]
    outside = [publish(s, "outside") for s in (0, 20, 40, 60)]
    return ([behavior("more-than-three", "num-messages-sent", "above", 3, 60)],
            [by_time(inside, outside, clock(180, 10))])


@case("""The messages of t-1 arrive up to 2 s out of order, which is within the lateness of 10 s: all of them count. The
hit is the event that makes the limit burst in the order of arrival, so that its time is not the newest of the six.""")
def jittered():
    order = [0.0, 3.1, 1.2, 4.9, 3.3, 4.0, 6.5, 5.2]
    feed = clock(0) + [publish(s, "t-1") for s in order] + clock(60, start=10)
    return [behavior("more-than-five", "num-messages-sent", "above", 5, 30)], [feed]


@case("""The fourth message of `late` claims a time that the watermark (newest time minus 10 s) has passed: it is late
and does not count for a behavior with a duration. The fourth of `in-time` claims exactly the watermark: it counts.""")
def late_event_ignored():
    feed = [publish(s, d) for s in (1, 2, 3) for d in ("late", "in-time")]
    feed += clock(20, start=20) + [publish(9.999, "late"), publish(10, "in-time")] + clock(60, start=25)
    return [behavior("more-than-three", "num-messages-sent", "above", 3, 20)], [feed]


@case("""A behavior without a duration evaluates late events too: the big message that arrives 30 s late opens a violation
whose time lies before lines already printed.""")
def late_event_without_a_duration():
    feed = [publish(0, "t-1"), publish(40, "t-2", size=900), publish(45, "t-2"), publish(12, "t-1", size=2000),
            publish(11, "t-1"), publish(46, "t-1")]
    return [behavior("big-message", "message-byte-size", "above", 500)], [feed]


@case("""One device misbehaves three times: each time a violation of its own opens and clears, with an id of its own.""")
def several_violations_of_one_device():
    bursts = [publish(start + i / 2, "t-1") for start in (10, 100, 200) for i in range(8)]
    return [behavior("burst", "num-messages-sent", "above", 6, 10)], [by_time(bursts, clock(260))]


@case("""Three behaviors and three devices; each device breaks exactly one of them, so that removing any behavior removes
exactly its own lines.""")
def each_behavior_alone():
    feed = by_time([publish(5 + i, "floods") for i in range(7)], [publish(5 + 20 * i, "clumsy") for i in range(3)],
                   [failed(6 + i, "guesses") for i in range(4)],
                   [publish(8, "big", size=4000), publish(30, "big", size=10)], clock(120))
    return [behavior("messages", "num-messages-sent", "above", 6, 60),
            behavior("auth-failures", "num-authorization-failures", "above", 3, 60),
            behavior("message-size", "message-byte-size", "above", 1024)], [feed]


@case("""The same limit with three windows. `slow` sends 8 messages, 10 s apart: never more than 6 in a minute, 7 or more
only in five. `fast` sends 8 within 8 s: it breaks all three. Without windows both would look the same.""")
def removing_the_window_changes_the_result():
    feed = by_time([publish(3 + 10 * i, "slow") for i in range(8)], [publish(5 + i, "fast") for i in range(8)],
                   clock(460, 20))
    return [behavior("in-five-minutes", "num-messages-sent", "above", 6, 300),
            behavior("in-one-minute", "num-messages-sent", "above", 6, 60),
            behavior("in-ten-seconds", "num-messages-sent", "above", 6, 10)], [feed]


@case("""A lower limit. t-1 falls silent after a quarter of an hour: half an hour after its last pane the violation opens
at the boundary, and clears with the next message. t-2, first seen late, is silent for less than a whole window before
the feed ends: nothing is known about it yet.""")
def none_in_30m():
    feed = by_time([publish(60 * m, "t-1") for m in range(0, 16, 3)] + [publish(60 * 70, "t-1")],
                   [publish(60 * 50 + 7, "t-2")], clock(60 * 75, 120, kind="publish"))
    return [behavior("gone-silent", "num-messages-sent", "none", 0, 1800)], [feed]


@case("""A device that sends too little from the start is not reported before one whole window lies after the pane in
which it became known: until then the datapoint could still have been higher.""")
def unknown_before_the_first_whole_window():
    feed = by_time([publish(7, "lazy"), publish(80, "lazy")], [publish(5 + 10 * i, "busy") for i in range(20)],
                   clock(200, kind="publish"))
    return [behavior("too-quiet", "num-messages-sent", "below", 3, 60, slide=30)], [feed]


@case("""consecutiveDatapointsToAlarm: 3 with a window of 10 s asks for every boundary of 20 s to violate ((N - 1) * D / S
+ 1 = 21 boundaries). `short` is over the limit for one window only; `long` goes on, and the violation opens at the
boundary, not at an event.""")
def consecutive_datapoints():
    feed = by_time([publish(10 + i / 4, "short") for i in range(12)], [publish(10 + i, "long") for i in range(50)],
                   clock(120))
    return [behavior("lasting-flood", "num-messages-sent", "above", 4, 10, toAlarm=3)], [feed]


@case("""consecutiveDatapointsToClear: 2. The pause of t-1 is too short for two windows' worth of conforming boundaries,
so that there is one violation, which clears only after the second burst.""")
def consecutive_datapoints_to_clear():
    feed = by_time([publish(start + i / 2, "t-1") for start in (10, 25) for i in range(6)], clock(120))
    return [behavior("two-quiet-windows", "num-messages-sent", "above", 4, 10, toClear=2)], [feed]


@case("""Without a duration, consecutive datapoints are events: three big messages in a row open, two small ones in a row
clear.""")
def consecutive_events():
    sizes = [900, 900, 10, 900, 900, 900, 10, 900, 10, 10, 900]
    feed = [publish(3 * i, "t-1", size=size) for i, size in enumerate(sizes)] + clock(60, start=40)
    return [behavior("big-messages", "message-byte-size", "above", 500, toAlarm=3, toClear=2)], [feed]


@case("""When the boundary at 11 s clears the first violation, the second burst has already been seen (the watermark runs
10 s behind): the violation opens again in the same breath, at the time and with the value of that hit.""")
def reopened_after_clear():
    feed = by_time([publish(0.1 * i, "t-1") for i in range(1, 6)], [publish(15 + 0.1 * i, "t-1") for i in range(7)],
                   clock(60))
    return [behavior("burst", "num-messages-sent", "above", 4, 10)], [feed]


@case("""Without a duration a conforming event clears only if its time is later than the time of the event that opened,
whatever the order of arrival: the small message of 10 s does not clear what the big one of 12 s opened, the one of 13 s
does. A big message that arrives after that with the time 12 s opens again: same boundary, so the id counts n = 1.""")
def out_of_order_without_a_duration():
    feed = [publish(8, "t-1", size=10), publish(12, "t-1", size=900), publish(10, "t-1", size=20),
            publish(13, "t-1", size=30), publish(12, "t-1", size=800), publish(14, "t-1", size=40)]
    return [behavior("big-message", "message-byte-size", "above", 500)], [feed]


@case("""t-1 breaks a rule that nothing clears (every event that it selects violates) and another over three days, and is
never seen again. Two days after its last event both become alarm-invalidated, at that very millisecond. When it comes
back it starts anew.""")
def forgotten_after_two_days():
    hours = 3600
    feed = [publish(0, "t-1", topic="admin/reset"), publish(1.5, "t-1"), publish(2.25, "t-1")]
    feed += clock(54 * hours, 6 * hours, 6 * hours)
    feed += [publish(60 * hours, "t-1", topic="admin/reset"), *clock(61 * hours, start=61 * hours)]
    return [behavior("outside-its-tree", "num-messages-sent", "any", 0, where={"topic|not": ["telemetry/#"]}),
            behavior("chatty", "num-messages-sent", "above", 2, 3 * 86_400)], [feed]


@case("""One line claims to be two days ahead, and the line after it does not: the first is rejected as a time jump. The
clock is not moved, so the fourth message of t-1 is not late and still counts. A line of the year 1999, one of 2100 and
one without a readable time are rejected too.""")
def time_jump_rejected():
    feed = [publish(s, "t-1") for s in (1, 2, 3)] + [publish(2 * 86_400, "t-1"), publish(4, "t-2")]
    feed += ['{"time":"1999-12-31T23:59:59.999Z","kind":"publish","device":"t-1","topic":"x","bytes":1}',
             '{"time":"2100-01-01T00:00:00.000Z","kind":"publish","device":"t-1","topic":"x","bytes":1}',
             '{"time":"yesterday","kind":"publish","device":"t-1","topic":"x","bytes":1}', publish(5, "t-1")]
    return [behavior("more-than-three", "num-messages-sent", "above", 3, 20)], [feed + clock(60, start=20)]


@case("""The same jump, but the next line agrees with it: both are accepted, the boundaries between are evaluated, and
what was open clears. After two days the devices are forgotten; only what they do afterwards counts.""")
def time_jump_confirmed():
    feed = [publish(s, "t-1") for s in (1, 2, 3, 4)] + [publish(3 * 86_400, "t-2"), publish(3 * 86_400 + 1, "t-1")]
    feed += [publish(3 * 86_400 + s, "t-1") for s in (2, 3, 4, 5)]
    return [behavior("more-than-three", "num-messages-sent", "above", 3, 20),
            behavior("gone-silent", "num-messages-sent", "none", 0, 3600)], [feed]


@case("""Two inputs are read side by side, the one that is behind first. The watermark is that of the slower one, so
nothing of feed b is late although feed a is 30 s ahead at times; t-1 is counted over both. After the end of feed a,
feed b alone moves the watermark.""")
def two_feeds_held_back():
    a = [publish(s, "t-1") for s in (0, 30, 31, 60, 90)]
    b = [publish(s, "t-1") for s in (2, 29, 28, 33, 59)] + clock(200, start=95)
    return [behavior("more-than-three", "num-messages-sent", "above", 3, 20)], [a, b]


@case("""bytes-sent and bytes-received are sums, message-byte-size with a duration is the greatest size, and a behavior
without a duration looks at each message. When the window of a maximum has emptied there is no datapoint: the violation
clears, and its line has no value.""")
def sums_and_sizes():
    deliver = {**publish(2, "t-2", topic="cmd/t-2/led", size=700), "kind": "deliver"}
    feed = by_time([publish(s, "t-1", size=400) for s in (1, 2, 3, 14)], [publish(5, "t-2", size=999), deliver],
                   clock(90, 10))
    return [behavior("sent", "bytes-sent", "above", 1000, 20),
            behavior("received", "bytes-received", "atLeast", 700, 20),
            behavior("greatest", "message-byte-size", "above", 998, 20),
            behavior("each", "message-byte-size", "above", 999)], [feed]


@case("""The subject is the address: three devices that guess passwords from one address are one violation, of that
address. A reason that is no authorization failure does not count.""")
def address_as_subject():
    feed = by_time([failed(1 + i, f"t-{i % 3}", "203.0.113.7") for i in range(6)],
                   [failed(1 + i, "t-9", "10.0.0.9", reason="unavailable") for i in range(6)],
                   [{"time": at(8), "kind": "denied", "device": "t-2", "action": "publish", "topic": "admin/x",
                     "address": "203.0.113.7"}], clock(120))
    return [behavior("brute-force", "num-authorization-failures", "atLeast", 7, 60, subject="address")], [feed]


@case("""Subjects of three other kinds in one profile: the topic, the user, and the device that has no name of its own but
its client id.""")
def topic_user_and_client():
    feed = by_time([publish(1 + i, f"t-{i}", topic="alarm/fire") for i in range(4)],
                   [{"time": at(2.5 + i), "kind": "connect", "client": "c-1", "user": "anna", "address": "10.0.0.3"}
                    for i in range(4)], clock(60))
    return [behavior("busy-topic", "num-messages-sent", "above", 3, 10, subject="topic",
                     where={"topic": ["alarm/#"]}),
            behavior("busy-user", "num-connection-attempts", "above", 3, 10, subject="user"),
            behavior("busy-device", "num-connection-attempts", "above", 3, 10)], [feed]


@case("""{device} in a filter stands for the device of the event, + for one level and # for the rest. t-1 writes into its
own tree, t-2 into that of t-1.""")
def topic_filter_with_device():
    feed = by_time([publish(1 + i, "t-1", topic="telemetry/eu/t-1/temp") for i in range(4)],
                   [publish(1.5 + i, "t-2", topic="telemetry/eu/t-1/temp") for i in range(3)], clock(40))
    own = ["telemetry/+/{device}/#"]
    return [behavior("own-tree", "num-messages-sent", "above", 3, 20, where={"topic": own}),
            behavior("foreign-tree", "num-messages-sent", "any", 0, where={"topic|not": own})], [feed]


@case("""The accepted spellings of the keys, and auth_failure, whose unlisted reasons count as not-authorized (those of
connect-failed do not). The rest of the feed is not evaluated: reserved kinds, duplicate keys, what is not JSON.""")
def input_spellings():
    def line(n, text):
        return text.replace("@", at(n))
    feed = [line(1, '{"ts":"@","type":"auth_failure","client":"t-1","reason":"not_authorised","ip":"10.0.0.1"}'),
            line(2, '{"timestamp":"@","event":"auth_failure","clientid":"t-1","sourceIp":"10.0.0.1"}'),
            '{"@timestamp":"' + at(3) + '","eventType":"auth_failure","thingName":"t-1","client":"x"}',
            line(4, '{"time":"@","kind":"connect-failed","clientId":"t-1","reason":"BAD_CERTIFICATE"}'),
            line(5, '{"time":"@","kind":"connect-failed","client_id":"t-1","reason":"whatever"}'),
            line(6, '{"time":"@","kind":"violation","device":"t-1"}'),
            line(6, '{"time":"@","kind":"publish","kind":"publish","device":"t-1","bytes":9}'),
            line(6, '{"time":"@","kind":"publish","device":"t-1","bytes":9'), "", "null",
            line(7, '{"time":"@","kind":"publish","device":"t-1","topic":"a","size":501,"peerhost":"10.0.0.1"}'),
            line(8, '{"time":"@","kind":"publish","device":"t-1","topic":"a","payload_size":502}')]
    return [behavior("auth-failures", "num-authorization-failures", "above", 3, 20),
            behavior("size", "message-byte-size", "above", 501),
            behavior("connects", "num-connection-attempts", "atLeast", 5, 20)], [feed + clock(60, start=10)]


@case("""`every` sets the slide. With 30 s instead of the default 2 s boundaries are rare: the burst across 60 s is in no
single pane, but in one window of two panes.""")
def every_thirty_seconds():
    feed = by_time([publish(s, "t-1") for s in (55, 57, 59, 61, 63)], clock(200, 20))
    return [behavior("every-30s", "num-messages-sent", "above", 4, 60, slide=30),
            behavior("every-2s", "num-messages-sent", "above", 4, 60),
            behavior("tumbling", "num-messages-sent", "above", 4, 60, slide=60)], [feed]


@case("""One record lets the watermark pass many boundaries: the lines come in the order of boundaries over all behaviors,
at one boundary in the order of the file, then of the bytes of the subjects (Z before a, é last).""")
def order_of_violations():
    names = ("é", "a", "Z", "a b")
    feed = by_time([publish(1 + i, d) for i in range(3) for d in names],
                   [failed(1 + i, d) for i in range(3) for d in names])
    return [behavior("later-name-first-place", "num-messages-sent", "above", 2, 10),
            behavior("failures", "num-authorization-failures", "above", 2, 30),
            behavior("both", "num-messages-sent", "above", 2, 5)], [feed + clock(100, start=100)]


@case("""The feed ends in the middle of a pane: everything up to the end of the pane of the newest event is still
evaluated (here the boundary at 80 s, where t-2 has sent too little), nothing after it (what is open stays open).""")
def final_flush():
    feed = by_time([publish(s, "t-1") for s in (61, 65, 70, 78)], [publish(s, "t-2") for s in (25, 30, 71)])
    return [behavior("too-many", "num-messages-sent", "above", 3, 20, slide=20),
            behavior("too-few", "num-messages-sent", "atMost", 1, 40, slide=20)], [feed]


# ---- random cases -------------------------------------------------------------------------------------------------

NAMES = ["t-1", "t-2", "T-3", "é", "a b", "zz", "t-10"]
TOPICS = ["telemetry/t-1/temp", "telemetry/t-2/temp", "cmd/t-1/led", "a", "$SYS/x", "telemetry/zz"]
FILTERS = ["telemetry/#", "telemetry/{device}/#", "+/+/temp", "a", "#", "cmd/+/led", "telemetry/+"]


def random_behavior(r, place):
    spec = {"profile": "random", "name": r.choice("pqrs") + f"-{place}", "subject": "device", "word": None}
    if r.random() < 0.25:
        spec["subject"] = r.choice(["user", "address", "topic"])
    metric = r.choice(["num-messages-sent"] * 4 + ["message-byte-size"] * 4 + ["bytes-sent"] * 2 + [
        "bytes-received", "num-messages-received", "num-authorization-failures", "num-authorization-failures",
        "num-connection-attempts", "num-disconnects", "count"])
    seconds = r.choice([None, 3, 10, 10, 20, 30, 60, 60, 120, 300, 3600])
    if metric not in ("message-byte-size", "count") and r.random() < 0.9:
        seconds = seconds or 10
    if r.random() < 0.03:
        seconds = r.choice([86_400, 3 * 86_400, 7 * 86_400])
    spec.update(metric=metric, duration=seconds)
    if seconds and r.random() < 0.5:
        slides = [s for s in range(max(1, seconds // 120), seconds + 1) if seconds % s == 0 and seconds // s <= 120]
        spec["slide"] = r.choice(slides)
    sizes = metric in ("message-byte-size", "bytes-sent", "bytes-received")
    op = r.choice(["above"] * 5 + ["atLeast"] * 3 + (["below", "atMost"] if seconds or sizes else []))
    bound = r.randrange(50, 400) * (2 if sizes and metric != "message-byte-size" else 1) if sizes else r.randrange(1, 6)
    if not sizes and (not seconds or r.random() < 0.15):
        op, bound, spec["word"] = "above", 0, "any"
        if seconds and r.random() < 0.6:
            op, bound, spec["word"] = "atMost", 0, "none"
    spec.update(op=op, bound=bound)
    if r.random() < 0.2:
        spec["toAlarm"] = r.randrange(2, 4)
    if r.random() < 0.2:
        spec["toClear"] = r.randrange(2, 4)
    where = {}
    if metric == "count":
        where["kind"] = r.choice(["publish", "connect", ["publish", "deliver"]])
    if where.get("kind") != "connect" and metric in ("count", "num-messages-sent", "message-byte-size", "bytes-sent"):
        if r.random() < 0.3:
            where[r.choice(["topic", "topic", "topic|not"])] = r.sample(FILTERS, r.randrange(1, 3))
    if where:
        spec["where"] = where
    if spec["subject"] == "topic" and (metric in ("num-connection-attempts", "num-disconnects")
                                       or where.get("kind") == "connect"):
        spec["subject"] = "device"                                  # no such event has a topic: an error in a profile
    return spec


def random_feed(r, start, count, devices, step):
    """Lines whose times wander around a clock that now and then stands on a boundary, rushes, stops or jumps."""
    now, feed = start, []

    def add(time):
        kind = r.choice(["publish"] * 10 + ["deliver"] * 2 + ["connect", "disconnect", "auth_failure", "auth_failure",
                                                             "connect-failed", "denied", "subscribe", "dropped"])
        event = {"time": detect.timestamp(time), "kind": kind, "device": r.choice(devices)}
        if r.random() < 0.3:
            event["user"] = r.choice(["anna", "bert"])
        if kind in ("publish", "deliver", "subscribe", "denied", "dropped"):
            event["topic"] = r.choice(TOPICS)
        if kind in ("publish", "deliver") and r.random() < 0.98:
            event["bytes"] = r.randrange(0, 500)
        if kind in ("auth_failure", "connect-failed"):
            event["reason"] = r.choice(["not_authorised", "banned", "unavailable", "strange"])
        if kind == "denied":
            event["action"] = "publish"
        if kind == "dropped":
            event["reason"] = "queue-full"
        if r.random() < 0.6:
            event["address"] = r.choice(["10.0.0.1", "10.0.0.2"])
        feed.append(event)

    while len(feed) < count:
        chance = r.random()
        if chance < 0.35:
            now += r.randrange(0, step)
        elif chance < 0.45:                                         # exactly on a second or a longer boundary
            size = r.choice([1000, 1000, 2000, 10_000, 60_000])
            now = (now // size + 1) * size
        elif chance < 0.455:
            now += r.randrange(30_000, 4_000_000)
        time = now
        chance = r.random()
        if chance < 0.25:
            time -= r.randrange(0, 3000)                            # jitter
        elif chance < 0.30:
            time -= r.choice([9999, 10_000, 10_001, 15_000, 30_000, 100_000])
        elif chance < 0.31:
            time -= r.randrange(0, 4 * detect.DAY)
        elif chance < 0.33:
            time = time // 1000 * 1000
        add(time)
        chance = r.random()
        if chance < 0.004:                                          # a jump that nothing confirms
            add(now + r.randrange(detect.DAY + 1, 5 * detect.DAY))
        elif chance < 0.008:                                        # one that the next line does
            now += r.randrange(detect.DAY, 5 * detect.DAY)
            add(now)
            add(now + r.choice([-detect.DAY, 0, 5, detect.DAY]))
        elif chance < 0.010:
            feed.append(r.choice(["", "{", '{"time":"2101-01-01T00:00:00Z","kind":"publish","device":"t-1"}',
                                  '{"time":"x","kind":"publish","device":"t-1"}']))
        elif chance < 0.03:                                         # a burst
            for _ in range(r.randrange(3, 12)):
                now += r.randrange(0, 400)
                add(now)
    return feed


def random_case(r):
    specs = [random_behavior(r, place) for place in range(r.randrange(1, 6))]
    devices = r.sample(NAMES, r.randrange(1, 5))
    step, count = r.choice([300, 1500, 5000, 20_000]), r.choice([10, 40, 100, 300])
    start = BASE + r.randrange(0, 3_600_000)
    feeds = [random_feed(r, start, count, devices, step)]
    if r.random() < 0.3:
        start += r.randrange(-60_000, 60_000)
        feeds.append(random_feed(r, start, r.choice([1, count, count // 2 + 1]), devices, step))
    return specs, feeds


def main():
    parser = argparse.ArgumentParser(description="Makes the cases of Tests/Cases.")
    parser.add_argument("--to", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "Cases")
    parser.add_argument("--random", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.random is None:
        for name, (story, make) in CASES.items():
            specs, feeds = make()
            lines, summary = write(options.to / name, story, specs, feeds)
            print(f"{name}: {len(lines)} lines, {summary}")
        return
    transitions = 0
    for index in range(options.random):
        name = f"random-{options.seed}-{index}"
        specs, feeds = random_case(random.Random(name))
        lines, _ = write(options.to / name, f"Random case {name}.", specs, feeds)
        (options.to / name / "profile.json").write_text(json.dumps({"behaviors": specs}, indent=1), encoding="utf-8")
        transitions += len(lines)
    print(f"{options.random} cases, {transitions} transitions, in {options.to}")


if __name__ == "__main__":
    main()
