import Crypto
import PicketEvents

/// The report as JSON. Every number in it can be counted again from the log's own lines; `tools/check_report.py` does.
extension Report {
    /// The first 32 hex digits of the SHA-256 of everything else: the same report has the same id.
    package var id: String { Report.id(of: body) }

    /// The whole report.
    package var json: JSONValue {
        let body = body
        guard case .object(let members) = body else { return body }
        return .object([JSONValue.Member(key: "id", value: .text(Report.id(of: body)))] + members)
    }

    private static func id(of body: JSONValue) -> String {
        String(Hex.string(SHA256.hash(data: body.pretty)).prefix(32))
    }

    private var body: JSONValue {
        .object([
            "format": .text("picket-report 1"),
            "tool": .text(tool),
            "framework": .object([
                "id": .text(framework.id), "title": .text(framework.title), "version": .text(framework.version),
                "source": .text(framework.source), "sha256": .text(framework.sha256),
            ]),
            "period": .object(["from": .time(from), "to": .time(to), "bucketSeconds": .number(bucket / 1_000)]),
            "log": log.json,
            "scope": .object([
                "records": .number(records), "devices": .number(devices), "population": population?.json,
                "kinds": .object(kinds.map { JSONValue.Member(key: $0.kind, value: .number($0.count)) }),
                "feeds": .list(feeds.map(\.json)),
                "breakdowns": .list(
                    breakdowns.map { breakdown in
                        .object([
                            "kind": .text(breakdown.kind), "key": .text(breakdown.key),
                            "different": .number(breakdown.different), "values": counts(breakdown.values),
                        ])
                    }),
            ]),
            "coverage": .object([
                "gaps": .list(
                    gaps.map {
                        .object([
                            "record": .number($0.record), "feed": .text($0.feed), "from": .time($0.from),
                            "to": .time($0.to), "milliseconds": .number($0.to - $0.from), "cause": .text($0.cause),
                        ])
                    }),
                "outages": .list(coverage.outages.map(\.json)),
                "silences": .list(coverage.silences.map(\.json)),
                "runningMilliseconds": coverage.isLive ? .number(running) : nil,
                "events": entries(runs),
                "eventsLeftOut": leftOut(runs.count),
            ]),
            "profiles": .object([
                "changes": .list(
                    changes.map {
                        .object([
                            "record": .number($0.record), "time": .time($0.time), "sha256": .text($0.sha256),
                            "profiles": .texts($0.profiles), "copyKept": .flag($0.isKept),
                            "differences": $0.differences.isEmpty ? nil : .texts($0.differences),
                            "namedByDeletion": $0.isNamedByDeletion ? .flag(true) : nil,
                        ])
                    }),
                "behaviors": .list(behaviors.map(\.json)),
                "exceptions": .list(exceptions.map(\.json)),
                "silences": .list(silences.map(\.json)),
            ]),
            "controls": .list(controls.map { $0.json(framework.id) }),
            "violations": violations.json,
            "mitigations": .object([
                "count": .number(mitigations.count), "states": counts(mitigationStates.map { ($0.state, $0.count) }),
                "list": entries(mitigations), "leftOut": leftOut(mitigations.count),
            ]),
            "decisions": table(decisions),
            "findings": .object([
                "count": .number(findings.items.count), "open": .number(findings.items.count { $0.isBad }),
                "list": .list(findings.items.prefix(ReportLimits.listed).map(\.json)),
                "leftOut": leftOut(findings.items.count),
            ]),
            "accesses": table(accesses),
            "users": .object([
                "count": .number(acts.count), "list": .list(acts.prefix(ReportLimits.listed).map(\.json)),
                "leftOut": leftOut(acts.count),
            ]),
            "limits": .texts(limits),
            "unproved": .number(unproved),
            "proofs": .list(
                proofs.map {
                    .object(["record": .number($0.record), "line": .text($0.line), "hashes": .texts($0.hashes)])
                }),
        ])
    }

    /// How long Picket ran in the period, in milliseconds.
    var running: Int64 {
        to - from - Coverage.total(coverage.outages.map { ($0.from, $0.to) }, from: from, to: to)
    }

    private func table(_ list: [Entry]) -> JSONValue {
        .object(["count": .number(list.count), "list": entries(list), "leftOut": leftOut(list.count)])
    }

    private func entries(_ list: [Entry]) -> JSONValue {
        .list(
            list.prefix(ReportLimits.listed).map {
                .object(["record": .number($0.record), "time": .time($0.time), "what": .text($0.what)])
            })
    }
}

/// How many of `count` a list of a page leaves out; nil for none.
private func leftOut(_ count: Int) -> JSONValue? {
    count > ReportLimits.listed ? .number(count - ReportLimits.listed) : nil
}

func counts(_ list: [(name: String, count: Int)]) -> JSONValue {
    .list(list.map { .object(["name": .text($0.name), "count": .number($0.count)]) })
}

extension Report.Log {
    var json: JSONValue {
        .object([
            "origin": .text(origin), "size": .number(size), "root": .text(root), "firstIndex": .number(firstIndex),
            "verdict": .text("sound"), "checkpoint": .text(checkpoint), "keys": .texts(keys),
            "notProven": .texts(notProven),
        ])
    }
}

extension Report.Feed {
    var json: JSONValue {
        .object([
            "name": .text(name), "events": .number(events), "rejected": .number(rejected),
            "delayed": .number(delayed), "first": first.map { .time($0) }, "last": last.map { .time($0) },
            "unseenMilliseconds": .number(unseen), "buckets": .list(buckets.map { .number($0) }),
        ])
    }
}

