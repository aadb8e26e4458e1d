#!/usr/bin/env python3
"""Measures what an auditor waits for, on a log of 52.6 million records, and prints a Markdown table; ends with 1 when a limit
is missed.

    python3 Benchmarks/year.py replay|report --picket PATH --work FOLDER [--days D]

The log is made once: 1,000 simulated sensors, a message a minute, 36.5 days (a tenth of a year), signed. `replay` runs it
through the shipped profiles; what a whole year takes is ten times that, and is not measured: work grows with the events,
and memory with the devices. `report` makes a compliance report of all of it: verified, read, and written as JSON and HTML.
--days makes a shorter log, to try it."""
import argparse, os, shutil, subprocess, sys, time

DEVICES, TENTH_DAYS, YEAR_EVENTS = 1_000, 36.5, 525_600_000
PROFILES = ["generic-sensor", "brute-force", "cloned-identity", "connect-storm"]
REPLAY_SECONDS, REPORT_SECONDS, REPORT_MEGABYTES = 15 * 60, 60, 500


def run(*command, check=True, **options):
    """Runs a command to its end: CPU seconds, elapsed seconds, greatest resident megabytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if check and process.returncode != 0:
        sys.exit(f"bench: FAILED: {' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss * 1024 / 1e6


def profiles():
    return [part for name in PROFILES for part in ("--profile", f"profiles/{name}.yaml")]


def make_log(picket, work, days):
    """The log of so many days; made again only where it is not there yet."""
    folder = os.path.join(work, f"year-{days:g}")
    if os.path.exists(os.path.join(folder, "log", "FORMAT")):
        return os.path.join(folder, "log")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    scenario, key, log = (os.path.join(folder, name) for name in ("scenario.yaml", "log.key", "log"))
    with open(scenario, "w") as file:
        file.write(f"for: {round(days * 24)}h\nseed: 1\ndevices: {{ sensor: {{ count: {DEVICES}, every: 60s }} }}\n"
                   "incidents:\n  - { kind: flood, at: 1h, for: 10m }\n  - { kind: brute-force, at: 2h, for: 10m }\n")
    print(f"bench: making a log of {days:g} days (minutes)", file=sys.stderr)
    run(picket, "log", "keys", "create", key, "--for", "example.org/bench", stdout=subprocess.DEVNULL)
    feed = subprocess.Popen([picket, "simulate", scenario], stdout=subprocess.PIPE)
    run(picket, "replay", "-", "--format", "ndjson", *profiles(), "--write-log", log, "--sign-with", key,
        stdin=feed.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    feed.stdout.close()
    if feed.wait() != 0:
        sys.exit("bench: FAILED: picket simulate")
    return log


def records(log):
    with open(os.path.join(log, "checkpoint")) as file:
        return int(file.read().split("\n")[1])


def row(what, value, limit, good):
    print(f"| {what} | {value} | {limit} | {'yes' if good else 'NO'} |", flush=True)
    return good


def replay(picket, log, days):
    cpu, elapsed, peak = run(picket, "replay", log, *profiles(), "--summary", "--output", "json", stdout=subprocess.DEVNULL)
    count = records(log)
    year = elapsed * YEAR_EVENTS / count
    good = row(f"replay of {count / 1e6:.1f} million records ({days:g} days), {len(PROFILES)} profiles",
               f"{elapsed:.0f} s, {count / elapsed / 1e6:.2f} million a second, {cpu:.0f} s of CPU time", "-", True)
    good &= row("a year of 1,000 devices (525.6 million), extrapolated from it", f"{year / 60:.1f} min", "15 min",
                year <= REPLAY_SECONDS)
    return good & row("memory of the replay", f"{peak:.0f} MB", "-", True)


def report(picket, log, days, work):
    files = [os.path.join(work, name) for name in ("year.json", "year.html")]
    cpu, elapsed, peak = run(picket, "report", "--log", log, "--framework", "etsi-en-303-645",
                             *[part for file in files for part in ("--to-file", file)], stderr=subprocess.DEVNULL)
    count = records(log)
    good = row(f"report of {days:g} days over {count / 1e6:.1f} million records, verified, JSON and HTML",
               f"{elapsed:.0f} s, {cpu:.0f} s of CPU time", f"{REPORT_SECONDS} s", elapsed <= REPORT_SECONDS)
    good &= row("memory of the report", f"{peak:.0f} MB", f"{REPORT_MEGABYTES} MB", peak <= REPORT_MEGABYTES)
    size = sum(os.path.getsize(file) for file in files) / 1e6
    return good & row("the two files", f"{size:.1f} MB", "-", True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["replay", "report"])
    parser.add_argument("--picket", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--days", type=float, default=TENTH_DAYS)
    options = parser.parse_args()
    log = make_log(options.picket, options.work, options.days)
    print("| what | measured | wanted | met |\n| :--- | ---: | ---: | :--- |")
    good = (replay(options.picket, log, options.days) if options.what == "replay"
            else report(options.picket, log, options.days, options.work))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
