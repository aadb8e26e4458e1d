#!/usr/bin/env python3
"""An independent reference of Picket's detection: the "Exact semantics" of the design, in plain Python.

It was written from that text alone and shares nothing with the Swift sources. It keeps the events themselves and
recomputes every datapoint from them, so that it is slow and easy to check. Numeric limits only.

    detect.py --profile FILE [--lateness MS] [--summary] FEED...        one JSON line per transition on stdout

FEED is NDJSON, in the input spellings of the design. The profile is JSON, {"behaviors": [...]}, each behavior with
    profile, name, subject (device | user | address | topic), metric, op (above | atLeast | below | atMost), bound,
    duration (seconds or null), slide (seconds or null: the default), toAlarm, toClear (default 1),
    where (optional): {"kind": K or [K...], "topic": F or [F...], "topic|not": F or [F...]}, F an MQTT filter that
    may hold {device}.
op and bound state the violation ("more than 120" is above 120).

Where the text leaves room, this file does the following (the code refers to R1, R2, ...):
 R1  Every input of a replay can provide every metric: one group, one W.
 R2  An input of which nothing was accepted yet holds W back like one that was not begun.
 R3  An input is at its end when its last line is sequenced: the record after it finds it idle.
 R4  "Next line with a readable time": any JSON object with one, even a rejected one (kind, range). None: rejected.
 R5  Times finer than 1 ms are cut off. Numbers are epoch seconds below 1e11, else milliseconds.
 R6  A subject that comes back after two days is first forgotten, by its own record, and then known anew.
 R7  Forgetting drops all about a subject (events of windows longer than two days, streaks) but the n of the id.
 R8  A late event makes its subject known and counts for its newest event. Known since: the first event in log order.
     Boundaries that W had passed by then stay without a datapoint: each is looked at once.
 R9  Every event that names a subject makes it known, a failed connect that merely claims the device included.
 R10 "Its whole window lies after the start of the pane": t - D >= start.
 R11 A maximum without events conforms, and the line that it clears has no value; "unknown" goes before "no datapoint".
 R12 Consecutive: boundaries before the subject had a datapoint are neither violating nor conforming.
 R13 Without a duration streaks run in log order; the last of the M conforming events must be later than T, and T stays
     that of the opening event however many later ones violate.
 R14 count is 1 in in-alarm (also for N > 1 and reopenings); then each evaluated violating boundary but T adds 1 (also
     one before T), and without a duration each violating event.
 R15 first: time of the opening line. last: newest time of a violating datapoint (boundary or event). worst: greatest
     (lower limit: smallest) violating value, the hit and T at its evaluation both included.
 R16 The flush goes to the end of the pane of the newest event of all inputs, and forgets up to that event's time.
 R17 Events without a size are no datapoint of message-byte-size and the sums. A count without a duration has the
     datapoint 1 at each event that it selects.
 R18 `topic` never selects an event without a topic, `topic|not` always does.
 R19 Canonical JSON in the id: no white space, UTF-8 as it is, only `"`, `\\` and control characters escaped.
 R20 Profile names are compared as UTF-8 bytes, like subjects.
 R21 report and alert do not move their feed's mark; otherwise they are events like any other.
 R22 Unknown kinds are rejected; lines of white space are no records.
 R23 "In the same order" for what an event causes: by boundary first, too. A hit's boundary is T, an event without a
     duration is its own, so its lines stand before the hits of the same event. (The reference feed confirms it.)
"""
import argparse, collections, datetime, functools, hashlib, json, operator, re, sys

SECOND, DAY = 1000, 86_400_000
FORGET = 2 * DAY
EARLIEST, LATEST = 946_684_800_000, 4_102_444_800_000          # 2000-01-01 and 2100-01-01
INFINITY = float("inf")

