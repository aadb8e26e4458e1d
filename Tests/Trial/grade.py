#!/usr/bin/env python3
"""Runs ten profiles on the hidden events and says which find exactly what they must.

    grade.py --picket PATH FOLDER           FOLDER holds 01.yaml to 10.yaml
"""
import argparse, json, pathlib, subprocess, sys, tempfile

import make_hidden

HERE = pathlib.Path(__file__).parent


def alarms(picket, feed, profile):
    """(time, subject) of each alarm that opens, and what was said instead of them."""
    run = subprocess.run([picket, "replay", str(feed), "--format", "ndjson", "--profile", str(profile), "--output", "json"],
                         capture_output=True, text=True)
    if run.returncode:
        return None, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return sorted(f"{l['time']} {l[l['subject']]}" for l in lines if l["event"] == "in-alarm"), run.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--picket", required=True)
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    passed = 0
    for number in range(1, len(make_hidden.TASKS) + 1):
        name = f"{number:02}"
        expected = sorted((HERE / "hidden" / f"{name}.expected").read_text().splitlines())
        found, said = alarms(options.picket, HERE / "hidden" / f"{name}.ndjson", options.folder / f"{name}.yaml")
        if found == expected:
            passed += 1
            print(f"{name} passed")
            continue
        print(f"{name} FAILED")
        if found is None:
            print("   " + said.strip().replace("\n", "\n   "))
        else:
            for line in sorted(set(expected) - set(found)):
                print(f"   missing  {line}")
            for line in sorted(set(found) - set(expected)):
                print(f"   too many {line}")
    print(f"{passed} of {len(make_hidden.TASKS)}")
    sys.exit(0 if passed == len(make_hidden.TASKS) else 1)


if __name__ == "__main__":
    main()
