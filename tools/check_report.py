#!/usr/bin/env python3
"""Checks a compliance report of Picket against the log it speaks of, independently of Picket.

Counts every number of the report again from the log's own lines, compares every record it cites, checks every proof, and
the signature of the checkpoint. Needs Python 3.9, the openssl command, and verify_log.py beside it; nothing else. It does
not check the log as a whole: run verify_log.py for that. What the report tells of profiles in other words (a behavior in
plain words, its metric, exceptions, what a change changed, whom the fleet file names) is not in the lines but in the copies
of the profiles: of these it compares the hash and the names, and says at the end what it leaves to you.

    check_report.py report.json LOG [--key VKEY]... [--framework FILE]

FILE is the standard's file (profiles/compliance): that the report asks what the file asks, and leaves no requirement out. LOG is the log folder, or a file with the lines that zcat gives. Exit code: 0 every claim holds, 1 some do not, 3 unreadable.
"""
import argparse
import csv
import datetime
import glob
import gzip
import hashlib
import io
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plain_yaml  # noqa: E402
import verify_log  # noqa: E402

TOLD = ("violation", "mitigation", "operator", "profile", "feed", "gap", "clock", "log", "finding")
OWN = TOLD + ("tick",)
DELAY = 10_000
LISTED = 2_000
NAMES = 20
SAMPLES = 8
# Different names, and different acts of users, beyond which they are not told apart.
MOST_NAMES = 2_000_000
MOST_ACTS = 200_000
# A running Picket writes a record every minute; nobody watched in a stretch of twice that without any.
SILENCE = 120_000
# Shorter stretches are not told.
LEAST = 1_000
BARS = (1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800, 2_592_000)
STOPPED = "Picket was stopped"
ENDED = "Picket was not running: it had ended without a stop (a crash, or the power)"
PAUSE = "no record was written, and a running Picket writes one every minute (the machine slept, or hung)"
NOT_BEGUN = "the log begins here"
DELETED = "retention deleted the records before"
NOTHING = "nothing was recorded until the end of the period"
# How each line of Picket's begins.
HEAD = re.compile(rb'\{"received":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","feed":"(?:[^"\\]|\\.)*","kind":"')
LIMITS = (
    "It shows what feeds told Picket. What no feed reported is not in it, and is no evidence that nothing happened.",
    "It contributes evidence. Whether a requirement is met is for an assessor to judge, with evidence from elsewhere.",
    "Times are those of the machine that ran Picket; events carry their sources' times besides.",
)


def lines_of(place):
    """All records in order: the segments, then what the write-ahead files hold beyond them."""
    if os.path.isfile(place):
        with open(place, "rb") as file:
            for line in file:
                yield line.rstrip(b"\n")
        return
    if not os.path.exists(os.path.join(place, "FORMAT")) and os.path.exists(os.path.join(place, "log", "FORMAT")):
        place = os.path.join(place, "log")
    count, first = 0, None
    for path in sorted(glob.glob(os.path.join(place, "seg", "*", "*.jsonl.gz"))):
        if first is None:
            first = count = int(os.path.basename(path)[:20])
        with gzip.open(path, "rb") as file:
            for line in file:
                count += 1
                yield line.rstrip(b"\n")
    for path in sorted(glob.glob(os.path.join(place, "wal", "*.wal"))):
        start = int(os.path.basename(path)[:20])
        with open(path, "rb") as file:
            tail = verify_log.WriteAhead(path, start, file.read())
        for index, line in enumerate(tail.records, start):
            if index >= count:
                count += 1
                yield line


def ms(text):
    """Unix milliseconds of 2026-11-18T11:27:03.120Z."""
    time = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return int(time.timestamp()) * 1000 + time.microsecond // 1000


class Check:
    def __init__(self, report):
        self.report = report
        self.failures = []
        self.claims = 0

    def claim(self, name, said, found):
        self.claims += 1
        if said != found:
            self.failures.append("%s: the report says %s, the log says %s" % (name, short(said), short(found)))

    def each(self, name, said, found, of):
        """Compares a list item by item, so that a failure names the item."""
        self.claim(name + ".count", len(said), len(found))
        for place, (item, values) in enumerate(zip(said, found)):
            self.claim("%s[%d]" % (name, place), list(of(item)), list(values))

    def entries(self, name, said, found):
        self.each(name, said, found[:LISTED], lambda item: (item["record"], ms(item["time"]), item["what"]))

    def fail(self, name, why):
        self.claims += 1
        self.failures.append("%s: %s" % (name, why))


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 120 else text[:117] + "..."