TIME_KEYS = ("ts", "time", "timestamp", "@timestamp")
KIND_KEYS = ("kind", "type", "event", "eventType")
DEVICE_KEYS = ("device", "thingName")
CLIENT_KEYS = ("client", "clientid", "clientId", "client_id")
BYTES_KEYS = ("bytes", "size", "payload_size")
ADDRESS_KEYS = ("address", "ip", "sourceIp", "peerhost")

KINDS = {"connect", "connect-failed", "disconnect", "publish", "deliver", "subscribe", "unsubscribe", "denied",
         "dropped", "report", "alert", "transfer", "broker", "user", "service"}
RESERVED = {"violation", "mitigation", "operator", "profile", "feed", "gap", "tick", "clock", "log", "finding",
            "rejected"}
AUTHORIZATION = {"not-authorized", "bad-certificate", "bad-client-id", "banned"}
FAILURE_REASONS = AUTHORIZATION | {"protocol-error", "unavailable", "unknown"}

# ---- decoding -----------------------------------------------------------------------------------------------------

# time: engine time in ms, or None if unreadable. event: None where the line is rejected, with the reason.
Line = collections.namedtuple("Line", "time event reason")
Event = collections.namedtuple("Event", "kind subjects size reason")


def unique(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def refuse(constant):
    raise ValueError(constant)          # NaN and Infinity are not JSON


def first_of(line, keys):
    return next((line[key] for key in keys if key in line), None)


TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)")


@functools.lru_cache(maxsize=100_000)
def whole_seconds(date, clock, zone):
    zone = "+00:00" if zone in "Zz" else zone
    moment = datetime.datetime.fromisoformat(f"{date}T{clock}{zone}")
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(seconds=1)


