#!/usr/bin/env python3
"""An independent reference of Picket's detection: the "Exact semantics" of the design, in plain Python.

It was written from that text alone and shares nothing with the Swift sources. It keeps the events themselves and
recomputes every datapoint from them, so that it is slow and easy to check. Its parts: feeds.py reads lines, rules.py says
what is counted and compared, this file when, and what comes of it. Exceptions and the fleet file it does not know.

    detect.py --profile FILE [--lateness MS] [--summary] FEED...        one JSON line per transition on stdout

FEED is NDJSON, in the input spellings of the design. The profile is JSON, {"behaviors": [...]}, each behavior with
    profile, name, subject (device | user | address | topic | certificate | feed), prefix (of addresses: [24, 64]),
    metric, custom (of a metric of the users' own: number | number-list | ip-address-list | string-list),
    duration (seconds or null), slide (seconds or null: the default), toAlarm, toClear (default 1),
    where (optional): as in a profile: {"kind": [...], "topic|not": [...], "hours": "outside 06:00-22:00 Europe/Berlin"},
    after (optional): {"behavior": NAME, "within": SECONDS}
and one condition: op (above | atLeast | below | atMost) and bound state the violation ("more than 120" is above 120), or
    set: {"relation": "outside" | "inside", "members": [...]}
    percentile: {"op": OP, "p": 99.9, "minimum": 10}
    peers: {"percentile": 99, "factor": 3, "floor": 5000, "minimum": 2}
    history: {"percentile": 99, "factor": 3, "floor": 20, "days": 14, "minimum": 200}
    firstSeen: {"prefix": 24 or null, "learnFor": SECONDS}
    without: {"where": {...}, "within": SECONDS}

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
 R24 A rejected line happens when the newest event before it in its input did; before the first, with the next readable
     time; it makes its feed known, and belongs to no other subject. Only `rejected` counts it.
 R25 Seconds that pass are looked at on every whole second of engine time, up to W, at the flush up to the newest event; the
     value is rounded up to whole seconds. The violation has count 1 until the next event, with value 0, clears it (that of
     a later time than T; earlier ones do not end it). An event that is older than the newest one of its subject says nothing.
 R26 A percentile, peers or a history have no datapoint without a bound, which conforms; with too few subjects the line that
     clears has no value. A sum takes part when there was an event, be it of 0 bytes.
 R27 peers: a subject is compared with the others of the same window; those with an open violation of the behavior are no
     measure. Nor are those that violate at that boundary: they are taken out, and the rest is compared again, up to eight
     times; all are compared with who is left. (Else two that misbehave would be excused by each other in turn.)
 R28 A learned bound is factor * percentile, its fraction cut off, + floor; above it is a violation.
 R29 A history learns at boundaries that are multiples of D the value of the window, if it had an event, unless it violates
     or the violation is open after that boundary was evaluated. Days are those of UTC. Values are kept by buckets: 0 has
     everything below 1; from 1 on a bucket begins at its least value v, stands for v + v/100, cut off, and ends before the
     first value that this is more than 1/100 of the value away from. The percentile is the nearest rank over all buckets of
     the last days, today included.
 R30 firstSeen learns from the first value that a subject showed (in log order) for learnFor; after that a new value is a
     violation each time. A network has twice the prefix in IPv6, at most 64. 256 values are remembered.
 R31 without: a late event is not judged. A companion counts for the subject it names, or else for the one that its
     `resource` names, whole or behind its last /, or else for all; late ones count. The event is judged when W has passed
     its time + within: that is the time of the line; T is the event's time. An event with a companion clears; so do ten
     minutes after the time at which the last event without one was judged (value 0), unless one is judged then.
 R32 late-events counts late events at W (those alone count when they are late). clock-skew is the whole seconds between an
     event's time and the newest of its input.
 R33 A session without traffic: connect, then disconnect of the same device without publish, deliver, subscribe, unsubscribe
     or report between.
 R34 after: an event counts when the other behavior's violation, of the subject that the event names, was open before the
     event, or its last end is at most `within` before the event's time. (Late events look at what is open now.)
 R37 A refused connect ends no silence of the device or the user that it names: they were only claimed.
 R36 A line with only a device has it as client id, and the other way round.
 R35 A subject that is forgotten loses what was learned of it; what waits for time is judged up to that moment before.
"""
import argparse, collections, datetime, hashlib, json, pathlib, sys

