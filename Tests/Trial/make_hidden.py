#!/usr/bin/env python3
"""Makes the hidden events of the trial, and what must come of them: hidden/NN.ndjson and hidden/NN.expected.

An expected line is a time and a subject: the alarms that must open, no more and no fewer, in any order.
"""
import datetime, json, pathlib

BASE = datetime.datetime(2026, 11, 18, 12, 0, tzinfo=datetime.timezone.utc)
HIDDEN = pathlib.Path(__file__).parent / "hidden"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def at(seconds):
    moment = BASE + datetime.timedelta(milliseconds=round(seconds * 1000))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def event(seconds, kind, device=None, **keys):
    return seconds, {"time": at(seconds), "kind": kind} | ({"device": device} if device else {}) | keys


def publish(seconds, device, topic, size=80):
    return event(seconds, "publish", device, topic=topic, bytes=size)


def clock(until, step=30):
    return [event(s, "subscribe", "clock", topic="clock") for s in range(0, until + 1, step)]


def unlock(seconds, door):
    return event(seconds, "deliver", f"door-{door}", topic=f"lock/{door}/unlock", bytes=1)


def failed(seconds, address, device="t-1", reason="not-authorized"):
    return event(seconds, "connect-failed", device, reason=reason, address=address)


def thermostats():
    yield from clock(1200)
    for device in ("thermo-1", "thermo-2", "meter-1"):
        yield from (publish(10 + i, device, f"telemetry/{device}/room/temp") for i in range(30))
    yield publish(100, "thermo-1", "telemetry/thermo-1/x")                          # the 31st
    yield publish(101, "thermo-2", "state/thermo-2")                                # elsewhere
    yield publish(102, "thermo-2", "telemetry/thermo-1/x")                          # another one's tree
    yield publish(103, "meter-1", "telemetry/meter-1/x")                            # no thermostat


def networks():
    for i, address in enumerate(("10.30.0.1", "10.30.255.254", "2001:db8:30::1", "::ffff:10.30.4.4")):
        yield event(i, "connect", f"t-{i}", address=address)
    yield event(10, "connect", "t-0", address="10.31.0.1")
    yield event(11, "connect", "t-2", address="2001:db8:31::1")
    yield event(12, "publish", "t-3", topic="a", bytes=1, address="203.0.113.1")    # no connect
    yield event(13, "connect-failed", "t-3", reason="banned", address="203.0.113.1")
    yield event(20, "connect", "t-0", address="10.30.0.1")


def guesses():
    yield from clock(900)
    yield from (failed(i, f"203.0.113.{i}", f"t-{i}", ("not-authorized", "unavailable", "banned")[i % 3]) for i in range(21))
    yield from (failed(i + 0.5, f"198.51.{i}.7") for i in range(40))               # as many networks
    yield from (failed(i * 20 + 0.7, "192.0.2.9") for i in range(30))               # too slow: 15 in five minutes
    yield from (event(i + 0.2, "connect", "t-9", address="192.0.2.10") for i in range(40))


def night():
    yield unlock(-2 * HOUR, "a")                                                    # 11:00 in Berlin
    yield unlock(8 * HOUR + 59 * MINUTE + 59, "b")                                  # 21:59:59
    yield unlock(9 * HOUR, "c")                                                     # 22:00
    yield event(9 * HOUR + 1, "publish", "door-x", topic="lock/x/unlock", bytes=1)  # not delivered
    yield unlock(16 * HOUR + 59 * MINUTE + 59, "d")                                 # 05:59:59
    yield unlock(17 * HOUR, "e")                                                    # 06:00


def asked():
    yield from clock(600)
    yield unlock(100, "a")
    yield event(115, "user", user="anna", action="door.open", resource="door-a")
    yield unlock(200, "b")
    yield event(221, "user", user="anna", action="door.open", resource="door-b")    # too late
    yield event(290, "user", user="anna", action="door.close", resource="door-c")
    yield unlock(300, "c")
    yield event(385, "user", user="anna", action="door.open", resource="door-d")
    yield unlock(400, "d")


