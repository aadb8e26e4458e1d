#!/usr/bin/env python3
"""Checks a compliance report of Picket against the log it speaks of, independently of Picket.

Counts every number of the report again from the log's own lines, compares every record it cites, checks every proof, and
the signature of the checkpoint. Needs Python 3.9, the openssl command, and verify_log.py beside it; nothing else. It does
not check the log as a whole: run verify_log.py for that.

    check_report.py report.json LOG [--key VKEY]...

LOG is the log folder, or a file with the lines that zcat gives. Exit code: 0 every claim holds, 1 some do not, 3 unreadable.
"""
import argparse
import datetime
import glob
import gzip
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import verify_log  # noqa: E402

TOLD = ("violation", "mitigation", "operator", "profile", "feed", "gap", "clock", "log", "finding")
OWN = TOLD + ("tick",)
DELAY = 10_000
LISTED = 2_000
NAMES = 20


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
        self.values, self.told, self.cited = {}, [], {}
        self.breakdowns = [
            ("connect", "identity"), ("connect-failed", "reason"), ("disconnect", "reason"), ("denied", "action"),
            ("dropped", "reason"), ("rejected", "reason"), ("user", "user"), ("user", "action"),
            ("user", "outcome"),
        ]

    def take(self, index, line, wanted):
        if index in wanted:
            self.cited[index] = line
        record = json.loads(line)
        received, kind = ms(record["received"]), record["kind"]
        if received >= self.end:
            return
        if kind in TOLD and record.get("state") != "position":
            self.told.append((index, received, record))
        if received < self.start:
            return
        self.records += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind not in OWN:
            self.take_event(record, received, kind)
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


def fits(record, test):
    if test["is"] == "present":
        return test["key"] in record
    if test["is"] == "absent":
        return test["key"] not in record
    return record.get(test["key"]) in test["is"]


def check_scope(check, tally):
    scope = check.report["scope"]
    check.claim("scope.records", scope["records"], tally.records)
    check.claim("scope.devices", scope["devices"], len(tally.devices))
    check.claim("scope.kinds", scope["kinds"], tally.kinds)
    check.claim("scope.feeds", [feed["name"] for feed in scope["feeds"]], sorted(tally.feeds))
    for feed in scope["feeds"]:
        found = tally.feeds.get(feed["name"], {})
        for key in ("events", "rejected", "delayed", "buckets"):
            check.claim("scope.feeds[%s].%s" % (feed["name"], key), feed[key], found.get(key))
        for key in ("first", "last"):
            check.claim("scope.feeds[%s].%s" % (feed["name"], key), ms(feed[key]), found.get(key))
    for item in scope["breakdowns"]:
        counts = tally.values.get((item["kind"], item["key"]), {})
        name = "scope.breakdowns[%s.%s]" % (item["kind"], item["key"])
        check.claim(name + ".different", item["different"], len(counts))
        found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:NAMES]
        check.claim(name + ".values", [(v["name"], v["count"]) for v in item["values"]], found)


def check_controls(check, tally):
    found = {(identity, place): seen for (identity, place, _), seen in zip(tally.selectors, tally.selected)}
    listed = {"%s/%s" % (v["profile"], v["behavior"]): 0 for v in check.report["violations"]["list"]}
    for item in check.report["violations"]["byBehavior"]:
        listed[item["name"]] = item["count"]
    for control in check.report["controls"]:
        name = "controls[%s]" % control["id"]
        for place, item in enumerate(control["evidence"]):
            count, first, last = found[(control["id"], place)]
            where = "%s.evidence[%d] (%s)" % (name, place, item["label"])
            check.claim(where + ".count", item["count"], count)
            check.claim(where + ".first", item.get("first"), first)
            check.claim(where + ".last", item.get("last"), last)
        bad = sum(
            1 for index, record in newest_findings(tally)
            if record["check"] in control["checks"] and record.get("state") == "found" and not record.get("suppressed"))
        check.claim(name + ".findings", control["findings"], bad)
        violations = sum(listed.get(behavior, 0) for behavior in control["behaviors"])
        if (violations > 0 or bad > 0) != (control["result"] == "needs-attention"):
            check.fail(name + ".result", "says %s with %d violations and %d findings" % (control["result"], violations, bad))


