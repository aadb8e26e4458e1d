#!/usr/bin/env python3
"""Writes an NDJSON feed of a fleet in which a few devices misbehave. usage: make_feed.py EVENTS DEVICES SEED > FEED

The events spread over one hour; their times are up to 1.5 s out of order. Most are publishes of 40 to 400 bytes.
From minute 20 to 30 every five-hundredth device floods, sends large messages, or fails to log in over and over: one
each of the three, so that each limit of j1.yaml finds devices that no other one finds. The same arguments write the
same bytes.
"""
import random
import sys
import time

START = 1_795_000_000_000                   # ms: 2026-11-18T11:06:40Z
HOUR = 3_600_000
REGIONS = ("eu", "us", "ap", "sa")
CHANNELS = ("temp", "hum", "volt", "state", "gps")
ORDINARY = ["publish"] * 91 + ["deliver"] * 4 + ["connect"] * 2 + ["disconnect"] * 2 + ["subscribe"]
ENDINGS = ("client", "keepalive_timeout", "connection_lost")


def main():
    events, devices, seed = (int(argument) for argument in sys.argv[1:4])
    r = random.Random(seed)
    misbehaving = r.sample(range(devices), max(3, devices // 500))
    second, prefix = None, ""
    lines = []
    for index in range(events):
        moment = index * HOUR // events
        now = START + moment + r.randrange(-1500, 1500)
        device, kind, size = r.randrange(devices), ORDINARY[r.randrange(100)], r.randrange(40, 400)
        if 1_200_000 <= moment < 1_800_000 and r.random() < 0.02:
            which = r.randrange(len(misbehaving))
            if which % 3 != 1:
                device, kind = misbehaving[which], "publish" if which % 3 == 0 else "auth_failure"
            elif r.random() < 0.03:
                device, kind, size = misbehaving[which], "publish", r.randrange(2000, 9000)
        if now // 1000 != second:
            second = now // 1000
            prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        head = f'{{"ts":"{prefix}.{now % 1000:03d}Z","type":"{kind}","client":"device-{device:06d}",'
        tail = f'"ip":"10.{device >> 16}.{device >> 8 & 255}.{device & 255}"}}\n'
        if kind in ("publish", "deliver"):
            topic = f"telemetry/{REGIONS[device % 4]}/device-{device:06d}/{CHANNELS[r.randrange(5)]}"
            body = f'"topic":"{topic}","bytes":{size},"qos":{r.randrange(2)},"retain":false,'
        elif kind == "connect":
            body = f'"protocol":"MQTT/5","keepalive":60,"clean":true,"port":{r.randrange(1024, 65535)},'
        elif kind == "disconnect":
            body = f'"reason":"{ENDINGS[r.randrange(3)]}",'
        elif kind == "subscribe":
            body = f'"topic":"cmd/device-{device:06d}/#","qos":1,'
        else:
            body = '"reason":"not_authorized",'
        lines.append(head + body + tail)
        if len(lines) == 20_000:
            sys.stdout.write("".join(lines))
            lines = []
    sys.stdout.write("".join(lines))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main()
