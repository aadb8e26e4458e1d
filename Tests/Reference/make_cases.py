#!/usr/bin/env python3
"""Makes the cases of Tests/Cases from the reference (detect.py), and random ones for differential runs.

    make_cases.py [--to DIR]                            the named cases (default: ../Cases)
    make_cases.py --random N --seed S --to DIR          N random cases; the same seed makes the same cases

A case is a folder: profile.yaml (its first comment says what the case shows), feed.ndjson or feed-a.ndjson and
feed-b.ndjson (given in that order), and expected.ndjson: of every violation line the keys time, event, id, profile,
behavior, subject, the subject, value (absent where there is no datapoint) and count, in this order, and excepted where
it is. Lateness is the default, 10 s. A random case also holds profile.json, which detect.py reads.

A named case may return a third thing: what must come, reasoned by hand from the design, as (seconds, event, behavior,
subject, value). Then a case is written only when the reference says the same.
"""
import argparse, io, json, pathlib, random, sys, textwrap

import detect, rules

BASE = 1_795_000_800_000                # 2026-11-18T11:20:00Z; a multiple of 20 minutes, not of the hour
KEYS = ("time", "event", "id", "profile", "behavior", "subject", "device", "user", "address", "topic", "certificate", "feed",
        "value", "count", "excepted")
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
    """The key and the value that state the condition of a behavior."""
    if "set" in spec:
        return "alarm", {spec["set"]["relation"]: spec["set"]["members"]}
    window = f" in {duration(spec['duration'])}" if spec.get("duration") else ""
    if "percentile" in spec:
        return "alarm", f"{WORDS[spec['percentile']['op']]} p{spec['percentile']['p']:g}{window}"
    for name, least in (("peers", "minimumPeers"), ("history", "minimumSamples")):
        if name in spec:
            limit = spec[name]
            value = {"percentile": limit["percentile"], "factor": limit["factor"], "floor": limit["floor"],
                     "in": duration(spec["duration"]), least: limit["minimum"]}
            return name, value | ({"days": limit["days"]} if name == "history" else {})
    if "firstSeen" in spec:
        prefix = {"prefix": spec["firstSeen"]["prefix"]} if spec["firstSeen"].get("prefix") else {}
        return "firstSeen", prefix | {"learnFor": duration(spec["firstSeen"]["learnFor"])}
    if "without" in spec:
        return "without", spec["without"]["where"] | {"within": duration(spec["without"]["within"])}
    if spec.get("word") == "any" and not window and rules.METRICS[spec["metric"]][0] == "count":
        return "alarm", "at least 1"    # each event alone; `any` alone has a window of its own
    if spec.get("word"):                # none, any
        return "alarm", spec["word"] + window
    bound = spec["bound"]
    if spec["metric"] in ("silence", "disconnect-duration", "clock-skew"):
        bound = duration(bound)
    return "alarm", f"{WORDS[spec['op']]} {bound}{window}"