from feeds import DAY, Input
from rules import Behavior, DISTINCT, SECOND, Sketch, learned_bound, network, rank, selected, show

FORGET = 2 * DAY
QUIET = 600 * SECOND
INFINITY = float("inf")


class State:
    """What one behavior remembers of one subject."""

    def __init__(self):
        self.events = []                # (engine time, value), late ones excluded
        self.hits = {}                  # pending boundary: (engine time, value) of its hit
        self.open = None
        self.violating = self.conforming = 0        # streaks of a behavior without a duration
        self.verdicts = {}              # of learned limits: boundary: verdict
        self.heard = None               # of seconds that pass: the newest event, and whether time counts since
        self.is_counting = False


class Violation:
    def __init__(self, id, T, time, value, text):
        self.id, self.T, self.text = id, T, text
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
        self.timed = [b for b in self.behaviors if b.is_elapsed or b.condition == "without"]
        self.named = {(b.profile, b.name): b for b in self.behaviors}
        self.lateness, self.emit = lateness, emit
        self.W = -INFINITY
        self.newest = None              # newest engine time accepted in the group
        # by space: subject: [since, newest, W then]
        self.known = {space: {} for space in {("device", None)} | {b.space for b in self.behaviors}}
        self.forget_due = INFINITY      # no subject is to be forgotten before this
        self.openings = collections.Counter()       # (profile, behavior, subject kind, subject, T): openings so far
        self.late = 0
        self.idle_sessions = set()      # devices that connected and said nothing yet
        self.number = 0

    # -- one record

    def record(self, live, feed, line):
        """`live` are the inputs that are not idle, the one of this record included."""
        if all(feed.mark is not None for feed in live):                                                     # R2
            self.W = max(self.W, min(feed.mark for feed in live) - self.lateness)
            self.advance(lambda behavior: self.W, self.W)
        if line.event is not None:
            line.event.skew = abs(line.time - feed.newest) // SECOND                                        # R32
            self.event(line.time, line.event, feed.name)
        else:
            self.rejected(feed)

    def rejected(self, feed):
        """A line that cannot be read is an event of its feed alone."""
        time = feed.now()                                                                                   # R24
        if not any(b.metric == "rejected" for b in self.behaviors):
            return
        event = type("Rejected", (), {"kind": "rejected", "subjects": {}, "reason": "", "line": {}})
        self.newest = time if self.newest is None else max(self.newest, time)
        self.see(("feed", None), feed.name, time)
        self.count(time, event, feed.name, False)

    def see(self, space, subject, time):
        if subject is not None and space in self.known:
            seen = self.known[space].setdefault(subject, [time, time, self.W])                              # R8, R9
            seen[1] = max(seen[1], time)
            self.forget_due = min(self.forget_due, seen[1] + FORGET)

    def event(self, time, event, feed):
        self.newest = time if self.newest is None else max(self.newest, time)
        for kind, prefix in self.known:
            subject = feed if kind == "feed" else event.subjects[kind]
            if subject is not None and prefix:
                subject = network(subject, *prefix)
            self.see((kind, prefix), subject, time)
        late = time < self.W
        self.late += late
        self.count(time, event, feed, late)
        device = event.subjects["device"]
        if event.kind == "connect":                                                                         # R33
            self.idle_sessions.add(device)
        elif event.kind in ("publish", "deliver", "subscribe", "unsubscribe", "report", "disconnect"):
            self.idle_sessions.discard(device)

    def count(self, time, event, feed, late):
        caused = []
        gates = {b.name: self.is_open(b, event, feed, time) for b in self.behaviors if b.after}             # R34
        for b in self.behaviors:
            if b.duration:                  # a late event may make a subject known, which is looked at from W on
                following = b.boundary_after(max(time, self.W))
                b.next = following if b.next is None else min(b.next, following)
            if b.condition == "without" and event.kind != "rejected" and selected(b.limit["where"], event, time):
                b.companions.append((time, b.subject_of(event, feed), event.line.get("resource")))          # R31
            subject = b.subject_of(event, feed)
            if subject is None or not b.selects(event, time) or not gates.get(b.name, True):
                continue
            at = time
            if b.metric == "late-events":                                                                   # R32
                if not late:
                    continue
                at = max(time, self.W) if b.duration else time
                self.newest = max(self.newest, at) if b.duration else self.newest
            elif late and (b.duration or b.condition == "without"):
                continue
            if b.metric == "connects-without-traffic" and event.subjects["device"] not in self.idle_sessions:
                continue
            value = b.value_of(event)
            if value is None:                                                                               # R17
                continue
            state = b.states.setdefault(subject, State())
            if b.duration:
                state.events.append((at, value))
                T = self.check_early(b, subject, state, at) if b.early else None
                if T is not None:
                    caused.append((T, b.order(), self.open, (b, subject, state, T, *state.hits[T])))
            elif b.is_elapsed:
                caused.append((time, b.order(), self.hear, (b, subject, state, time, event.kind)))
            elif b.condition == "without":
                self.number += 1
                b.waiting.append((time + b.limit["within"] * SECOND, self.number, subject, time))
            elif b.is_list:
                caused.append((time, b.order(), self.judge_list, (b, subject, state, time, value)))
            else:
                verdict = b.violates(value)
                caused.append((time, b.order(), self.single, (b, subject, state, time, time, verdict, value, None)))
        for _, _, act, arguments in sorted(caused, key=lambda c: c[:2]):                                    # R23
            act(*arguments)

    def is_open(self, b, event, feed, time):
        other = self.named[b.profile, b.after["behavior"]]
        subject = other.subject_of(event, feed)
        if subject is None:
            return False
        if subject in other.states and other.states[subject].open:
            return True
        return subject in other.ends and time <= other.ends[subject] + b.after["within"] * SECOND

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

    def judge_list(self, b, subject, state, time, values):
        """The values that one event lists; an empty list conforms."""
        if b.condition == "set":
            offending = [value for value in values if b.is_offending(value)]
        else:
            offending = [value for value in values if self.is_new(b, subject, time, value)]
        shown = offending or values
        self.single(b, subject, state, time, time, bool(offending), len(offending), show(shown) if shown else None)

    def is_new(self, b, subject, time, value):
        prefix = b.limit.get("prefix")
        key = network(value, prefix, min(2 * prefix, 64)) if prefix else value
        start, usual = b.usual.setdefault(subject, (time, set()))                                           # R30
        if key in usual or len(usual) >= 256:
            return False
        if time < start + b.limit["learnFor"] * SECOND:
            usual.add(key)
            return False
        return True

    def single(self, b, subject, state, T, time, violates, value, text):
        """A behavior without a duration: the event is its own boundary T; `time` is when it was judged."""
        if violates:
            state.violating, state.conforming = state.violating + 1, 0
            if state.open:
                self.again(b, state.open, time, value, 1, text)
            elif state.violating >= b.to_alarm:
                self.open(b, subject, state, T, time, value, text)
        else:
            state.violating, state.conforming = 0, state.conforming + 1
            if state.open and state.conforming >= b.to_clear and T > state.open.T:                          # R13
                self.close(b, subject, state, "alarm-cleared", time, value, text)

    def hear(self, b, subject, state, time, kind):
        """An event that ends, or begins, seconds that pass (R25)."""
        if state.heard is not None and time < state.heard:
            return
        if kind == "connect-failed" and b.subject in ("device", "user"):                                    # R37
            return
        state.heard, state.is_counting = time, b.metric == "silence" or kind == "disconnect"
        if state.open and time > state.open.T:
            state.open.worst = max(state.open.worst, (time - state.open.T) // SECOND + state.open.value)
            self.close(b, subject, state, "alarm-cleared", time, 0)

    # -- boundaries

    def advance(self, limit, forget_limit):
        """Evaluates every boundary up to limit(behavior), ascending, and forgets subjects, in the fixed order."""
        while True:
            boundary = INFINITY
            for b in self.windowed:
                if b.next is not None and b.next <= limit(b) and self.watched(b):
                    boundary = min(boundary, b.next)
            for b in self.timed:
                due = self.next_due(b)
                if due <= forget_limit:
                    boundary = min(boundary, due)
            if self.forget_due <= min(boundary, forget_limit):
                self.forget(self.forget_due)
            elif boundary < INFINITY:
                for b in self.behaviors:
                    if b in self.timed and boundary <= forget_limit:
                        self.judge_due(b, boundary)
                    elif b.duration and b.next == boundary and boundary <= limit(b):
                        bounds = self.bounds(b, boundary)
                        for subject in sorted(self.watched(b), key=str.encode):
                            self.evaluate(b, subject, boundary, bounds)
                        b.next += b.slide
            else:
                break
        for b in self.windowed:
            if b.next is None or b.next <= limit(b):        # nothing is watched: the rest of the boundaries is empty
                b.next = b.boundary_after(limit(b))

    def next_due(self, b):
        """When the next thing that waits for time is to be judged."""
        if b.is_elapsed:
            return min((b.due(s.heard) for s in b.states.values() if s.is_counting and not s.open), default=INFINITY)
        quiet = min((s.open.last + QUIET for s in b.states.values() if s.open), default=INFINITY)             # R31
        return min([quiet] + [entry[0] for entry in b.waiting])

    def judge_due(self, b, time):
        if b.is_elapsed:
            for subject in sorted(b.states, key=str.encode):
                state = b.states[subject]
                if state.is_counting and not state.open and b.due(state.heard) == time:
                    self.open(b, subject, state, time, time, -(-(time - state.heard) // SECOND))
                    # What is heard later, and is older than this, does not begin a second one.
            return
        due = [entry for entry in b.waiting if entry[0] == time]
        b.waiting = [entry for entry in b.waiting if entry[0] != time]
        quiet = [(time, INFINITY, s, None) for s, state in b.states.items() if state.open and state.open.last + QUIET == time]
        for deadline, _, subject, event in sorted(due + quiet, key=lambda e: (e[2].encode(), e[1])):
            if event is None:
                state = b.states[subject]
                if state.open and state.open.last + QUIET == time:
                    state.violating = 0
                    self.close(b, subject, state, "alarm-cleared", time, 0)
                continue
            is_met = any(abs(when - event) <= b.limit["within"] * SECOND and self.belongs(other, resource, subject)
                         for when, other, resource in b.companions)
            state = b.states.setdefault(subject, State())
            self.single(b, subject, state, event, deadline, not is_met, 1, None)

    def belongs(self, other, resource, subject):
        if other is not None:
            return other == subject
        return not resource or resource == subject or resource.split("/")[-1] == subject

    def watched(self, b):
        """Under an upper limit a subject without state has neither events nor a violation, so it conforms."""
        return self.known[b.space] if b.needs_whole_window else b.states

    def datapoint(self, b, subject, state, t):
        """The value at boundary t, or None, or "unknown"."""
        if b.needs_whole_window:
            since, _, passed = self.known[b.space][subject]
            if t - b.duration < since // b.slide * b.slide or t <= passed:
                return "unknown"                                                                            # R10, R11
        start = t - b.duration
        values = [value for time, value in state.events if start <= time < t]
        if b.aggregate == "distinct":
            return min(len(set(values)), DISTINCT + 1)
        if b.aggregate == "max":
            return max(values, default=None)
        if b.is_learned and not values:
            return None                                                                                     # R26
        return sum(values)

    def bounds(self, b, t):
        """Of limits that depend on others or on the past: by subject, the bound at boundary t."""
        if not b.is_learned:
            return {}
        values = {s: self.datapoint(b, s, state, t) for s, state in b.states.items()}
        values = {s: v for s, v in values.items() if v is not None and not (b.aggregate == "distinct" and v == 0)}
        if b.condition == "percentile":
            if len(values) < b.limit["minimum"] or not values:
                return {}
            bound = sorted(values.values())[rank(b.limit["p"], len(values)) - 1]
            return {s: bound for s in values}
        if b.condition == "history":
            found = {s: self.past(b, s, t) for s in values}
            return {s: bound for s, bound in found.items() if bound is not None}
        measure = {s: v for s, v in values.items() if not b.states[s].open}                                 # R27
        for _ in range(8):
            violating = {s for s, bound in self.peer_bounds(b, values, measure).items() if s in measure and values[s] > bound}
            if not violating:
                break
            measure = {s: v for s, v in measure.items() if s not in violating}
        return self.peer_bounds(b, values, measure)

    def peer_bounds(self, b, values, measure):
        found = {}
        for s in values:
            others = sorted(v for o, v in measure.items() if o != s)
            if len(others) >= max(b.limit["minimum"], 1):
                found[s] = learned_bound(others[rank(b.limit["percentile"], len(others)) - 1], b.limit)
        return found

    def past(self, b, subject, t):
        """The bound that a subject's own last days make (R29)."""
        days = [sketch for day, sketch in b.usual.get(subject, {}).items() if day > t // DAY - b.limit["days"]]
        counts = collections.Counter()
        for sketch in days:
            counts.update(sketch.counts)
        total = sum(counts.values())
        if total < b.limit["minimum"]:
            return None
        place = rank(b.limit["percentile"], total)
        for middle in sorted(counts):
            place -= counts[middle]
            if place <= 0:
                return learned_bound(middle, b.limit)
        return None

    def verdict(self, b, subject, state, t, bounds=None):
        if b.is_learned:
            if bounds is None:
                return state.verdicts.get(t, "conforms"), None
            value = self.datapoint(b, subject, state, t)
            if b.aggregate == "distinct" and value == 0:
                value = None
            violates = value is not None and subject in bounds and b.violates(value, bounds[subject])
            if b.is_population and subject not in bounds:
                value = None                                                                                # R26
            state.verdicts[t] = "violates" if violates else "conforms"
            return state.verdicts[t], value
        value = self.datapoint(b, subject, state, t)
        if value == "unknown":
            return "unknown", None
        return ("violates" if value is not None and b.violates(value) else "conforms"), value

    def run_of(self, b, subject, state, t, wanted, n):
        """Whether the (n - 1) * D / S + 1 boundaries up to t all have the wanted verdict."""
        first = t - (n - 1) * b.duration
        return all(self.verdict(b, subject, state, x)[0] == wanted for x in range(first, t + 1, b.slide))   # R12

    def evaluate(self, b, subject, t, bounds):
        state = b.states.get(subject) or State()
        verdict, value = self.verdict(b, subject, state, t, bounds)
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
        if b.condition == "history" and value is not None and verdict == "conforms" and not state.open \
                and t % b.duration == 0:
            self.learn(b, subject, t, value)
        oldest = t - max(b.to_alarm, b.to_clear) * b.duration
        if state.events and min(state.events)[0] < oldest:
            state.events = [e for e in state.events if e[0] >= oldest]
        state.verdicts = {x: v for x, v in state.verdicts.items() if x > oldest - b.duration}
        if not state.events and not state.open and not state.hits:
            b.states.pop(subject, None)

    def learn(self, b, subject, t, value):
        days, day = b.usual.setdefault(subject, {}), t // DAY
        for old in [d for d in days if d <= day - b.limit["days"]]:
            del days[old]
        days.setdefault(day, Sketch()).add(value)

    def forget(self, due):
        """Forgets the subjects whose two days end at `due`, and finds the next such time."""
        ended = []
        for space, subjects in self.known.items():
            for subject in [s for s, seen in subjects.items() if seen[1] + FORGET == due]:
                del subjects[subject]                                                                       # R7
                if space[0] == "device":
                    self.idle_sessions.discard(subject)
                for b in self.behaviors:
                    if b.space == space:
                        b.usual.pop(subject, None)
                        b.ends.pop(subject, None)
                        b.waiting = [entry for entry in b.waiting if entry[2] != subject]                   # R35
                        b.companions = [entry for entry in b.companions if entry[1] != subject]
                        if subject in b.states:
                            ended.append((b, subject, b.states.pop(subject)))
        for b, subject, state in sorted(ended, key=lambda e: (e[0].order(), e[1].encode())):
            if state.open:
                self.close(b, subject, state, "alarm-invalidated", due, state.open.value, state.open.text)
                b.ends.pop(subject, None)
        self.forget_due = min((seen[1] + FORGET for s in self.known.values() for seen in s.values()), default=INFINITY)

    def flush(self):
        if self.newest is not None:                                                                         # R16
            for b in self.windowed:
                if b.next is None:
                    b.next = b.boundary_after(self.newest)
            self.advance(lambda b: b.boundary_after(self.newest), self.newest)

    # -- transitions

    def open(self, b, subject, state, T, time, value, text=None):
        key = (b.profile, b.name, b.subject, subject, T)
        id = hashlib.sha256(canonical([*key, self.openings[key]]).encode()).hexdigest()[:32]
        self.openings[key] += 1
        state.open = Violation(id, T, time, value, text)
        self.line("in-alarm", b, subject, state.open, time, value, text)

    def again(self, b, violation, time, value, add, text=None):
        violation.count += add
        violation.last = max(violation.last, time)
        violation.value, violation.worst, violation.text = value, b.worse(violation.worst, value), text

    def close(self, b, subject, state, event, time, value, text=None):
        violation, state.open = state.open, None
        b.ends[subject] = time
        worst = {} if b.is_list else {"worst": b.shown(violation.worst)}
        self.line(event, b, subject, violation, time, value, text,
                  first=timestamp(violation.first), last=timestamp(violation.last), **worst)

    def line(self, event, b, subject, violation, time, value, text, **rest):
        shown = text if b.is_list else b.shown(value)
        line = {"time": timestamp(time), "event": event, "id": violation.id, "profile": b.profile, "behavior": b.name,
                "subject": b.subject, b.subject: subject, "value": shown, "count": violation.count, **rest}
        if shown is None:
            del line["value"]                                                                               # R11
        self.emit(line)


def replay(files, specs, lateness, emit, names=None):
    """Runs open binary files through the behaviors; returns a summary."""
    behaviors = [Behavior(spec, place) for place, spec in enumerate(specs)]
    detector = Detector(behaviors, lateness, emit)
    inputs = [Input(file, name) for file, name in zip(files, names or [f"feed-{n}" for n in range(len(files))])]
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
        detector.record(live, feed, line)
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
    names = [pathlib.Path(feed).name for feed in options.feeds]
    summary = replay(files, specs, options.lateness, lambda line: print(canonical(line)), names)
    if options.summary:
        print(json.dumps(summary), file=sys.stderr)


if __name__ == "__main__":
    main()