def read_time(value):
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):                                                                     # R5
        return int(value * 1000 // 1) if abs(value) < 1e11 else int(value // 1)
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        seconds = whole_seconds(match[1], match[2], match[4])
    except ValueError:
        return None
    return seconds * 1000 + int((match[3] or "0").ljust(3, "0")[:3])


def text(value):
    return value if isinstance(value, str) and value != "" else None


def decode(raw):
    try:
        if len(raw) > 65_536:
            return Line(None, None, "line-too-long")
        line = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
        if not isinstance(line, dict):
            return Line(None, None, "not-an-event")
        if b"\\u" in raw:
            json.dumps(line, ensure_ascii=False).encode("utf-8")                # half a surrogate pair is not text
    except (ValueError, RecursionError):
        return Line(None, None, "malformed")
    time = read_time(first_of(line, TIME_KEYS))
    if time is None:
        return Line(None, None, "unreadable-time")
    if not EARLIEST <= time < LATEST:
        return Line(time, None, "time-out-of-range")
    kind = first_of(line, KIND_KEYS)
    if kind in RESERVED or line.get("feed") == "picket":
        return Line(time, None, "reserved-kind")
    reason = text(line.get("reason"))
    if kind in ("auth_failure", "connect-failed"):
        reason = (reason or "").lower().replace("_", "-").replace("ise", "ize")
        if reason not in FAILURE_REASONS:
            reason = "not-authorized" if kind == "auth_failure" else "unknown"
        kind = "connect-failed"
    if not isinstance(kind, str) or kind not in KINDS:
        return Line(time, None, "unknown-kind")
    device = text(first_of(line, DEVICE_KEYS))
    subjects = {"device": device or text(first_of(line, CLIENT_KEYS)), "user": text(line.get("user")),
                "address": text(first_of(line, ADDRESS_KEYS)), "topic": text(line.get("topic"))}
    size = first_of(line, BYTES_KEYS)
    size = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
    return Line(time, Event(kind, subjects, size, reason), None)


class Input:
    """One feed: its lines in order, each accepted or rejected."""

    def __init__(self, file):
        self.lines = (decode(raw.rstrip(b"\r\n")) for raw in file if raw.strip() != b"")                    # R22
        self.ahead = collections.deque()
        self.newest = None              # newest engine time accepted
        self.mark = None                # the same, of events that are not device-stamped
        self.look(1)

    def look(self, count):
        while len(self.ahead) < count:
            line = next(self.lines, None)
            if line is None:
                return False
            self.ahead.append(line)
        return True

    def ended(self):
        return not self.ahead                                                                               # R3

    def next_readable_time(self):
        index = 0
        while self.look(index + 1) and self.ahead[index].time is None:                                      # R4
            index += 1
        return self.ahead[index].time if self.look(index + 1) else None

    def next(self):
        line = self.ahead.popleft()
        self.look(1)
        if line.event is not None:
            if self.newest is not None and line.time > self.newest + DAY:
                following = self.next_readable_time()
                if following is None or abs(following - line.time) > DAY:
                    return Line(line.time, None, "time-jump")
            self.newest = line.time if self.newest is None else max(self.newest, line.time)
            if line.event.kind not in ("report", "alert"):                                                  # R21
                self.mark = line.time if self.mark is None else max(self.mark, line.time)
        return line


# ---- profiles -----------------------------------------------------------------------------------------------------

def refused(event):
    return event.kind == "denied" or event.kind == "connect-failed" and event.reason in AUTHORIZATION


def of(*kinds):
    return lambda event: event.kind in kinds


METRICS = {     # name: (aggregate, which events)
    "num-messages-sent": ("count", of("publish")),
    "num-messages-received": ("count", of("deliver")),
    "message-byte-size": ("max", of("publish", "deliver")),
    "bytes-sent": ("sum", of("publish")),
    "bytes-received": ("sum", of("deliver")),
    "num-authorization-failures": ("count", refused),
    "num-connection-attempts": ("count", of("connect", "connect-failed")),
    "num-disconnects": ("count", of("disconnect")),
    "count": ("count", lambda event: True),
}
VIOLATES = {"above": operator.gt, "atLeast": operator.ge, "below": operator.lt, "atMost": operator.le}


@functools.lru_cache(maxsize=None)
def topic_matches(filter, topic):
    if topic.startswith("$") and not filter.startswith("$"):
        return False
    filters, levels = filter.split("/"), topic.split("/")
    for index, part in enumerate(filters):
        if part == "#":
            return True
        if index >= len(levels) or (part != "+" and part != levels[index]):
            return False
    return len(filters) == len(levels)


def as_list(value):
    return value if isinstance(value, list) else [value]


def any_topic(filters, event):
    topic, device = event.subjects["topic"], event.subjects["device"]
    if topic is None:
        return False                                                                                        # R18
    return any(topic_matches(f.replace("{device}", device or "\0"), topic) for f in as_list(filters))


def default_slide(duration):
    return max((s for s in range(1, duration + 1) if duration % s == 0 and s <= max(1, duration / 30)))


class Behavior:
    def __init__(self, spec, place):
        self.profile, self.name, self.place = spec["profile"], spec["name"], place
        self.subject = spec.get("subject", "device")
        self.aggregate, self.counts = METRICS[spec["metric"].removeprefix("aws:")]
        self.where = spec.get("where") or {}
        self.op, self.bound = spec["op"], spec["bound"]
        self.lower = self.op in ("below", "atMost")
        self.to_alarm, self.to_clear = spec.get("toAlarm") or 1, spec.get("toClear") or 1
        duration = spec.get("duration")
        self.duration = duration and duration * SECOND
        if duration:
            slide = spec.get("slide") or default_slide(duration)
            if duration % slide or duration // slide > 120 or duration > 7 * 86_400:
                raise SystemExit(f"{self.name}: slide {slide} s does not fit {duration} s")
            self.slide = slide * SECOND
        if not self.lower and VIOLATES[self.op](0, self.bound):
            raise SystemExit(f"{self.name}: an upper limit that nothing at all would violate")
        self.early = bool(duration) and self.to_alarm == 1 and not self.lower
        self.states = {}                # subject: State
        self.next = None                # the first boundary not yet evaluated

    def order(self):
        return (self.profile.encode(), self.place)                                                          # R20

    def boundary_after(self, time):
        return time // self.slide * self.slide + self.slide

    def selects(self, event):
        return (self.counts(event)
                and ("kind" not in self.where or event.kind in as_list(self.where["kind"]))
                and ("topic" not in self.where or any_topic(self.where["topic"], event))
                and ("topic|not" not in self.where or not any_topic(self.where["topic|not"], event)))

    def value_of(self, event):
        return 1 if self.aggregate == "count" else event.size                                               # R17

    def violates(self, value):
        return VIOLATES[self.op](value, self.bound)

    def worse(self, a, b):
        return min(a, b) if self.lower else max(a, b)


class State:
    """What one behavior remembers of one subject."""

    def __init__(self):
        self.events = []                # (engine time, value), late ones excluded
        self.hits = {}                  # pending boundary: (engine time, value) of its hit
        self.open = None
        self.violating = self.conforming = 0        # streaks of a behavior without a duration


class Violation:
    def __init__(self, id, T, time, value):
        self.id, self.T = id, T
        self.first = self.last = time
        self.value = self.worst = value             # value: the last violating datapoint
        self.count = 1                                                                                      # R14


# ---- detection ----------------------------------------------------------------------------------------------------

def timestamp(ms):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ms % 1000)


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))                                     # R19