def got_in():
    yield from clock(3000)
    yield from (failed(10 + i, "203.0.113.5") for i in range(6))
    yield event(30, "connect", "t-1", address="203.0.113.5")
    yield from (failed(10.5 + i, "203.0.113.6") for i in range(5))                  # only five
    yield event(31, "connect", "t-2", address="203.0.113.6")
    yield from (failed(10.7 + i, "203.0.113.7", reason="unavailable") for i in range(9))
    yield event(32, "connect", "t-3", address="203.0.113.7")
    yield from (failed(1000 + i, "203.0.113.8") for i in range(6))
    yield event(2500, "connect", "t-4", address="203.0.113.8")                      # more than a quarter of an hour later


def silent():
    yield from (event(s, "subscribe", "clock", topic="clock") for s in range(0, 230 * MINUTE, 60))
    yield publish(100, "t-1", "a")
    yield from (publish(100 + 44 * MINUTE * i, "t-2", "a") for i in range(5))
    yield publish(200, "t-3", "a")
    yield event(200 + 40 * MINUTE, "connect-failed", "t-3", reason="unavailable")   # heard, in a way
    yield event(200 + 80 * MINUTE, "deliver", "t-3", topic="a", bytes=1)
    yield publish(200 + 120 * MINUTE, "t-3", "a")
    yield publish(200 + 160 * MINUTE, "t-3", "a")
    yield publish(200 + 200 * MINUTE, "t-3", "a")


def cameras():
    yield from clock(1800)
    for i in range(20):
        yield publish(10 + i, f"camera-{i}", "picture", 1_000_000)
    yield publish(50, "camera-0", "picture", 3_000_000)                             # 4 MB: exactly the limit
    yield publish(51, "camera-1", "picture", 3_000_001)                             # a byte more
    yield publish(52, "recorder-1", "picture", 90_000_000)
    yield publish(53, "meter-1", "x", 10)


def batteries():
    def report(seconds, device, volt):
        return event(seconds, "report", device, reportId=str(int(seconds)), metrics={"battery_voltage": volt})
    for i, volt in enumerate((3.0, 3.05, 3.1, 3.0, 3.0, 3.09, 2.9, 3.2, 3.0)):      # the sixth is the third in a row
        yield report(i * 60, "t-1", volt)
    for i, volt in enumerate((3.0, 3.0, 3.3, 3.0, 3.0, 3.1)):
        yield report(i * 60 + 1, "t-2", volt)


def unknown_networks():
    yield event(0, "connect", "t-1", address="10.1.0.1")
    yield event(DAY, "connect", "t-1", address="10.2.9.9")
    yield event(2 * DAY - 60, "connect", "t-1", address="10.3.0.1")                 # just in time
    yield event(2 * DAY + 60, "connect", "t-1", address="10.2.200.1")               # known network
    yield event(2 * DAY + 120, "connect", "t-1", address="10.4.0.1")
    yield event(DAY + 5, "connect", "t-2", address="172.16.0.1")
    yield event(2 * DAY + 130, "connect", "t-2", address="172.17.0.1")              # still learning


TASKS = [
    (thermostats, [(100, "thermo-1")]),
    (networks, [(10, "t-0"), (11, "t-2")]),
    (guesses, [(20, "203.0.113.0/24")]),
    (night, [(9 * HOUR, "door-c"), (16 * HOUR + 59 * MINUTE + 59, "door-d")]),
    (asked, [(220, "door-b"), (320, "door-c")]),
    (got_in, [(15, "203.0.113.5"), (30, "203.0.113.5"), (1005, "203.0.113.8")]),
    (silent, [(100 + 45 * MINUTE + 1, "t-1"), (100 + (44 * 4 + 45) * MINUTE + 1, "t-2")]),
    (cameras, [(60, "camera-1")]),
    (batteries, [(300, "t-1")]),
    (unknown_networks, [(2 * DAY + 120, "t-1")]),
]

if __name__ == "__main__":
    HIDDEN.mkdir(exist_ok=True)
    for number, (make, expected) in enumerate(TASKS, 1):
        lines = [line for _, line in sorted(make(), key=lambda pair: pair[0])]
        (HIDDEN / f"{number:02}.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (HIDDEN / f"{number:02}.expected").write_text("".join(f"{at(time)} {who}\n" for time, who in expected))