def check_violations(check, tally):
    said = check.report["violations"]
    began, ended, before = [], {}, set()
    for index, received, record in tally.told:
        if record["kind"] != "violation":
            continue
        if record["event"] == "in-alarm":
            if received < tally.start:
                before.add(record["id"])
            else:
                began.append((index, received, record))
        elif received < tally.start:
            before.discard(record["id"])
        else:
            ended[record["id"]] = (index, record)
    check.claim("violations.count", said["count"], len(began))
    check.claim("violations.open", said["open"], len({r["id"] for _, _, r in began} - set(ended)))
    check.claim("violations.carriedOver", said["carriedOver"], len(before))
    for key, of in (("bySeverity", lambda r: r["severity"]), ("byBehavior", lambda r: r["profile"] + "/" + r["behavior"])):
        counts = {}
        for _, _, record in began:
            counts[of(record)] = counts.get(of(record), 0) + 1
        check.claim("violations." + key, {item["name"]: item["count"] for item in said[key]}, counts)
    buckets = [0] * tally.buckets
    for _, received, _ in began:
        buckets[(received - tally.start) // tally.bucket] += 1
    check.claim("violations.buckets", said["buckets"], buckets)
    check.claim("violations.list", [item["record"] for item in said["list"]], [index for index, _, _ in began][:LISTED])
    for place, (item, (index, received, record)) in enumerate(zip(said["list"], began)):
        name = "violations.list[%d] (%s)" % (place, item["id"])
        first = ms(record["time"])
        for key, found in (
            ("id", record["id"]), ("profile", record["profile"]), ("behavior", record["behavior"]),
            ("severity", record["severity"]), ("name", record[record["subject"]]), ("why", record.get("why", "")),
        ):
            check.claim("%s.%s" % (name, key), item[key], found)
        check.claim(name + ".value", item.get("value"), str(record["value"]) if "value" in record else None)
        check.claim(name + ".firstSeen", ms(item["firstSeen"]), first)
        check.claim(name + ".awareAt", ms(item["awareAt"]), received)
        check.claim(name + ".detectMilliseconds", item["detectMilliseconds"], received - first)
        end = ended.get(record["id"])
        check.claim(name + ".endRecord", item.get("endRecord"), end and end[0])
        if end:
            check.claim(name + ".durationMilliseconds", item.get("durationMilliseconds"), ms(end[1]["time"]) - first)


def newest_findings(tally):
    """What audits found in the period: of each check and resource the newest record, in log order."""
    newest = {}
    for index, received, record in tally.told:
        if record["kind"] == "finding" and received >= tally.start and "check" in record:
            newest[(record["check"], record.get("resource", ""))] = (index, record)
    return sorted(newest.values(), key=lambda pair: pair[0])


def check_lists(check, tally):
    report = check.report
    inside = [(index, record) for index, received, record in tally.told if received >= tally.start]
    gaps = [(index, record) for index, record in inside if record["kind"] == "gap"]
    check.claim("coverage.gaps", [gap["record"] for gap in report["coverage"]["gaps"]], [index for index, _ in gaps])
    for gap, (index, record) in zip(report["coverage"]["gaps"], gaps):
        name = "coverage.gaps[#%d]" % index
        check.claim(name + ".milliseconds", gap["milliseconds"], ms(record["to"]) - ms(record["from"]))
        check.claim(name + ".cause", gap["cause"], record["cause"])
    for key, kind in (("mitigations", "mitigation"), ("decisions", "operator"), ("findings", "finding")):
        found = [index for index, record in inside if record["kind"] == kind]
        if kind == "finding":
            found = [index for index, record in newest_findings(tally)]
        check.claim(key + ".count", report[key]["count"], len(found))
        check.claim(key + ".list", [item["record"] for item in report[key]["list"]], found[:LISTED])
    reads = [index for index, record in inside if record["kind"] == "log" and "action" in record and "by" in record]
    check.claim("accesses.count", report["accesses"]["count"], len(reads))
    check.claim("accesses.list", [item["record"] for item in report["accesses"]["list"]], reads[:LISTED])
    changes = [(index, record) for index, received, record in tally.told if record["kind"] == "profile"]
    earlier = [pair for pair in changes if ms(pair[1]["received"]) < tally.start][-1:]
    changes = earlier + [pair for pair in changes if ms(pair[1]["received"]) >= tally.start]
    check.claim(
        "profiles.changes", [(c["record"], c["sha256"]) for c in report["profiles"]["changes"]],
        [(index, record["sha256"]) for index, record in changes])
    by_behavior = {item["name"]: item["count"] for item in report["violations"]["byBehavior"]}
    for row in report["profiles"]["behaviors"]:
        name = "%s/%s" % (row["profile"], row["behavior"])
        check.claim("profiles.behaviors[%s].violations" % name, row["violations"], by_behavior.get(name, 0))


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
    for place, item in enumerate(report["violations"]["list"]):
        cite(item["record"], "violations.list[%d].record" % place)
        cite(item.get("endRecord"), "violations.list[%d].endRecord" % place)
    for key in ("mitigations", "decisions", "findings", "accesses"):
        for place, item in enumerate(report[key]["list"]):
            cite(item["record"], "%s.list[%d]" % (key, place))
    for key in ("gaps", "events"):
        for place, item in enumerate(report["coverage"][key]):
            cite(item["record"], "coverage.%s[%d]" % (key, place))
    for place, item in enumerate(report["profiles"]["changes"]):
        cite(item["record"], "profiles.changes[%d]" % place)
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
    if missing > check.report["unproved"]:
        check.fail("proofs", "%d cited records have no proof, the report admits %d" % (missing, check.report["unproved"]))


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
    arguments = parser.parse_args()
    try:
        with open(arguments.report, "rb") as file:
            data = file.read()
        report = json.loads(data)
        check = Check(report)
        identity = b'  "id": "%s",\n' % report["id"].encode()
        check.claim("id", report["id"], hashlib.sha256(data.replace(identity, b"", 1)).hexdigest()[:32])
        check_checkpoint(check, arguments.key)
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
    for part in (check_scope, check_controls, check_violations, check_lists):
        part(check, tally)
    check_proofs(check, tally, cited)
    for failure in check.failures:
        print("FALSE  " + failure)
    print("%d claims checked, %d false; %d proofs, report %s" % (
        check.claims, len(check.failures), len(report["proofs"]), report["id"]))
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