class Detector:
    def __init__(self, behaviors, lateness, emit):
        self.behaviors = sorted(behaviors, key=Behavior.order)
        self.windowed = [b for b in self.behaviors if b.duration]
        self.lateness, self.emit = lateness, emit
        self.W = -INFINITY
        self.newest = None              # newest engine time accepted in the group
        self.known = {kind: {} for kind in ("device", "user", "address", "topic")}     # subject: [since, newest, W then]
        self.forget_due = INFINITY      # no subject is to be forgotten before this
        self.openings = collections.Counter()       # (profile, behavior, subject kind, subject, T): openings so far
        self.late = 0

    # -- one record

    def record(self, live, line):
        """`live` are the inputs that are not idle, the one of this record included."""
        if all(feed.mark is not None for feed in live):                                                     # R2
            self.W = max(self.W, min(feed.mark for feed in live) - self.lateness)
            self.advance(lambda behavior: self.W, self.W)
        if line.event is not None:
            self.event(line.time, line.event)

    def event(self, time, event):
        self.newest = time if self.newest is None else max(self.newest, time)
        for kind, subject in event.subjects.items():
            if subject is not None:
                seen = self.known[kind].setdefault(subject, [time, time, self.W])                                   # R8, R9
                seen[1] = max(seen[1], time)
                self.forget_due = min(self.forget_due, seen[1] + FORGET)
        late = time < self.W
        self.late += late
        caused = []
        for b in self.behaviors:
            if b.duration:                  # a late event may make a subject known, which is looked at from W on
                following = b.boundary_after(max(time, self.W))
                b.next = following if b.next is None else min(b.next, following)
            subject = event.subjects[b.subject]
            if subject is None or (late and b.duration) or not b.selects(event) or b.value_of(event) is None:
                continue
            state = b.states.setdefault(subject, State())
            if b.duration:
                state.events.append((time, b.value_of(event)))
                T = self.check_early(b, subject, state, time) if b.early else None
                if T is not None:
                    caused.append((T, b.order(), self.open, (b, subject, state, T, *state.hits[T])))
            else:
                caused.append((time, b.order(), self.single, (b, subject, state, time, b.value_of(event))))
        for _, _, act, arguments in sorted(caused, key=lambda c: c[:2]):                                    # R23
            act(*arguments)

    def check_early(self, b, subject, state, time):
        """Notes the hits that an event at `time` makes; returns the boundary to which a new violation belongs."""
        new = []
        last = min(b.boundary_after(time) - b.slide + b.duration, b.boundary_after(self.newest))
        for t in range(b.boundary_after(time), last + 1, b.slide):
            if t not in state.hits:
                value = self.datapoint(b, subject, state, t)
                if value is not None and b.violates(value):
                    state.hits[t] = (time, value)
                    new.append(t)
        return min(new) if new and state.open is None else None

    def single(self, b, subject, state, time, value):
        """A behavior without a duration: the event is its own boundary."""
        if b.violates(value):
            state.violating, state.conforming = state.violating + 1, 0
            if state.open:
                self.again(b, state.open, time, value, 1)
            elif state.violating >= b.to_alarm:
                self.open(b, subject, state, time, time, value)
        else:
            state.violating, state.conforming = 0, state.conforming + 1
            if state.open and state.conforming >= b.to_clear and time > state.open.T:                       # R13
                self.close(b, subject, state, "alarm-cleared", time, value)

    # -- boundaries

    def advance(self, limit, forget_limit):
        """Evaluates every boundary up to limit(behavior), ascending, and forgets subjects, in the fixed order."""
        while True:
            boundary = INFINITY
            for b in self.windowed:
                if b.next is not None and b.next <= limit(b) and self.watched(b):
                    boundary = min(boundary, b.next)
            if self.forget_due <= min(boundary, forget_limit):
                self.forget(self.forget_due)
            elif boundary < INFINITY:
                for b in self.windowed:
                    if b.next == boundary and boundary <= limit(b):
                        for subject in sorted(self.watched(b), key=str.encode):
                            self.evaluate(b, subject, boundary)
                        b.next += b.slide
            else:
                break
        for b in self.windowed:
            if b.next is None or b.next <= limit(b):        # nothing is watched: the rest of the boundaries is empty
                b.next = b.boundary_after(limit(b))

    def watched(self, b):
        """Under an upper limit a subject without state has neither events nor a violation, so it conforms."""
        return self.known[b.subject] if b.lower else b.states

    def datapoint(self, b, subject, state, t):
        """The value at boundary t, or None, or "unknown"."""
        if b.lower:
            since, _, passed = self.known[b.subject][subject]
            if t - b.duration < since // b.slide * b.slide or t <= passed:
                return "unknown"                                                                            # R10, R11
        start = t - b.duration
        values = [value for time, value in state.events if start <= time < t]
        if b.aggregate == "max":
            return max(values, default=None)
        return sum(values)

    def verdict(self, b, subject, state, t):
        value = self.datapoint(b, subject, state, t)
        if value == "unknown":
            return "unknown", None
        return ("violates" if value is not None and b.violates(value) else "conforms"), value

    def run_of(self, b, subject, state, t, wanted, n):
        """Whether the (n - 1) * D / S + 1 boundaries up to t all have the wanted verdict."""
        first = t - (n - 1) * b.duration
        return all(self.verdict(b, subject, state, x)[0] == wanted for x in range(first, t + 1, b.slide))   # R12

    def evaluate(self, b, subject, t):
        state = b.states.get(subject) or State()
        verdict, value = self.verdict(b, subject, state, t)
        hit = state.hits.pop(t, None)
        if verdict == "violates":
            if state.open:
                self.again(b, state.open, t, value, 0 if t == state.open.T else 1)
            elif self.run_of(b, subject, state, t, "violates", b.to_alarm):
                assert hit is None and not b.early
                b.states[subject] = state
                self.open(b, subject, state, t, t, value)
        elif verdict == "conforms" and state.open and t > state.open.T:
            if self.run_of(b, subject, state, t, "conforms", b.to_clear):
                self.close(b, subject, state, "alarm-cleared", t, value)
                if state.hits:
                    T = min(state.hits)
                    self.open(b, subject, state, T, *state.hits[T])
        oldest = t - max(b.to_alarm, b.to_clear) * b.duration
        if state.events and min(state.events)[0] < oldest:
            state.events = [e for e in state.events if e[0] >= oldest]
        if not state.events and not state.open and not state.hits:
            b.states.pop(subject, None)

    def forget(self, due):
        """Forgets the subjects whose two days end at `due`, and finds the next such time."""
        ended = []
        for kind, subjects in self.known.items():
            for subject in [s for s, seen in subjects.items() if seen[1] + FORGET == due]:
                del subjects[subject]                                                                       # R7
                ended += [(b, subject, b.states.pop(subject)) for b in self.behaviors
                          if b.subject == kind and subject in b.states]
        for b, subject, state in sorted(ended, key=lambda e: (e[0].order(), e[1].encode())):
            if state.open:
                self.close(b, subject, state, "alarm-invalidated", due, state.open.value)
        self.forget_due = min((seen[1] + FORGET for s in self.known.values() for seen in s.values()), default=INFINITY)

    def flush(self):
        if self.newest is not None:                                                                         # R16
            for b in self.windowed:
                if b.next is None:
                    b.next = b.boundary_after(self.newest)
            self.advance(lambda b: b.boundary_after(self.newest), self.newest)

    # -- transitions

    def open(self, b, subject, state, T, time, value):
        key = (b.profile, b.name, b.subject, subject, T)
        id = hashlib.sha256(canonical([*key, self.openings[key]]).encode()).hexdigest()[:32]
        self.openings[key] += 1
        state.open = Violation(id, T, time, value)
        self.line("in-alarm", b, subject, state.open, time, value)

    def again(self, b, violation, time, value, add):
        violation.count += add
        violation.last = max(violation.last, time)
        violation.value, violation.worst = value, b.worse(violation.worst, value)

    def close(self, b, subject, state, event, time, value):
        violation, state.open = state.open, None
        self.line(event, b, subject, violation, time, value,
                  first=timestamp(violation.first), last=timestamp(violation.last), worst=violation.worst)

    def line(self, event, b, subject, violation, time, value, **rest):
        line = {"time": timestamp(time), "event": event, "id": violation.id, "profile": b.profile, "behavior": b.name,
                "subject": b.subject, b.subject: subject, "value": value, "count": violation.count, **rest}
        if value is None:
            del line["value"]                                                                               # R11
        self.emit(line)


