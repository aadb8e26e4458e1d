#!/usr/bin/env python3
"""Measures the log on this machine and prints a Markdown table; ends with 1 when something is wrong or a limit is missed.

    python3 Benchmarks/log.py --picket PATH --bench PATH --feed FILE.ndjson --work FOLDER

The feed is replayed into a log once. Its records are then appended to new logs as `picket run` does, at levels 1 and 6
(`picket-bench append`). The log of level 6 is measured: its bytes, all files included, after a query has made its index;
the time of `picket log verify`; the time to print all events of one device; and whether gzip and both verifiers agree.
"""
import argparse, glob, json, os, shutil, subprocess, sys, time

parser = argparse.ArgumentParser()
for name in ("picket", "bench", "feed", "work"):
    parser.add_argument("--" + name, required=True)
options = parser.parse_args()
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE, LIVE = os.path.join(options.work, "source-log"), os.path.join(options.work, "live-log")
failed = False


def row(what, value, limit, good):
    global failed
    failed = failed or not good
    print(f"| {what} | {value} | {limit} | {'yes' if good else 'NO'} |", flush=True)


def run(*command, out=subprocess.DEVNULL):
    """Runs a command to its end: CPU seconds, elapsed seconds, greatest resident bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"log.py: {' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss * 1024


def best(times, *command, out=subprocess.DEVNULL):
    return min(run(*command, out=out) for _ in range(times))


def append(level):
    """The best of three runs by processor time."""
    runs = []
    for _ in range(3):
        shutil.rmtree(LIVE, ignore_errors=True)
        text = subprocess.run([options.bench, "append", str(level), SOURCE, LIVE], check=True, stdout=subprocess.PIPE)
        runs.append(json.loads(text.stdout))
    return min(runs, key=lambda found: found["cpuSeconds"]), max(found["peakBytes"] for found in runs)


def sha256(command):
    return subprocess.run(f"{command} | sha256sum", shell=True, check=True, stdout=subprocess.PIPE).stdout.split()[0]


shutil.rmtree(SOURCE, ignore_errors=True)
run(options.picket, "replay", options.feed, "--format", "ndjson", "--profile", os.path.join(HERE, "j1.yaml"),
    "--write-log", SOURCE)
print("| what | measured | wanted | met |\n| :--- | ---: | ---: | :--- |")
for level, wanted in ((1, 400_000), (6, 250_000)):
    found, peak = append(level)
    records, rate = found["records"], found["records"] / found["cpuSeconds"]
    row(f"appended records per CPU second, level {level}, synced, with tree and checkpoints", f"{rate:,.0f}",
        f"{wanted:,}", rate >= wanted)
    row(f"memory of that writer, level {level}", f"{peak / 1e6:.0f} MB", "64 MB", peak <= 64e6)

segments = sorted(glob.glob(os.path.join(LIVE, "seg", "*", "*.gz")))
row("gzip -t", f"{len(segments)} segments", "clean", subprocess.run(["gzip", "-t", *segments]).returncode == 0)
same = sha256(f"zcat {' '.join(segments)}") == sha256(f"{options.picket} log cat {LIVE}")
row("zcat and picket log cat", "the same bytes" if same else "DIFFERENT", "the same", same)

cpu, elapsed, peak = best(3, options.picket, "log", "verify", LIVE)
row("verified records per CPU second", f"{records / cpu:,.0f}", "1,000,000", records / cpu >= 1e6)
row("log verify, elapsed and memory", f"{elapsed:.1f} s, {peak / 1e6:.0f} MB", "64 MB", peak <= 64e6)
independent = os.path.join(HERE, "..", "tools", "verify_log.py")
cpu, elapsed, peak = run(sys.executable, "-B", independent, LIVE)
row("tools/verify_log.py, elapsed and memory", f"sound, {elapsed:.0f} s, {peak / 1e6:.0f} MB", "sound", True)

with open(options.feed) as lines:
    device = next(json.loads(line)["client"] for line in lines if '"publish"' in line)
answer = os.path.join(options.work, "answer.ndjson")
with open(answer, "wb") as out:
    cold = run(options.picket, "log", "query", LIVE, "--device", device, out=out)
found = open(answer, "rb").read().count(b"\n")
wanted = int(subprocess.run(f"zcat {' '.join(segments)} | grep -c '\"device\":\"{device}\"'", shell=True, check=True,
                            stdout=subprocess.PIPE).stdout)
row("events of one device", f"{found}", f"{wanted}", found == wanted)
runs = [run(options.picket, "log", "query", LIVE, "--device", device) for _ in range(9)]
elapsed = sorted(elapsed for _, elapsed, _ in runs)[4] * 1e3
words = f"{elapsed:.0f} ms, {min(runs)[0] * 1e3:.0f} ms of CPU time (the first, which makes the index: {cold[1]:.1f} s)"
row(f"to find them among {records:,}, median of 9", words, "200 ms", elapsed < 200)
size = int(subprocess.run(["du", "--bytes", "--summarize", "--exclude=reserve", LIVE], check=True,
                          stdout=subprocess.PIPE).stdout.split()[0])
row("bytes per record on disk at level 6, all included", f"{size / records:.1f}", "24", size / records <= 24)
for part in ("seg", "idx", "tile"):
    path = os.path.join(LIVE, part)
    if os.path.isdir(path):
        total = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
        print(f"log.py: {part} {total / records:.2f} bytes per record", file=sys.stderr)
for folder in (SOURCE, LIVE):
    shutil.rmtree(folder)
sys.exit(1 if failed else 0)
