#!/usr/bin/env python3
"""How long a start of `picket run` takes, without and with a snapshot of what it knows. Prints a Markdown table.

    start.py --picket PICKET --feed FEED --work DIR

The log is that of a replay of the feed with j1.yaml. A start is over when it says that it follows its feeds, of which there
is one without a line. Each figure is the best of three; memory is the greatest resident size as the kernel reports it.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

RUNS = 3


class Start:
    """One start, ended as soon as it is up."""

    def __init__(self, picket, folder):
        words = open(folder / "words", "wb+")
        started = time.monotonic()
        pid = os.posix_spawn(
            picket, [picket, "run", "--config", str(folder / "picket.yaml")], os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, words.fileno(), 2), (os.POSIX_SPAWN_DUP2, words.fileno(), 1)])
        while b" records\n" not in (text := (folder / "words").read_bytes()):
            if os.waitpid(pid, os.WNOHANG)[0] or time.monotonic() - started > 600:
                sys.exit(f"start: it did not come up: {text.decode()}")
            time.sleep(0.001)
        self.seconds = time.monotonic() - started
        stopping = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        _, status, usage = os.wait4(pid, 0)
        self.stop = time.monotonic() - stopping
        if os.waitstatus_to_exitcode(status):
            sys.exit(f"start: it ended with {os.waitstatus_to_exitcode(status)}: {(folder / 'words').read_text()}")
        self.memory = usage.ru_maxrss * 1024 / 1e6
        self.words = text.decode()
        found = re.search(r"read (\d+) records", self.words)
        self.read = int(found[1]) if found else 0
        self.restored = "restored at record" in self.words


def main():
    parser = argparse.ArgumentParser()
    for name in ("picket", "feed", "work"):
        parser.add_argument(f"--{name}", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    folder = options.work / "start"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    profile = pathlib.Path(__file__).resolve().parent / "j1.yaml"
    subprocess.run(
        [options.picket, "replay", options.feed, "--format", "ndjson", "--profile", profile, "--write-log",
         folder / "data/log"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    (folder / "none.ndjson").touch()
    (folder / "picket.yaml").write_text(
        f"data: {folder}/data\nprofiles: [{profile}]\nfeeds:\n"
        f"  - {{ name: none, file: {folder}/none.ndjson, format: ndjson }}\n")
    state = folder / "data/state"
    without, with_one = [], []
    for _ in range(RUNS):
        shutil.rmtree(state, ignore_errors=True)
        without.append(Start(str(options.picket), folder))
        with_one.append(Start(str(options.picket), folder))
    if any(start.restored for start in without) or not all(start.restored for start in with_one):
        sys.exit("start: a snapshot was used where there was none, or not where there was one")
    size = max(file.stat().st_size for file in state.iterdir())
    print("| start of `picket run` | records read | s | peak MB | clean stop s |\n| :--- | ---: | ---: | ---: | ---: |")
    for name, starts in (("without a snapshot, which is written", without), ("with a snapshot", with_one)):
        best = min(starts, key=lambda start: start.seconds)
        print(f"| {name} | {best.read:,} | {best.seconds:.2f} | {best.memory:.0f} | {best.stop:.2f} |")
    print(f"\nThe snapshot has {size / 1e6:.1f} MB.")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