def replay(files, specs, lateness, emit):
    """Runs open binary files through the behaviors; returns a summary."""
    behaviors = [Behavior(spec, place) for place, spec in enumerate(specs)]
    detector = Detector(behaviors, lateness, emit)
    inputs = [Input(file) for file in files]
    events, rejected = 0, collections.Counter()
    while True:
        live = [feed for feed in inputs if not feed.ended()]
        if not live:
            break
        feed = min(live, key=lambda f: -INFINITY if f.newest is None else f.newest)     # ties: the earlier argument
        line = feed.next()
        if line.event is None:
            rejected[line.reason] += 1
        else:
            events += 1
        detector.record(live, line)
    detector.flush()
    return {"events": events, "rejected": dict(sorted(rejected.items())), "late": detector.late}


def main():
    parser = argparse.ArgumentParser(description="Reference of Picket's detection.")
    parser.add_argument("--profile", required=True, metavar="JSON")
    parser.add_argument("--lateness", type=int, default=10_000, help="milliseconds")
    parser.add_argument("--summary", action="store_true", help="counts on stderr")
    parser.add_argument("feeds", nargs="+")
    options = parser.parse_args()
    specs = json.load(open(options.profile, encoding="utf-8"))["behaviors"]
    files = [open(feed, "rb") for feed in options.feeds]
    summary = replay(files, specs, options.lateness, lambda line: print(canonical(line)))
    if options.summary:
        print(json.dumps(summary), file=sys.stderr)


if __name__ == "__main__":
    main()