extension Report.Exception {
    var json: JSONValue {
        .object([
            "record": record.map { .number($0) }, "profile": .text(profile), "behavior": .text(behavior),
            "subject": .text(subject), "reason": .text(reason), "owner": .text(owner), "expires": .time(expires),
        ])
    }
}

extension Report.Population {
    var json: JSONValue {
        .object([
            "records": .list(records.map { .number($0) }), "registered": .number(registered),
            "notSeen": .number(notSeen.count),
            "notSeenNames": .texts(Array(notSeen.prefix(ReportLimits.listed))),
            "notSeenLeftOut": leftOut(notSeen.count),
            "notRegistered": .number(notRegistered.count),
            "notRegisteredNames": .texts(Array(notRegistered.prefix(ReportLimits.listed))),
            "notRegisteredLeftOut": leftOut(notRegistered.count),
        ])
    }
}

extension Report.BehaviorRow {
    var json: JSONValue {
        .object([
            "profile": .text(profile), "behavior": .text(behavior), "metric": .text(metric),
            "method": .text(sentence), "controls": .texts(controls), "violations": .number(violations),
            "witnesses": witnesses.isEmpty ? nil : .texts(witnesses.map { "\($0.name)" }),
            "witnessed": witnesses.isEmpty ? nil : .number(witnessed),
        ])
    }
}

extension Report.ControlResult {
    func json(_ framework: String) -> JSONValue {
        .object([
            "id": .text(control.id), "title": .text(control.title), "status": control.status.map { .text($0) },
            "asks": .text(control.asks), "result": .text(outcome.rawValue), "sentence": .text(sentence),
            "behaviors": .texts(Array(Set(behaviors.map { "\($0.profile)/\($0.behavior)" })).sorted()),
            "metrics": .texts(control.metrics), "integrity": control.integrity ? .flag(true) : nil,
            "checks": .texts(control.checks), "findings": .number(findings),
            "evidence": .list(
                evidence.map { item in
                    .object([
                        "label": .text(item.selector.label), "select": item.selector.json,
                        "count": .number(item.span.count),
                        "first": item.span.count > 0 ? .number(item.span.first) : nil,
                        "last": item.span.count > 0 ? .number(item.span.last) : nil,
                    ])
                }),
            "samples": .list(samples.map { .number($0) }), "shows": .text(control.shows),
            "doesNotShow": .text(control.doesNotShow),
        ])
    }
}

extension ViolationSummary {
    var json: JSONValue {
        .object([
            "count": .number(count), "open": .number(open), "carriedOver": .number(carried.count),
            "bySeverity": counts(bySeverity.map { ($0.severity, $0.count) }),
            "byBehavior": counts(byBehavior.map { ($0.behavior, $0.count) }),
            "excused": counts(excused.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
            "buckets": .list(buckets.map { .number($0) }),
            "list": .list(items.prefix(ReportLimits.listed).map(\.json)),
            "leftOut": leftOut(items.count),
            "carried": .list(carried.map(\.json)),
            "endsOfDeleted": endsOfDeleted.isEmpty
                ? nil
                : .list(
                    endsOfDeleted.map { .object(["record": .number($0.record), "behavior": .text($0.behavior)]) }),
        ])
    }
}

extension ViolationSummary.Item {
    var json: JSONValue {
        .object([
            "id": .text(id), "profile": .text(profile), "behavior": .text(behavior), "subject": .text(subjectKind),
            "name": .text(subject), "severity": .text(severity), "evidence": .text(evidence),
            "identity": identity.map { .text($0) }, "value": value.map { .text($0) }, "expected": .text(expected),
            "why": .text(why), "suppressed": isSuppressed ? .flag(true) : nil,
            "excused": excuse.map { .text($0) }, "record": .number(record),
            "firstSeen": .time(firstSeen), "awareAt": .time(awareAt),
            "detectMilliseconds": .number(awareAt - firstSeen),
            "endRecord": endRecord.map { .number($0) }, "end": endEvent.map { .text($0) },
            "endedAt": endedAt.map { .time($0) },
            "durationMilliseconds": endedAt.map { .number($0 - firstSeen) },
            "verdict": verdict.map { .text($0) }, "decidedAt": decidedAt.map { .time($0) },
            "decisions": decisions.isEmpty ? nil : .list(decisions.map { .number($0) }),
            "mitigations": mitigations.isEmpty ? nil : .list(mitigations.map { .number($0) }),
        ])
    }
}

extension Coverage.Outage {
    var json: JSONValue {
        .object([
            "record": .number(record), "from": .time(from), "to": .time(to), "milliseconds": .number(to - from),
            "cause": .text(cause.rawValue),
        ])
    }
}

extension Coverage.Silence {
    var json: JSONValue {
        .object([
            "record": .number(record), "endRecord": endRecord.map { .number($0) }, "feed": .text(feed),
            "from": .time(from), "to": .time(to), "milliseconds": .number(to - from),
        ])
    }
}

extension UserActs.Act {
    var json: JSONValue {
        .object([
            "user": .text(user), "action": .text(action), "outcome": .text(outcome), "count": .number(span.count),
            "first": .time(first), "last": .time(last), "firstRecord": .number(span.first),
            "lastRecord": .number(span.last),
        ])
    }
}

extension FindingSummary.Item {
    var json: JSONValue {
        .object([
            "record": .number(record), "time": .time(time), "what": .text(what), "from": from.map { .time($0) },
            "to": to.map { .time($0) }, "closedRecord": closedRecord.map { .number($0) },
        ])
    }
}
