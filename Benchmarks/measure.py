#!/usr/bin/env python3
"""Runs a command and prints what it cost as one row of a Markdown table.

    measure.py --name NAME --events N [--runs R] [--output FILE] [--clean DIR] -- COMMAND...

Of R runs (default 3) the one with the least CPU time counts. CPU time is user + system and memory the greatest
resident size, both of the process and as the kernel reports them when it ends (wait4). --clean removes a folder before
each run. The command's standard output goes to FILE (default: nowhere). Without --name it prints the table's head.
"""
import argparse
import os
import shutil
import sys
import time

HEAD = ("| what | million events/s | million events per CPU second | CPU s | elapsed s | peak MB |\n"
        "| :--- | ---: | ---: | ---: | ---: | ---: |")


def run(command, output):
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1)])
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.monotonic() - started
    os.close(out)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"measure: {' '.join(command)} ended with {code}")
    return usage.ru_utime + usage.ru_stime, elapsed, usage.ru_maxrss * 1024 / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name")
    parser.add_argument("--events", type=int)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--output", default=os.devnull)
    parser.add_argument("--clean")
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    if options.name is None:
        print(HEAD)
        return
    best = None
    for _ in range(options.runs):
        if options.clean:
            shutil.rmtree(options.clean, ignore_errors=True)
        result = run(options.command, options.output)
        best = result if best is None else min(best, result)
    cpu, elapsed, peak = best
    million = options.events / 1e6
    print(f"| {options.name} | {million / elapsed:.2f} | {million / cpu:.2f} | {cpu:.2f} | {elapsed:.2f} | {peak:.0f} |",
          flush=True)


if __name__ == "__main__":
    main()
