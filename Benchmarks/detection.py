#!/usr/bin/env python3
"""How well the shipped profiles detect: simulated attacks at full rate and thinned out, and what is no attack.

    script/bench-detection                 writes Documentation/DETECTION.md
    python3 Benchmarks/detection.py --picket PATH --seeds 3

An alarm is right when its device, address or certificate is one of an attack, and it came within the attack or the window
of its behavior after it. All others are false. Every number follows from the seeds; no clock is read."""
import argparse, json, os, statistics, subprocess, sys, tempfile
from datetime import datetime

ATTACKS = ["flood", "big-payloads", "brute-force", "topic-scan", "stolen-client", "cloned-certificate", "client-rotation",
           "silent", "low-and-slow"]
NUISANCES = ["broker-restart", "firmware", "clock-step", "backlog"]
DIVISORS = [1, 10, 100]
# Sensors alone: the limits of generic-sensor are theirs, and it targets everything that a feed names.
TYPES, DEVICES = ["sensor"], 40
PROFILES = ["generic-sensor", "brute-force", "cloned-identity", "connect-storm"]
HOURS, ATTACK_AT, ATTACK_FOR = 3, "1h", "1h"
# The longest window of these profiles is an hour; an alarm after its attack may still be about it for that long.
GRACE_SECONDS = 3600
WEEK_SECONDS = 7 * 86400


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def run(arguments, picket):
    done = subprocess.run([picket, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: FAILED: picket {' '.join(arguments)}\n{done.stderr}")
    return done.stdout


def alarms(picket, folder, scenario):
    """What the profiles say of a scenario, and what happened in it."""
    path, feed, truth = (os.path.join(folder, name) for name in ("scenario.yaml", "feed.ndjson", "truth.ndjson"))
    with open(path, "w") as file:
        file.write(scenario)
    run(["simulate", path, "--to-file", feed, "--truth", truth], picket)
    profiles = [part for name in PROFILES for part in ("--profile", f"profiles/{name}.yaml")]
    out = run(["replay", feed, "--format", "ndjson", "--output", "json", *profiles], picket)
    lines = [json.loads(line) for line in out.splitlines()]
    with open(truth) as file:
        incidents = [json.loads(line) for line in file]
    for incident in incidents:
        # What a device does itself shows at its own address too.
        if "device" in incident and "address" not in incident:
            incident["address"] = address_of(incident["device"], feed)
    return [line for line in lines if line.get("event") == "in-alarm"], incidents


def address_of(device, feed):
    with open(feed) as file:
        return next(event["address"] for event in map(json.loads, file) if event["device"] == device)


def is_right(alarm, attack):
    subject = alarm["subject"]
    return (attack["truth"] == "attack" and attack.get(subject) == alarm[subject]
            and seconds(attack["from"]) <= seconds(alarm["time"]) <= seconds(attack["to"]) + GRACE_SECONDS)


def scenario(seed, incident):
    return (f"for: {HOURS}h\nseed: {seed}\ndevices: {{ {', '.join(f'{kind}: {DEVICES}' for kind in TYPES)} }}\n"
            + (f"incidents: [{incident}]\n" if incident else ""))


def rate(count, runs):
    return count * WEEK_SECONDS / (DEVICES * len(TYPES) * HOURS * 3600 * runs)


def span(value):
    return "-" if value is None else f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picket", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", help="the page to write")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    attack_rows, nuisance_rows = [], []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ATTACKS:
            for divisor in DIVISORS if kind != "silent" else [1]:
                delays, false, behaviors = [], 0, set()
                for seed in seeds:
                    # Another victim for every seed: what is found of one device must be found of the others.
                    device = f"sensor-{(seed * 13) % DEVICES + 1:06d}"
                    found, truth = alarms(options.picket, folder, scenario(
                        seed, f"{{ kind: {kind}, device: {device}, at: {ATTACK_AT}, for: {ATTACK_FOR}, divisor: {divisor} }}"))
                    right = [alarm for alarm in found if is_right(alarm, truth[0])]
                    false += len(found) - len(right)
                    behaviors |= {f"{alarm['profile']}/{alarm['behavior']}" for alarm in right}
                    if right:
                        delays.append(min(seconds(alarm["time"]) for alarm in right) - seconds(truth[0]["from"]))
                attack_rows.append([kind, f"1/{divisor}", f"{len(delays)} of {len(seeds)}",
                                    span(statistics.median(delays) if delays else None),
                                    f"{rate(false, len(seeds)):.2f}", ", ".join(sorted(behaviors)) or "nothing"])
                print("bench:", *attack_rows[-1], file=sys.stderr)
        for kind in [None, *NUISANCES]:
            counts = {}
            for seed in seeds:
                incident = kind and f"{{ kind: {kind}, at: {ATTACK_AT}, for: 20m }}"
                for alarm in alarms(options.picket, folder, scenario(seed, incident))[0]:
                    name = f"{alarm['profile']}/{alarm['behavior']}"
                    counts[name] = counts.get(name, 0) + 1
            total = sum(counts.values())
            nuisance_rows.append([kind or "an ordinary day", total, f"{rate(total, len(seeds)):.2f}",
                                  ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"])
            print("bench:", *nuisance_rows[-1], file=sys.stderr)
    caught = {divisor: sum(int(row[2].split()[0]) for row in attack_rows if row[1] == f"1/{divisor}") for divisor in DIVISORS}
    tried = {divisor: sum(len(seeds) for row in attack_rows if row[1] == f"1/{divisor}") for divisor in DIVISORS}
    page = f"""# How well the shipped profiles detect

Made by `script/bench-detection`; do not edit. {DEVICES} simulated sensors (`picket simulate`), {HOURS} hours a run,
{len(seeds)} seeds, each with another victim; an attack lasts an hour. Profiles: {', '.join(PROFILES)}, as they are shipped.
Simulated traffic is more regular than that of a real fleet: expect more false alarms there, and run
`picket replay` with the profiles over your own log.

Found: {'; '.join(f'{caught[d]} of {tried[d]} at 1/{d} of the rate' for d in DIVISORS)}.

## Attacks

{table(["attack", "rate", "found", "after (median)", "false alarms per device-week", "by"], attack_rows)}

A false alarm here is one about another subject than the attack's: the copy of a device, or a name that an attacker tried,
is counted as false though it came from the attack.
What was not found stays under limits that are made for all sensors. A limit that learns what one device does (`history`), or
compares it with the others (`peers`), is narrower; see [PROFILES.md](PROFILES.md). The shipped profiles have none: they need days
of your own traffic first.

## What is no attack

{table(["what", "alarms", "alarms per device-week", "by"], nuisance_rows)}

A device that sends at once what it kept through an outage is a flood for a narrow limit on messages: that of generic-sensor
leaves room for a hundred readings. Add the backlog that your devices keep to yours, or let an exception cover a planned outage.
"""
    if options.write:
        with open(options.write, "w") as file:
            file.write(page)
    else:
        print(page)


if __name__ == "__main__":
    main()