class Tally:
    """What one pass over the lines counts."""

    def __init__(self, report):
        self.start, self.end = ms(report["period"]["from"]), ms(report["period"]["to"])
        self.bucket = report["period"]["bucketSeconds"] * 1000
        self.buckets = (self.end - self.start + self.bucket - 1) // self.bucket
        self.selectors = [
            (control["id"], place, item["select"])
            for control in report["controls"]
            for place, item in enumerate(control["evidence"])
        ]
        self.selected = [[0, None, None] for _ in self.selectors]
        self.records, self.kinds, self.devices, self.feeds = 0, {}, set(), {}
        self.values, self.told, self.cited, self.acts = {}, [], {}, {}
        self.breakdowns = [
            ("connect", "identity"), ("connect-failed", "reason"), ("disconnect", "reason"), ("denied", "action"),
            ("dropped", "reason"), ("rejected", "reason"), ("user", "user"), ("user", "action"),
            ("user", "outcome"),
        ]
        # When records were written at all: the first and the newest, and stretches without any.
        self.first, self.newest, self.previous, self.alive, self.pauses = None, None, None, None, []
        # Before each start: when a running Picket had written something last.
        self.alive_before = {}
        # Gaps that lie in the period at least partly: the record of one may come after it.
        self.gaps = []
        # Lines that Picket does not write.
        self.foreign = 0
        # The newest record of a deletion: it names the profiles again whose own record it deleted.
        self.deletion = None

    def take(self, index, line, wanted):
        if index in wanted:
            self.cited[index] = line
        if not HEAD.match(line):
            self.foreign += 1
            return
        record = json.loads(line)
        received, kind = ms(record["received"]), record["kind"]
        self.watch(index, received, record)
        if kind == "gap":
            gap = (record.get("name", ""), ms(record.get("from", record["received"])), ms(record.get("to", record["received"])))
            if gap[1] < self.end and gap[2] > self.start:
                self.gaps.append((index,) + gap + (record.get("cause", ""),))
        if kind == "log" and record.get("action") == "pruned":
            self.deletion = (index, record)
        if received >= self.end:
            return
        self.newest = (index, received)
        if kind in TOLD and record.get("state") != "position":
            self.told.append((index, received, record))
        if received < self.start:
            return
        self.records += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind not in OWN:
            self.take_event(record, received, kind)
        if kind == "user":
            key = tuple(value if isinstance(value, str) else "" for value in map(record.get, ("user", "action", "outcome")))
            act = self.acts.setdefault(key, [0, received, received, index, index])
            act[0], act[2], act[4] = act[0] + 1, received, index
        for place, (_, _, select) in enumerate(self.selectors):
            if kind in select["kinds"] and all(fits(record, test) for test in select.get("where", [])):
                seen = self.selected[place]
                seen[0] += 1
                seen[1] = index if seen[1] is None else seen[1]
                seen[2] = index
        for kind_wanted, key in self.breakdowns:
            if kind == kind_wanted and key in record:
                counts = self.values.setdefault((kind, key), {})
                counts[record[key]] = counts.get(record[key], 0) + 1

    def watch(self, index, received, record):
        """Commands that read or change the log write records too, with an action: they are no sign that Picket ran."""
        if self.first is None:
            self.first = (index, received)
        elif received - self.previous > SILENCE:
            self.pauses.append((index, self.previous, received))
        self.previous = received
        if record["kind"] != "log" or "event" in record:
            if record.get("event") in ("started", "recovered"):
                self.alive_before[index] = self.alive
            self.alive = received

    def take_event(self, record, received, kind):
        feed = self.feeds.setdefault(
            record["feed"], {"events": 0, "rejected": 0, "delayed": 0, "first": received, "last": received,
                             "buckets": [0] * self.buckets})
        feed["events"] += 1
        feed["rejected"] += kind == "rejected"
        feed["delayed"] += "time" in record and received - ms(record["time"]) > DELAY
        feed["first"], feed["last"] = min(feed["first"], received), max(feed["last"], received)
        feed["buckets"][(received - self.start) // self.bucket] += 1
        if kind not in ("connect-failed", "rejected") and "device" in record:
            self.devices.add(record["device"])

    def inside(self, kind):
        return [(index, record) for index, received, record in self.told
                if record["kind"] == kind and received >= self.start]


class Coverage:
    """Stretches in which Picket did not run, and in which a feed was silent although it did."""

    def __init__(self, tally, first_index):
        self.start, self.end = tally.start, tally.end
        self.outages, self.silences, self.silent = [], [], {}
        started, stopped, live = None, None, False
        for index, received, record in tally.told:
            event = record.get("event")
            if record["kind"] == "log" and event in ("started", "recovered"):
                live, begin = True, stopped[1] if stopped else tally.alive_before.get(index)
                if begin is not None:
                    self.end_silences(begin)
                    self.outage(index, begin, received, STOPPED if stopped else ENDED)
                started, stopped = received, None
            elif record["kind"] == "log" and event is not None:
                live = True
                if event == "stopped":
                    self.end_silences(received)
                    stopped = (index, received)
            elif record["kind"] == "feed":
                self.feed(index, received, record, started)
        # Only a running Picket deletes by retention; its start may be among what was deleted.
        self.live = live = live or first_index > 0
        if live:
            self.finish(tally, stopped, first_index)
        self.outages.sort(key=lambda item: (item[1], item[0]))
        self.silences.sort(key=lambda item: (item[3], item[0]))

    def feed(self, index, received, record, started):
        name = record.get("name", "")
        if record.get("state") == "silent":
            if name not in self.silent:
                times = [time for time in (started, ms(record["last"]) if "last" in record else None) if time is not None]
                self.silent[name] = (index, max(times) if times else self.start)
        elif name in self.silent:
            self.silence(name, self.silent.pop(name), received, index if record.get("state") == "live" else None)

    def finish(self, tally, stopped, first_index):
        self.outage(tally.first[0], self.start, tally.first[1], DELETED if first_index > 0 else NOT_BEGUN)
        if stopped:
            self.outage(stopped[0], stopped[1], self.end, STOPPED)
        for index, begin, end in tally.pauses:
            known = any(from_ <= max(begin, self.start) and end <= to for _, from_, to, _ in self.outages)
            if end < self.end and not known:
                self.outage(index, begin, end, PAUSE)
        if not stopped and tally.newest and self.end - tally.newest[1] > SILENCE:
            self.outage(tally.newest[0], tally.newest[1], self.end, NOTHING)
        self.end_silences(min(stopped[1] if stopped else self.end, self.end))

    def end_silences(self, time):
        for name in sorted(self.silent):
            self.silence(name, self.silent[name], time, None)
        self.silent = {}

    def outage(self, index, begin, end, cause):
        begin, end = max(begin, self.start), min(end, self.end)
        if end - begin >= LEAST:
            self.outages.append((index, begin, end, cause))

    def silence(self, name, begun, end, end_index):
        begin, end = max(begun[1], self.start), min(end, self.end)
        if end - begin >= LEAST:
            self.silences.append((begun[0], end_index, name, begin, end))

    def total(self, stretches):
        """Milliseconds of the period in these stretches; what they share counts once."""
        total, reached = 0, self.start
        for begin, end in sorted(stretches):
            begin, end = max(begin, reached), min(end, self.end)
            if end > begin:
                total, reached = total + end - begin, end
        return total


def fits(record, test):
    if test["is"] == "present":
        return test["key"] in record
    if test["is"] == "absent":
        return test["key"] not in record
    return record.get(test["key"]) in test["is"]


def check_scope(check, tally, coverage):
    scope, period = check.report["scope"], check.report["period"]
    seconds = next((bar for bar in BARS if (tally.end - tally.start) // (bar * 1000) < 180), BARS[-1])
    check.claim("period.bucketSeconds", period["bucketSeconds"], seconds)
    check.claim("scope.records", scope["records"], tally.records)
    check.claim("scope.devices", scope["devices"], min(len(tally.devices), MOST_NAMES))
    check.claim("scope.kinds", scope["kinds"], tally.kinds)
    check_population(check, tally)
    gaps = [(name, begin, end) for _, name, begin, end, _ in tally.gaps]
    silences = [(name, begin, end) for _, _, name, begin, end in coverage.silences]
    names = sorted(set(tally.feeds) | {name for name, _, _ in gaps + silences})
    check.claim("scope.feeds", [feed["name"] for feed in scope["feeds"]], names)
    empty = {"events": 0, "rejected": 0, "delayed": 0, "first": None, "last": None, "buckets": [0] * tally.buckets}
    for feed in scope["feeds"]:
        name, found = "scope.feeds[%s]" % feed["name"], tally.feeds.get(feed["name"], empty)
        for key in ("events", "rejected", "delayed", "buckets"):
            check.claim("%s.%s" % (name, key), feed[key], found[key])
        for key in ("first", "last"):
            check.claim("%s.%s" % (name, key), ms(feed[key]) if key in feed else None, found[key])
        unseen = [(begin, end) for _, begin, end, _ in coverage.outages]
        unseen += [(begin, end) for of, begin, end in gaps + silences if of == feed["name"]]
        check.claim(name + ".unseenMilliseconds", feed["unseenMilliseconds"], coverage.total(unseen))
    check.claim("scope.breakdowns", [(item["kind"], item["key"]) for item in scope["breakdowns"]],
                [pair for pair in tally.breakdowns if pair in tally.values])
    for item in scope["breakdowns"]:
        counts = tally.values.get((item["kind"], item["key"]), {})
        name = "scope.breakdowns[%s.%s]" % (item["kind"], item["key"])
        check.claim(name + ".different", item["different"], min(len(counts), MOST_NAMES))
        found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:NAMES]
        if len(counts) > MOST_NAMES:
            found = []
        check.claim(name + ".values", [(v["name"], v["count"]) for v in item["values"]], found)


def check_population(check, tally):
    """Which devices the fleet file names only its copy says; whether they were seen the log does."""
    said = check.report["scope"].get("population")
    if said is None:
        return
    not_seen, not_registered = set(said["notSeenNames"]), set(said["notRegisteredNames"])
    for key, names in (("notSeen", not_seen), ("notRegistered", not_registered)):
        check.claim("scope.population.%s" % key, said[key], len(names) + said.get(key + "LeftOut", 0))
    check.claim("scope.population.notSeenNames", sorted(not_seen & tally.devices), [])
    check.claim("scope.population.notRegisteredNames", sorted(not_registered - tally.devices), [])
    check.claim("scope.population.registered", said["registered"] - said["notSeen"],
                len(tally.devices) - said["notRegistered"])
    changes = [change["record"] for change in check.report["profiles"]["changes"]]
    check.claim("scope.population.records", [index for index in said["records"] if index not in changes], [])


def check_coverage(check, tally, coverage):
    said = check.report["coverage"]
    found = [(index, name, begin, end, end - begin, cause) for index, name, begin, end, cause in tally.gaps]
    check.each("coverage.gaps", said["gaps"], found, lambda item: (
        item["record"], item["feed"], ms(item["from"]), ms(item["to"]), item["milliseconds"], item["cause"]))
    check.each("coverage.outages", said["outages"],
               [(index, begin, end, end - begin, cause) for index, begin, end, cause in coverage.outages],
               lambda item: (item["record"], ms(item["from"]), ms(item["to"]), item["milliseconds"], item["cause"]))
    check.each("coverage.silences", said["silences"],
               [(index, last, name, begin, end, end - begin) for index, last, name, begin, end in coverage.silences],
               lambda item: (item["record"], item.get("endRecord"), item["feed"], ms(item["from"]), ms(item["to"]),
                             item["milliseconds"]))
    running = tally.end - tally.start - coverage.total([(begin, end) for _, begin, end, _ in coverage.outages])
    check.claim("coverage.runningMilliseconds", said.get("runningMilliseconds"), running if coverage.live else None)
    events = []
    for index, received, record in tally.told:
        if received < tally.start:
            continue
        if record["kind"] == "feed":
            events.append((index, received, "feed %s %s" % (record.get("name", ""), record.get("state", ""))))
        elif record["kind"] == "clock":
            events.append((index, received, "clock: " + words(record)))
        elif record["kind"] == "log" and not ("action" in record and "by" in record):
            if record.get("event") != "heartbeat":
                events.append((index, received, log_words(record)))
    check.entries("coverage.events", said["events"], events)
    check.claim("coverage.eventsLeftOut", said.get("eventsLeftOut", 0), max(0, len(events) - LISTED))


def check_controls(check, tally):
    report = check.report
    found = {(identity, place): seen for (identity, place, _), seen in zip(tally.selectors, tally.selected)}
    by_behavior = {item["name"]: item["count"] for item in report["violations"]["byBehavior"]}
    excused_of = {item["name"]: item["count"] for item in report["violations"]["excused"]}
    rows = ["%s/%s" % (row["profile"], row["behavior"]) for row in report["profiles"]["behaviors"]]
    metrics = {}
    for _, record in tally.inside("violation"):
        if record.get("event") == "in-alarm":
            metrics.setdefault("%s/%s" % (record["profile"], record["behavior"]), set()).add(record.get("metric", ""))
    for row in report["profiles"]["behaviors"]:
        name = "%s/%s" % (row["profile"], row["behavior"])
        # One that was changed within the period is told once for each meaning it had.
        if rows.count(name) == 1 and name in metrics:
            check.claim("profiles.behaviors[%s].metric" % name, row["metric"] in metrics[name], True)
        check.claim("profiles.behaviors[%s].violations" % name, row["violations"], by_behavior.get(name, 0))
        if "witnesses" in row:
            count = sum(tally.kinds.get(kind, 0) for kind in row["witnesses"])
            check.claim("profiles.behaviors[%s].witnessed" % name, row["witnessed"], count)
    findings = Findings(tally).items
    for control in report["controls"]:
        name = "controls[%s]" % control["id"]
        samples, records = [], 0
        for place, item in enumerate(control["evidence"]):
            count, first, last = found[(control["id"], place)]
            where = "%s.evidence[%d] (%s)" % (name, place, item["label"])
            check.claim(where + ".count", item["count"], count)
            check.claim(where + ".first", item.get("first"), first)
            check.claim(where + ".last", item.get("last"), last)
            if count and not item["select"].get("context"):
                records += count
                samples += [first, last]
        identity = "%s:%s" % (report["framework"]["id"], control["id"])
        rows = [row for row in report["profiles"]["behaviors"]
                if identity in row["controls"] or row["metric"] in control["metrics"]]
        behaviors = {"%s/%s" % (row["profile"], row["behavior"]) for row in rows}
        seeing = {"%s/%s" % (row["profile"], row["behavior"])
                  for row in rows if "witnesses" not in row or row["witnessed"] > 0}
        check.claim(name + ".behaviors", control["behaviors"], sorted(behaviors))
        audited = [item for item in findings if item["check"] in control["checks"]]
        bad = sum(Findings.is_bad(item) for item in audited)
        closed = sum(item["attention"] and item["to"] is not None for item in audited)
        checked = []
        for one in control["checks"]:
            checked += [item["record"] for item in audited if item["check"] == one][:1]
        check.claim(name + ".findings", control["findings"], bad)
        carried = [item for item in report["violations"]["carried"]
                   if "%s/%s" % (item["profile"], item["behavior"]) in behaviors]
        ended = sum(item["behavior"] in behaviors for item in report["violations"].get("endsOfDeleted", []))
        violations = len(carried) + ended + sum(by_behavior.get(behavior, 0) for behavior in behaviors)
        excused = sum("excused" in item or "suppressed" in item for item in carried) + sum(
            excused_of.get(behavior, 0) for behavior in behaviors)
        if violations > excused or bad:
            result = "needs-attention"
        elif records or seeing or checked or control.get("integrity"):
            result = "contributes-evidence"
        else:
            result = "no-data" if behaviors else "no-evidence"
        check.claim(name + ".result", control["result"], result)
        began = [item for item in report["violations"]["list"]
                 if "%s/%s" % (item["profile"], item["behavior"]) in behaviors]
        samples += [item["record"] for item in carried + began][:3]
        check.claim(name + ".samples", control["samples"], list(dict.fromkeys(samples + checked))[:SAMPLES])
        check.claim(name + ".sentence", control["sentence"], sentence(
            control, behaviors, len(behaviors) - len(seeing), (violations, excused), records, (bad, closed), checked))


def sentence(control, behaviors, blind, violations, records, findings, checked):
    def many(count, word):
        return "%d %s%s" % (count, word, "" if count == 1 else "s")

    parts = []
    if behaviors:
        parts.append(many(len(behaviors), "behavior") + " in force" + (
            " (%d of them without any record to look at)" % blind if blind else "") + ", " + many(violations[0], "violation") + (
            " (%d of them excused)" % violations[1] if violations[1] else ""))
    if control.get("integrity"):
        parts.append("every record was read and is what was signed")
    if control["evidence"]:
        parts.append(many(records, "record") + " of evidence")
    if control["checks"]:
        more = ", %d more found and closed" % findings[1] if findings[1] else ""
        parts.append(many(findings[0], "audit finding") + more if checked else "no audit in this period")
    return "; ".join(parts)


class Violation:
    """One violation from its beginning to its end."""

    def __init__(self, index, received, record):
        self.index, self.received, self.record = index, received, record
        self.end, self.verdict, self.decided, self.decisions, self.mitigations = None, None, None, [], []

    def facts(self):
        record, first = self.record, ms(self.record["time"])
        facts = {
            "id": record["id"], "profile": record["profile"], "behavior": record["behavior"],
            "subject": record["subject"], "name": record[record["subject"]], "severity": record["severity"],
            "evidence": record.get("evidence", ""), "identity": record.get("identity"),
            "value": text(record["value"]) if "value" in record else None, "expected": record.get("expected", ""),
            "why": record.get("why", ""), "suppressed": True if record.get("suppressed") else None,
            "excused": record.get("excepted", record.get("silenced")),
            "record": self.index, "firstSeen": first, "awareAt": self.received,
            "detectMilliseconds": self.received - first, "verdict": self.verdict, "decidedAt": self.decided,
            "decisions": self.decisions or None, "mitigations": self.mitigations or None,
            "endRecord": None, "end": None, "endedAt": None, "durationMilliseconds": None,
        }
        if self.end:
            index, record = self.end
            facts.update(endRecord=index, end=record["event"], endedAt=ms(record["time"]),
                         durationMilliseconds=ms(record["time"]) - first)
        return facts


def check_violations(check, tally):
    said = check.report["violations"]
    began, carried, open_now, violation_of, deleted = [], {}, {}, {}, []
    for index, received, record in tally.told:
        before = received < tally.start
        if record["kind"] == "violation" and record["event"] == "in-alarm":
            one = Violation(index, received, record)
            if before:
                carried[record["id"]] = one
            else:
                began.append(one)
                open_now[record["id"]] = one
        elif record["kind"] == "violation" and before:
            carried.pop(record["id"], None)
        elif record["kind"] == "violation":
            one = open_now.get(record["id"]) or carried.get(record["id"])
            if one:
                one.end = (index, record)
            else:
                deleted.append((index, "%s/%s" % (record.get("profile", ""), record.get("behavior", ""))))
        elif record["kind"] == "operator":
            identity = record.get("violation") or violation_of.get(record.get("mitigation"))
            one = open_now.get(identity) or carried.get(identity)
            if one:
                one.decisions.append(index)
                one.decided = one.decided or received
                if record.get("action") == "verify" and "state" in record:
                    one.verdict = record["state"]
        elif record["kind"] == "mitigation":
            if "violation" in record and "id" in record:
                violation_of[record["id"]] = record["violation"]
            identity = record.get("violation") or violation_of.get(record.get("id"))
            one = open_now.get(identity) or carried.get(identity)
            if one:
                one.mitigations.append(index)
    check.claim("violations.count", said["count"], len(began))
    check.claim("violations.open", said["open"], len({one.record["id"] for one in open_now.values() if not one.end}))
    for key, of in (("bySeverity", lambda r: r["severity"]), ("byBehavior", lambda r: r["profile"] + "/" + r["behavior"])):
        counts = {}
        for one in began:
            counts[of(one.record)] = counts.get(of(one.record), 0) + 1
        check.claim("violations." + key, {item["name"]: item["count"] for item in said[key]}, counts)
    excused = {}
    for one in began:
        if one.record.get("suppressed") or "excepted" in one.record or "silenced" in one.record:
            name = one.record["profile"] + "/" + one.record["behavior"]
            excused[name] = excused.get(name, 0) + 1
    check.claim("violations.excused", {item["name"]: item["count"] for item in said["excused"]}, excused)
    buckets = [0] * tally.buckets
    for one in began:
        buckets[(one.received - tally.start) // tally.bucket] += 1
    check.claim("violations.buckets", said["buckets"], buckets)
    check.claim("violations.leftOut", said.get("leftOut", 0), max(0, len(began) - LISTED))
    check.claim("violations.carriedOver", said["carriedOver"], len(carried))
    check.each("violations.endsOfDeleted", said.get("endsOfDeleted", []), deleted,
               lambda item: (item["record"], item["behavior"]))
    for key, found in (("list", began[:LISTED]), ("carried", sorted(carried.values(), key=lambda one: one.index))):
        check.claim("violations.%s.record" % key, [item["record"] for item in said[key]], [one.index for one in found])
        for place, (item, one) in enumerate(zip(said[key], found)):
            name = "violations.%s[%d] (%s)" % (key, place, item["id"])
            for fact, value in one.facts().items():
                is_time = fact in ("firstSeen", "awareAt", "decidedAt", "endedAt") and fact in item
                claim = "violations.%s[%d].record" % (key, place) if fact == "record" else "%s.%s" % (name, fact)
                check.claim(claim, ms(item[fact]) if is_time else item.get(fact), value)


class Findings:
    """What audits found: each finding from the record that found it first to the one that closed it."""

    def __init__(self, tally):
        self.items, standing, clean = [], {}, {}
        for index, received, record in tally.told:
            if record["kind"] != "finding" or "check" not in record:
                continue
            key, state = (record["check"], record.get("resource", "")), record.get("state")
            item = {"record": index, "time": received, "check": record["check"], "what": finding_words(record),
                    "from": None, "to": None, "closedRecord": None, "attention": not record.get("suppressed")}
            if state == "found":
                item["from"] = standing[key]["from"] if key in standing else received
                standing[key] = item
            elif state == "closed":
                closed = standing.pop(key, None)
                if closed and received >= tally.start:
                    closed["to"], closed["closedRecord"] = received, index
                    self.items.append(closed)
            elif received >= tally.start:
                clean[key] = item
        self.items += list(standing.values()) + list(clean.values())
        self.items.sort(key=lambda item: item["record"])

    @staticmethod
    def is_bad(item):
        return item["attention"] and item["from"] is not None and item["to"] is None


def text(value):
    """A value of a line in words, as the report writes it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def words(record):
    """The keys and values that say what a record of Picket's is."""
    keys = sorted(set(record) - {"received", "feed", "kind", "time"})
    return " ".join("%s=%s" % (key, text(record[key])) for key in keys)


def decision_words(record):
    if "by" not in record or "action" not in record:
        return words(record)
    rest = words({key: value for key, value in record.items() if key not in ("by", "action")})
    return "%s · %s" % (record["by"], record["action"]) + (" · " + rest if rest else "")


def log_words(record):
    said = {"started": "Picket started", "recovered": "Picket started, and the run before had not ended in order",
            "stopped": "Picket stopped", "full": "the disk was full"}.get(record.get("event"))
    if said is None:
        return words(record)
    return said + (" (version %s)" % record["version"] if "version" in record else "")


def mitigation_words(record):
    event, device = record.get("event"), record.get("device") or record.get("address") or "?"
    identity = " [%s]" % record["id"][:8] if "id" in record else ""
    if event == "intent" and "step" in record and "playbook" in record:
        parts = [record[key] for key in ("state", "why") if key in record]
        return "to do: %s for %s, playbook %s: %s%s" % (
            record["step"], device, record["playbook"], ", ".join(parts), identity)
    if event == "fact" and "fact" in record:
        seen = {"yes": "seen", "no": "not seen"}.get(record.get("seen"), record.get("seen", ""))
        detail = " (%s)" % record["detail"] if "detail" in record else ""
        return "%s: %s for %s%s%s" % (seen, record["fact"], device, detail, identity)
    if event == "outcome" and "state" in record:
        note = ", %s" % record["note"] if "note" in record else ""
        return "outcome for %s: %s%s%s" % (device, record["state"], note, identity)
    return words(record)


def finding_words(record):
    parts = [record.get(key) for key in ("severity", "check", "resource", "why")]
    if record.get("state") == "clean":
        parts.append("nothing found")
    if record.get("suppressed"):
        parts.append("accepted by %s until %s: %s" % (
            record.get("owner", ""), record.get("expires", "")[:10], record.get("reason", "")))
    return " · ".join(part for part in parts if part is not None)


def check_lists(check, tally, log):
    report = check.report

    def entries(key, found):
        check.claim(key + ".count", report[key]["count"], len(found))
        check.claim(key + ".leftOut", report[key].get("leftOut", 0), max(0, len(found) - LISTED))
        check.entries(key + ".list", report[key]["list"], found)

    mitigations = tally.inside("mitigation")
    entries("mitigations", [(index, ms(record["received"]), mitigation_words(record)) for index, record in mitigations])
    last, states = {}, {}
    for _, record in mitigations:
        if "id" in record and "state" in record:
            last[record["id"]] = record["state"]
    for state in last.values():
        states[state] = states.get(state, 0) + 1
    check.claim("mitigations.states", {item["name"]: item["count"] for item in report["mitigations"]["states"]}, states)
    entries("decisions", [(index, ms(record["received"]), decision_words(record)) for index, record in tally.inside("operator")])
    findings = Findings(tally).items
    check.claim("findings.count", report["findings"]["count"], len(findings))
    check.claim("findings.open", report["findings"]["open"], sum(map(Findings.is_bad, findings)))
    check.claim("findings.leftOut", report["findings"].get("leftOut", 0), max(0, len(findings) - LISTED))
    times = ("time", "from", "to")
    keys = ("record", "time", "what", "from", "to", "closedRecord")
    check.each("findings.list", report["findings"]["list"], [[item[key] for key in keys] for item in findings[:LISTED]],
               lambda item: [ms(item[key]) if key in times and key in item else item.get(key) for key in keys])
    entries("accesses", [
        (index, ms(record["received"]), " · ".join(
            [record["by"], record["action"]] + ([", ".join(record["what"])] if record.get("what") else [])))
        for index, record in tally.inside("log") if "action" in record and "by" in record])

    silences = []
    for index, _, record in tally.told:
        if record["kind"] == "operator" and record.get("action") == "silence" and "until" in record:
            if ms(record["until"]) > tally.start:
                kind = record.get("subject", "device")
                name = record.get("name" if kind == "feed" else kind, "")
                silences.append((index, record.get("profile", ""), record.get("behavior", ""),
                                 name if kind == "device" else "%s %s" % (kind, name), record.get("reason", ""),
                                 record.get("owner", record.get("by", "")), ms(record["until"])))
    check.each("profiles.silences", report["profiles"]["silences"], silences, lambda item: (
        item["record"], item["profile"], item["behavior"], item["subject"], item["reason"], item["owner"],
        ms(item["expires"])))

    acts = [key + tuple(tally.acts[key]) for key in sorted(tally.acts)]
    if len(acts) > MOST_ACTS:
        acts = []
    check.claim("users.count", report["users"]["count"], len(acts))
    check.claim("users.leftOut", report["users"].get("leftOut", 0), max(0, len(acts) - LISTED))
    check.each("users.list", report["users"]["list"], acts[:LISTED], lambda item: (
        item["user"], item["action"], item["outcome"], item["count"], ms(item["first"]), ms(item["last"]),
        item["firstRecord"], item["lastRecord"]))

    changes = [(index, record) for index, _, record in tally.told if record["kind"] == "profile"]
    earlier = [pair for pair in changes if ms(pair[1]["received"]) < tally.start][-1:]
    changes = [(index, ms(record["received"]), record["sha256"], record["profiles"], None) for index, record in
               earlier + [pair for pair in changes if ms(pair[1]["received"]) >= tally.start]]
    if not earlier and report["log"]["firstIndex"] > 0 and tally.deletion and "profiles" in tally.deletion[1]:
        # The record of a deletion has the hash; which profiles these are only the copy says.
        index, record = tally.deletion
        names = report["profiles"]["changes"][0]["profiles"] if report["profiles"]["changes"] else []
        changes.insert(0, (index, ms(record["received"]), record["profiles"], names, True))
    check.each("profiles.changes", report["profiles"]["changes"], changes, lambda item: (
        item["record"], ms(item["time"]), item["sha256"], item["profiles"], item.get("namedByDeletion")))
    for change in report["profiles"]["changes"] if os.path.isdir(log) else []:
        name = "profiles.changes[#%d].copyKept" % change["record"]
        check.claim(name, change["copyKept"], is_kept(log, change["sha256"]))


def copy_of(log, sha256):
    """The bytes of the copy of profiles in the log folder, when it is what its name says; None otherwise."""
    for place in (log, os.path.join(log, "log")):
        path = os.path.join(place, "profiles", sha256 + ".json")
        if os.path.isfile(path):
            with open(path, "rb") as file:
                data = file.read()
            return data if hashlib.sha256(data).hexdigest() == sha256 else None
    return None


def is_kept(log, sha256):
    return copy_of(log, sha256) is not None


def check_limits(check, tally, coverage):
    """What the report says that it does not show: leaving some of it out would make it say more."""
    report, log = check.report, check.report["log"]
    check.claim("format", report["format"], "picket-report 1")
    check.claim("log.verdict", log["verdict"], "sound")
    proven = ["that everything that happened was sent to the log"]
    if log["firstIndex"] > 0:
        proven.append("what the %d records said that retention deleted" % log["firstIndex"])
    proven.append("that no newer end was cut off: give --since-checkpoint, or ask a witness")
    # Whether keys were given, and which were believed for the first, whoever made the report knows.
    optional = ("whose the keys are: ", "how key ")
    check.claim("log.notProven", [what for what in log["notProven"] if not what.startswith(optional)], proven)
    found = list(LIMITS) + ["The log by itself does not prove %s." % what for what in log["notProven"]]
    if any(not change["copyKept"] for change in report["profiles"]["changes"]):
        found.append("Some profiles that were in force are not in the log folder: their behaviors are not listed.")
    if log["firstIndex"] > 0:
        found.append("Retention deleted the records below %d. Of violations, decisions and silences of then that were still "
                     "in force when the period began only what came later tells." % log["firstIndex"])
    if not coverage.live:
        found.append("No running Picket wrote this log (a replay of files did): it does not say when somebody watched.")
    are_more = len(tally.devices) > MOST_NAMES
    if "population" not in report["scope"] and not are_more:
        found.append("No fleet file was in force: which devices should have been seen is not known.")
    if len(tally.acts) > MOST_ACTS:
        found.append("Users did more different things than can be listed.")
    if are_more:
        found.append("More devices were named than are counted: which of them should have been seen is not told.")
    if tally.foreign:
        found.append("%d lines of the log are none that Picket writes." % tally.foreign)
    check.each("limits", report["limits"], found, lambda item: item)


def check_framework(check, path):
    """What the report asks beside the standard's file, word by word. Returns what was not counted again."""
    report = check.report
    usual = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "profiles", "compliance",
                         "%s.yaml" % re.sub(r"[^A-Za-z0-9._-]", "", report["framework"]["id"]))
    if path is None and os.path.isfile(usual):
        with open(usual, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() == report["framework"]["sha256"]:
                path = usual
    if path is None:
        return ["what a requirement asks, and which metrics, checks and records stand for it (give --framework FILE; the SHA-256 "
                "of the file is %s)" % report["framework"]["sha256"]]
    with open(path, "rb") as file:
        data = file.read()
    check.claim("framework.sha256", report["framework"]["sha256"], hashlib.sha256(data).hexdigest())
    try:
        said = plain_yaml.load(data.decode("utf-8"))
        for key, name in (("id", "framework"), ("title", "title"), ("version", "version"), ("source", "source")):
            check.claim("framework." + key, report["framework"][key], said[name])
        controls = said["controls"]
        check.claim("controls", [control["id"] for control in report["controls"]], [one["id"] for one in controls])
        wanted = [control_of(one) for one in controls]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return ["whether the requirements are those of the standard's file, which this script cannot read (%s)" % error]
    for control, found in zip(report["controls"], wanted):
        name = "controls[%s]" % control["id"]
        for key, value in found.items():
            if key != "evidence":
                check.claim("%s.%s" % (name, key), control.get(key), value)
        check.claim(name + ".evidence", [{"label": item["label"], "select": item["select"]} for item in control["evidence"]],
                    found["evidence"])
    return []


def control_of(one):
    """A requirement as the report must tell it, from the standard's file."""
    def several(value):
        return value if isinstance(value, list) else [value]

    def is_true(value):
        return True if value == "true" else None

    evidence = []
    for item in several(one.get("records", [])):
        tests = [{"key": key, "is": word} for name, word in (("has", "present"), ("hasNot", "absent"))
                 for key in several(item.get(name, []))]
        tests += [{"key": key, "is": several(value)} for key, value in item.get("where", {}).items()]
        select = {"context": is_true(item.get("context")), "kinds": several(item["kind"]), "where": tests or None}
        evidence.append({"label": item["label"],
                         "select": {key: value for key, value in select.items() if value is not None}})
    return {
        "title": one["title"], "status": one.get("status"), "asks": one["asks"], "shows": one["shows"],
        "doesNotShow": one["doesNotShow"], "metrics": several(one.get("metrics", [])),
        "checks": several(one.get("checks", [])), "integrity": is_true(one.get("integrity")), "evidence": evidence,
    }


def sources_of(copies):
    """What is in copies of profiles: documents of profiles, and names of the devices of fleet files. Raises ValueError where this
    script cannot read what Picket can."""
    profiles, devices = [], set()
    for data in copies:
        for source in json.loads(data):
            is_fleet = source.get("role") == "fleet"
            if is_fleet and source["file"].lower().endswith(".csv"):
                rows = csv.DictReader(io.StringIO(source["text"].removeprefix("\ufeff"), newline=""))
                devices.update(row["device"] for row in rows if row.get("device"))
                continue
            said = plain_yaml.load(source["text"])
            if is_fleet:
                devices.update(said.get("devices") or {})
                continue
            behaviors = said.get("behaviors") if isinstance(said, dict) and "profile" in said else None
            if not isinstance(behaviors, list) or not all("name" in one for one in behaviors):
                raise ValueError("%s is written as AWS does" % source["file"])
            profiles.append(said)
    return profiles, devices


def end_of(day):
    """When an exception ends: a day at its end, a moment as it is."""
    if len(day) == 10:
        return ms(day + "T00:00:00.000Z") + 86400000
    return ms(day if "." in day else day.replace("Z", ".000Z"))


def check_copies(check, log):
    """What the report says of profiles and fleet files beside their copies in the log folder. What is told of them in other words
    is left to a person.

    Returns what was not counted again."""
    profiles, scope = check.report["profiles"], check.report["scope"]
    copies = [copy_of(log, change["sha256"]) for change in profiles["changes"]] if os.path.isdir(log) else []
    left = []
    if profiles["behaviors"]:
        left.append("profiles.behaviors[].method")
    if any("differences" in change for change in profiles["changes"]):
        left.append("profiles.changes[].differences")
    told = [row for row in profiles["behaviors"] if "witnesses" in row]
    problem = None if copies and all(copies) else "a copy is missing"
    try:
        documents, devices = sources_of(copy for copy in copies if copy)
        behaviors = {(one["profile"], behavior["name"]): (one, behavior) for one in documents for behavior in one["behaviors"]}
        exceptions = {(one["profile"], item.get("behavior", "all"), item.get("device", item.get("subject", "all")),
                       item["reason"], item["owner"], end_of(item["expires"]))
                      for one in documents for item in one.get("exceptions") or []}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = str(error)
    if problem is None:
        check.claim("profiles.behaviors", sorted({(row["profile"], row["behavior"]) for row in told}), sorted(behaviors))
        for place, row in enumerate(profiles["exceptions"]):
            name = "profiles.exceptions[%d] (%s/%s): in a copy of the profiles" % (place, row["profile"], row["behavior"])
            said = tuple(row[key] for key in ("profile", "behavior", "subject", "reason", "owner")) + (ms(row["expires"]),)
            check.claim(name, said in exceptions, True)
        check.claim("profiles.exceptions", len(profiles["exceptions"]), len(exceptions))
        texts, known = {}, {row["metric"] for row in told}
        for one in documents:
            for behavior in one["behaviors"]:
                texts.setdefault((one["profile"], behavior["name"]), []).append((one, behavior))
        for row in told:
            name = "profiles.behaviors[%s/%s]" % (row["profile"], row["behavior"])
            of = texts.get((row["profile"], row["behavior"]), [])
            lists = [one.get("controls") or [] for one, _ in of]
            check.claim(name + ".controls", row["controls"] in [[said] if isinstance(said, str) else said for said in lists], True)
            metrics = [behavior.get("metric", "") for _, behavior in of]
            # AWS has other names for some.
            if all(metric in known for metric in metrics):
                check.claim(name + ".metric", row["metric"] in metrics, True)
        check_inventory(check, devices)
    elif told or profiles["exceptions"] or "population" in scope:
        left.append("profiles.behaviors[].controls and metric, the exceptions, which devices the fleet file names (%s)" % problem)
    return ["%s: compare with the copies in the log's folder profiles, whose hashes were checked" % what for what in left]


def check_inventory(check, devices):
    """The devices that fleet files name, beside the report's population."""
    said = check.report["scope"].get("population")
    if said is None:
        return
    check.claim("scope.population.registered: in the fleet files", said["registered"], len(devices))
    for key, wrong in (("notSeenNames", set(said["notSeenNames"]) - devices),
                       ("notRegisteredNames", set(said["notRegisteredNames"]) & devices)):
        check.claim("scope.population.%s: in the fleet files" % key, sorted(wrong), [])


def citations(report):
    """Every record that the report cites, with the claims that rest on it."""
    cited = {}

    def cite(index, claim):
        if index is not None:
            cited.setdefault(index, []).append(claim)

    for control in report["controls"]:
        for place, index in enumerate(control["samples"]):
            cite(index, "controls[%s].samples[%d]" % (control["id"], place))
        for place, item in enumerate(control["evidence"]):
            if item["select"].get("context"):
                continue
            cite(item.get("first"), "controls[%s].evidence[%d].first" % (control["id"], place))
            cite(item.get("last"), "controls[%s].evidence[%d].last" % (control["id"], place))
    for index in report["scope"].get("population", {}).get("records", []):
        cite(index, "scope.population")
    for key in ("list", "carried"):
        for place, item in enumerate(report["violations"][key]):
            cite(item["record"], "violations.%s[%d].record" % (key, place))
            cite(item.get("endRecord"), "violations.%s[%d].endRecord" % (key, place))
            for index in item.get("decisions", []) + item.get("mitigations", []) if key == "carried" else []:
                cite(index, "violations.carried[%d]" % place)
    for place, item in enumerate(report["violations"].get("endsOfDeleted", [])):
        cite(item["record"], "violations.endsOfDeleted[%d]" % place)
    for place, item in enumerate(report["users"]["list"]):
        cite(item["firstRecord"], "users.list[%d].firstRecord" % place)
        cite(item["lastRecord"], "users.list[%d].lastRecord" % place)
    for key in ("mitigations", "decisions", "findings", "accesses"):
        for place, item in enumerate(report[key]["list"]):
            cite(item["record"], "%s.list[%d]" % (key, place))
            cite(item.get("closedRecord"), "%s.list[%d].closedRecord" % (key, place))
    for key in ("gaps", "events", "outages", "silences"):
        for place, item in enumerate(report["coverage"][key]):
            cite(item["record"], "coverage.%s[%d]" % (key, place))
            cite(item.get("endRecord"), "coverage.%s[%d].endRecord" % (key, place))
    for key in ("changes", "silences"):
        for place, item in enumerate(report["profiles"][key]):
            cite(item["record"], "profiles.%s[%d]" % (key, place))
    return cited


def root_of(index, size, leaf, hashes):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None when it does not fit."""
    position, last, value = index, size - 1, leaf
    for other in hashes:
        if last == 0:
            return None
        if position % 2 or position == last:
            value = verify_log.node(other, value)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            value = verify_log.node(value, other)
        position, last = position >> 1, last >> 1
    return value if last == 0 else None


def check_proofs(check, tally, cited):
    log = check.report["log"]
    proofs = {proof["record"]: proof for proof in check.report["proofs"]}
    root = verify_log.decode_base64(log["root"])
    for index, proof in proofs.items():
        hashes = [verify_log.decode_base64(text) for text in proof["hashes"]]
        leaf = verify_log.leaf(proof["line"].encode())
        check.claim("proofs[#%d]" % index, root_of(index, log["size"], leaf, hashes) == root, True)
    missing = 0
    for index, claims in sorted(cited.items()):
        proof, line = proofs.get(index), tally.cited.get(index)
        if proof is None:
            missing += 1
        elif line is None:
            check.fail(", ".join(claims), "record %d is not in the log" % index)
        elif line != proof["line"].encode():
            check.fail(", ".join(claims), "record %d of the log is not the record that was proved" % index)
        check.claims += 1
    check.claim("unproved", check.report["unproved"], missing)


def check_checkpoint(check, trusted):
    log = check.report["log"]
    try:
        note = verify_log.Note(log["checkpoint"].encode())
        keys = [verify_log.Key(text) for text in trusted or log["keys"]]
        said = verify_log.parse_checkpoint(note.text)
    except ValueError as error:
        check.fail("log.checkpoint", str(error))
        return
    check.claim("log.origin, size and root", [log["origin"], log["size"], log["root"]],
                [said[0], said[1], verify_log.base64.b64encode(said[2]).decode()])
    if not note.signers(keys):
        check.fail("log.checkpoint", "no known key signed it")
    check.claims += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report")
    parser.add_argument("log")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--framework")
    arguments = parser.parse_args()
    try:
        with open(arguments.report, "rb") as file:
            data = file.read()
        report = json.loads(data)
        check = Check(report)
        identity = b'  "id": "%s",\n' % report["id"].encode()
        check.claim("id", report["id"], hashlib.sha256(data.replace(identity, b"", 1)).hexdigest()[:32])
        check_checkpoint(check, arguments.key)
        framework = check_framework(check, arguments.framework)
        cited = citations(report)
        wanted = set(cited) | {proof["record"] for proof in report["proofs"]}
        tally = Tally(report)
        for index, line in enumerate(lines_of(arguments.log), report["log"]["firstIndex"]):
            if index >= report["log"]["size"]:
                break
            tally.take(index, line, wanted)
    except (OSError, ValueError, KeyError, EOFError) as error:
        print("check_report: cannot be read: %r" % error, file=sys.stderr)
        return 3
    coverage = Coverage(tally, report["log"]["firstIndex"])
    check_scope(check, tally, coverage)
    check_coverage(check, tally, coverage)
    check_controls(check, tally)
    check_violations(check, tally)
    check_lists(check, tally, arguments.log)
    check_limits(check, tally, coverage)
    left = framework + check_copies(check, arguments.log)
    check_proofs(check, tally, cited)
    for failure in check.failures:
        print("FALSE  " + failure)
    for what in left:
        print("NOT COUNTED AGAIN  " + what)
    print("%d claims checked, %d false; %d proofs, report %s" % (
        check.claims, len(check.failures), len(report["proofs"]), report["id"]))
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