def yaml(specs, story, extra="", targets=("all",)):
    lines = ["# " + line for line in textwrap.wrap(" ".join(story.split()), 110)]
    lines += [f"profile: {specs[0]['profile']}", f"targets: {json.dumps(list(targets)) if list(targets) != ['all'] else '[all]'}"]
    custom = {spec["metric"]: spec["custom"] for spec in specs if spec.get("custom")}
    if custom:
        lines.append(f"customMetrics: {json.dumps(custom)}")
    lines.append("behaviors:")
    for spec in specs:
        lines.append(f"  - name: {spec['name']}")
        if spec.get("prefix"):
            lines.append(f"    subject: {json.dumps({'address': spec['prefix'][0], 'ipv6': spec['prefix'][1]})}")
        elif spec["subject"] != "device":
            lines.append(f"    subject: {spec['subject']}")
        lines.append(f"    metric: {spec['metric']}")
        if spec.get("where"):
            lines.append("    where:")
            for key, value in spec["where"].items():
                lines.append(f"      {key}: {json.dumps(value)}")
        key, value = alarm(spec)
        lines.append(f"    {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
        if "percentile" in spec:
            lines.append(f"    minimumSubjects: {spec['percentile']['minimum']}")
        if spec.get("after"):
            after = {"behavior": spec["after"]["behavior"], "within": duration(spec["after"]["within"])}
            lines.append(f"    after: {json.dumps(after)}")
        if spec.get("slide"):
            lines.append(f"    every: {duration(spec['slide'])}")
        for key, word in (("toAlarm", "consecutiveDatapointsToAlarm"), ("toClear", "consecutiveDatapointsToClear")):
            if spec.get(key, 1) > 1:
                lines.append(f"    {word}: {spec[key]}")
    return "\n".join(lines) + "\n" + extra


def ndjson(lines):
    """Events are dicts; strings stand in the feed as they are."""
    return "".join((line if isinstance(line, str) else detect.canonical(line)) + "\n" for line in lines)


def write(folder, story, specs, feeds, by_hand=None, extra="", files=None, excepted=None, targets=("all",), meant=None,
          registered=()):
    """Writes a case; returns its lines and a summary.

    by_hand: what must come. extra: YAML behind the behaviors. files: further files. excepted: for a line, the reason of the
    exception that covers its violation, or None. The reference knows no fleet: `targets` go into the profile, and `meant` says of
    a line whether its device is one; `registered` are events that stand for the fleet file, before those of the feed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    names = ["feed.ndjson"] if len(feeds) == 1 else ["feed-a.ndjson", "feed-b.ndjson"]
    for name, feed in zip(names, feeds):
        (folder / name).write_text(ndjson(feed), encoding="utf-8")
    for name, content in (files or {}).items():
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "profile.yaml").write_text(yaml(specs, story, extra, targets), encoding="utf-8")
    lines = []
    inputs = [io.BytesIO(ndjson([*registered, *feed]).encode()) for feed in feeds]
    summary = detect.replay(inputs, specs, 10_000, lines.append, names)
    lines = [line for line in lines if meant is None or meant(line)]
    for line in lines:
        if excepted and excepted(line):
            line["excepted"] = excepted(line)
    if by_hand is not None:
        found = [(line["time"], line["event"], line["behavior"], line[line["subject"]], line.get("value"))
                 for line in lines]
        wanted = [(at(time), *rest) for time, *rest in by_hand]
        if found != wanted:
            for line in wanted:
                print("by hand  ", line, "" if line in found else "   <--")
            for line in found:
                print("reference", line, "" if line in wanted else "   <--")
            sys.exit(f"{folder.name}: the reference and the reasoning by hand differ")
    lines = [{key: line[key] for key in KEYS if key in line} for line in lines]
    (folder / "expected.ndjson").write_text(ndjson(lines), encoding="utf-8")
    return lines, summary


# ---- the named cases ----------------------------------------------------------------------------------------------

def behavior(name, metric, op=None, bound=None, seconds=None, **rest):
    word = None
    if op is None:
        return {"profile": "case", "name": name, "subject": "device", "metric": metric, "duration": seconds, **rest}
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
    """A behavior of any kind; most have a plain limit."""
    chance = r.random()
    name = r.choice("pqrs") + f"-{place}"
    if chance < 0.12:
        return random_learned(r, name)
    if chance < 0.22:
        return random_list(r, name)
    if chance < 0.30:
        return random_waiting(r, name)
    return random_limit(r, name)


def random_subject(r, kinds=("user", "address", "topic", "certificate", "feed")):
    """Mostly the device."""
    if r.random() < 0.7:
        return {"subject": "device"}
    kind = r.choice(kinds)
    if kind == "address" and r.random() < 0.5:
        return {"subject": "address", "prefix": r.choice([[24, 64], [8, 64], [31, 48]])}
    return {"subject": kind}


def random_slide(r, seconds):
    slides = [s for s in range(max(1, seconds // 120), seconds + 1) if seconds % s == 0 and seconds // s <= 120]
    return {"slide": r.choice(slides)} if r.random() < 0.5 else {}


def random_runs(r):
    return {key: r.randrange(2, 4) for key in ("toAlarm", "toClear") if r.random() < 0.2}


def random_learned(r, name):
    """Compared with others, or with the past. Windows are short, so that there is something to compare."""
    metric = r.choice(["num-messages-sent"] * 3 + ["bytes-sent", "message-byte-size", "count", "distinct-topics"])
    seconds = r.choice([5, 10, 20, 60])
    sizes = metric in ("bytes-sent", "message-byte-size")
    limit = {"percentile": r.choice([0, 50, 90, 99, 99.9, 100]), "factor": r.choice([0.5, 1, 1.5, 3]),
             "floor": r.randrange(0, 300 if sizes else 3)}
    kind = r.choice(["percentile", "peers", "history"])
    condition = {"percentile": {"op": r.choice(list(WORDS)), "p": limit["percentile"], "minimum": r.randrange(1, 4)},
                 "peers": limit | {"minimum": r.randrange(1, 4)},
                 "history": limit | {"minimum": r.randrange(1, 6), "days": r.randrange(1, 3)}}[kind]
    kinds = ["user", "address"] if metric == "count" else ["user", "address", "topic"]
    where = {"where": {"kind": ["publish", "connect"]}} if metric == "count" else {}
    return {"profile": "random", "name": name, "metric": metric, "duration": seconds, kind: condition,
            **random_subject(r, kinds), **random_slide(r, seconds), **random_runs(r), **where}


def random_list(r, name):
    """A set, or what was never seen."""
    metric = r.choice(["source-ip-address", "topic", "certificate", "client-id", "firmware", "listening-tcp-ports",
                       "destination-ip-addresses"])
    kinds = ["user", "address", "feed"] + (["topic"] if metric == "topic" else [])
    spec = {"profile": "random", "name": name, "metric": metric, **random_subject(r, kinds), **random_runs(r)}
    if r.random() < 0.5:
        prefix = {"prefix": r.choice([8, 24, 31])} if metric == "source-ip-address" and r.random() < 0.6 else {}
        return spec | {"firstSeen": {"learnFor": r.choice([1, 10, 60, 3600]), **prefix}}
    members = {"source-ip-address": ["10.0.0.0/31", "203.0.113.7", "2001:db8::/32"], "topic": TOPICS,
               "certificate": ["0A", "0B"], "client-id": ["c-1", "c-2"], "firmware": ["1", "2"],
               "listening-tcp-ports": [22, 23], "destination-ip-addresses": ["10.0.0.0/8", "2001:db8::/32"]}[metric]
    return spec | {"set": {"relation": r.choice(["outside", "inside"]), "members": r.sample(members, r.randrange(1, len(members)))}}


def random_waiting(r, name):
    """What waits for time: silence, a disconnection, an absent event."""
    metric = r.choice(["silence", "disconnect-duration", "count"])
    if metric == "count":
        where = {"kind": r.choice(["deliver", ["deliver", "publish"]])}
        if r.random() < 0.5:
            where["topic"] = r.choice(FILTERS)
        other = r.choice([{"kind": "user"}, {"kind": "user", "action": "unlock"}, {"kind": "connect"}])
        return {"profile": "random", "name": name, "metric": metric, "where": where,
                "without": {"where": other, "within": r.choice([1, 5, 30, 3600])},
                **random_subject(r, ["address", "user"]), **random_runs(r)}
    kinds = ["user", "address", "feed"] if metric == "silence" else ["user", "address"]
    return {"profile": "random", "name": name, "metric": metric, "op": r.choice(["above", "atLeast"]),
            "bound": r.choice([1, 7, 30, 600, 7200, 86_400, 100_000]), **random_subject(r, kinds)}


DISTINCT = {"distinct-topics": ["user", "address"], "distinct-addresses": ["user", "certificate"],
            "distinct-clients": ["address", "certificate"], "devices-per-address": ["address"],
            "devices-per-certificate": ["certificate"], "readers-per-topic": ["topic"]}
OF_FEEDS = ("late-events", "rejected", "clock-skew")


def random_limit(r, name):
    spec = {"profile": "random", "name": name, "word": None, **random_subject(r, ["user", "address", "topic"])}
    metric = r.choice(["num-messages-sent"] * 4 + ["message-byte-size"] * 4 + ["bytes-sent"] * 2 + [
        "bytes-received", "num-messages-received", "num-authorization-failures", "num-authorization-failures",
        "num-connection-attempts", "num-disconnects", "count", "count", "takeovers", "keepalive-timeouts",
        "protocol-errors", "denied", "connects-without-traffic", "all-bytes-out", "num-listening-tcp-ports",
        *OF_FEEDS, *DISTINCT, *DISTINCT])
    seconds = r.choice([None, 3, 10, 10, 20, 30, 60, 60, 120, 300, 3600])
    without_window = ("message-byte-size", "count", "num-listening-tcp-ports", "clock-skew", "denied")
    if metric not in without_window and r.random() < 0.9 or metric in DISTINCT:
        seconds = seconds or 10
    if r.random() < 0.03 and metric not in DISTINCT:
        seconds = r.choice([86_400, 3 * 86_400, 7 * 86_400])
    spec.update(metric=metric, duration=seconds)
    if seconds:
        spec |= random_slide(r, seconds)
    sizes = metric in ("message-byte-size", "bytes-sent", "bytes-received", "all-bytes-out")
    numbers = sizes or metric in ("num-listening-tcp-ports", "clock-skew")
    op = r.choice(["above"] * 5 + ["atLeast"] * 3 + (["below", "atMost"] if seconds or numbers else []))
    bound = r.randrange(50, 400) * (2 if sizes and metric != "message-byte-size" else 1) if sizes else r.randrange(1, 6)
    if not numbers and metric not in DISTINCT and (not seconds or r.random() < 0.15):
        op, bound, spec["word"] = "above", 0, "any"
        if seconds and r.random() < 0.6:
            op, bound, spec["word"] = "atMost", 0, "none"
    spec.update(op=op, bound=bound)
    spec |= random_runs(r)
    where = {}
    if metric == "count":
        where["kind"] = r.choice(["publish", "connect", ["publish", "deliver"], ["connect-failed", "user"]])
    if where.get("kind") not in ("connect", ["connect-failed", "user"]) and metric in (
            "count", "num-messages-sent", "message-byte-size", "bytes-sent"):
        if r.random() < 0.3:
            where[r.choice(["topic", "topic", "topic|not", "topic|startswith", "topic|contains"])] = r.sample(
                FILTERS, r.randrange(1, 3))
    if r.random() < 0.1 and metric not in OF_FEEDS:
        where[r.choice(["address|cidr", "address|cidr|not"])] = r.choice(["10.0.0.0/31", "10.0.0.2/32"])
    if r.random() < 0.05 and metric not in OF_FEEDS:
        where["hours"] = r.choice(["outside", "inside"]) + r.choice([" 12:25-12:40", " 22:00-12:30"]) + " Europe/Berlin"
    if where:
        spec["where"] = where
    if metric in OF_FEEDS:
        spec.pop("prefix", None)
        spec["subject"] = "feed"
    elif metric in DISTINCT:
        spec.pop("prefix", None)
        if metric.startswith("distinct") and r.random() < 0.6:
            spec["subject"] = "device"
        else:
            spec["subject"] = r.choice(DISTINCT[metric])
    elif spec["subject"] == "topic" and not (
            metric in ("num-messages-sent", "num-messages-received", "message-byte-size", "bytes-sent", "bytes-received", "denied")
            or metric == "count" and where["kind"] in ("publish", ["publish", "deliver"])):
        spec["subject"] = "device"                                  # no such event has a topic: an error in a profile
    return spec


def random_feed(r, start, count, devices, step):
    """Lines whose times wander around a clock that now and then stands on a boundary, rushes, stops or jumps."""
    now, feed = start, []

    def add(time):
        kind = r.choice(["publish"] * 10 + ["deliver"] * 2 + ["connect", "connect", "disconnect", "auth_failure",
            "auth_failure", "connect-failed", "denied", "subscribe", "dropped", "report", "alert", "user"])
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
        if kind == "disconnect":
            event["reason"] = r.choice(["client", "takeover", "keepalive_timeout", "protocol-error", "odd"])
        if r.random() < 0.6:
            event["address"] = r.choice(["10.0.0.1", "10.0.0.2"] * 4 + ["203.0.113.7", "2001:db8::7", "::ffff:10.0.0.1", "unix"])
        if kind == "connect" and r.random() < 0.6:
            event["client"] = r.choice(["c-1", "c-2", "c-3"])
        if kind in ("connect", "publish", "connect-failed") and r.random() < 0.4:
            event["certificate"] = r.choice(["0A", {"serial": "0A"}, {"serial": "0B", "subject": "CN=x"}, {"subject": "CN=x"}])
        if kind in ("connect", "alert") and r.random() < 0.5:
            event["firmware"] = r.choice(["1", "2", "3"])
        if kind == "report":
            event["metrics"] = r.choice([{}, {"all-bytes-out": r.randrange(400)}, {"num-listening-tcp-ports": r.randrange(8)},
                {"listening-tcp-ports": r.sample([22, 23, 80, 443], r.randrange(3))},
                {"destination-ip-addresses": r.sample(["10.0.0.9", "8.8.8.8", "2001:db8::9"], r.randrange(3))}])
        if kind == "user":
            event["action"] = r.choice(["unlock", "lock"])
            if r.random() < 0.8:
                del event["device"]
            if r.random() < 0.7:
                event["resource"] = r.choice(["", "x/", "thing/"]) + r.choice(NAMES)
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
    others = [spec for spec in specs if spec["subject"] != "feed"]
    if len(others) > 1 and r.random() < 0.3:                        # one waits for another
        waits, other = r.sample(others, 2)
        if "without" not in waits:
            waits["after"] = {"behavior": other["name"], "within": r.choice([1, 30, 600])}
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
        import condition_cases, metric_cases
        for name, (story, make) in (CASES | metric_cases.CASES | condition_cases.CASES).items():
            specs, feeds, *rest = make()
            options_of_case = rest[1] if len(rest) > 1 else {}
            lines, summary = write(options.to / name, story, specs, feeds, rest[0] if rest else None, **options_of_case)
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
