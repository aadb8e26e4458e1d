"""What the reference reads: NDJSON lines in the input spellings of the design, and inputs that accept or reject them.

See detect.py, whose remarks R1, R2, ... are named here.
"""
import collections, datetime, functools, json, re

DAY = 86_400_000
EARLIEST, LATEST = 946_684_800_000, 4_102_444_800_000          # 2000-01-01 and 2100-01-01

TIME_KEYS = ("ts", "time", "timestamp", "@timestamp")
KIND_KEYS = ("kind", "type", "event", "eventType")
DEVICE_KEYS = ("device", "thingName")
CLIENT_KEYS = ("client", "clientid", "clientId", "client_id")
USER_KEYS = ("user", "username")
BYTES_KEYS = ("bytes", "size", "payload_size")
ADDRESS_KEYS = ("address", "ip", "sourceIp", "peerhost")
CERTIFICATE_KEYS = ("certificate", "cert")

KINDS = {"connect", "connect-failed", "disconnect", "publish", "deliver", "subscribe", "unsubscribe", "denied",
         "dropped", "report", "alert", "transfer", "broker", "user", "service"}
# Kinds that name a topic, a certificate, a firmware (the table of the design).
OF_TOPICS = {"publish", "deliver", "subscribe", "unsubscribe", "denied", "dropped"}
OF_CERTIFICATES = {"connect", "connect-failed", "publish", "deliver"}
OF_FIRMWARE = {"connect", "alert"}
RESERVED = {"violation", "mitigation", "operator", "profile", "feed", "gap", "tick", "clock", "log", "finding",
            "rejected"}
AUTHORIZATION = {"not-authorized", "bad-certificate", "bad-client-id", "banned"}
FAILURE_REASONS = AUTHORIZATION | {"protocol-error", "unavailable", "unknown"}
DISCONNECT_REASONS = {"client", "keepalive-timeout", "connection-lost", "takeover", "kicked", "protocol-error",
                      "oversize", "not-authorized", "server", "throttled", "expired", "unknown"}

# time: engine time in ms, or None if unreadable. event: None where the line is rejected, with the reason.
Line = collections.namedtuple("Line", "time event reason")


class Event:
    """One accepted line."""

    def __init__(self, kind, line, reason):
        self.kind, self.reason = kind, reason
        device = text(first_of(line, DEVICE_KEYS))
        self.client = text(first_of(line, CLIENT_KEYS)) or device                                           # R36
        certificate = first_of(line, CERTIFICATE_KEYS)
        if isinstance(certificate, dict):
            certificate = certificate.get("serial")
        self.subjects = {
            "device": device or self.client, "user": text(first_of(line, USER_KEYS)),
            "address": text(first_of(line, ADDRESS_KEYS)),
            "topic": text(line.get("topic")) if kind in OF_TOPICS else None,
            "certificate": text(certificate) if kind in OF_CERTIFICATES else None}
        size = first_of(line, BYTES_KEYS)
        self.size = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
        self.firmware = text(line.get("firmware")) if kind in OF_FIRMWARE else None
        self.metrics = line.get("metrics") if kind == "report" and isinstance(line.get("metrics"), dict) else {}
        self.line = line


def unique(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def refuse(constant):
    raise ValueError(constant)          # NaN and Infinity are not JSON


def first_of(line, keys):
    return next((line[key] for key in keys if key in line), None)


TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)")


@functools.lru_cache(maxsize=100_000)
def whole_seconds(date, clock, zone):
    zone = "+00:00" if zone in "Zz" else zone
    moment = datetime.datetime.fromisoformat(f"{date}T{clock}{zone}")
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(seconds=1)


def read_time(value):
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):                                                                     # R5
        return int(value * 1000 // 1) if abs(value) < 1e11 else int(value // 1)
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        seconds = whole_seconds(match[1], match[2], match[4])
    except ValueError:
        return None
    return seconds * 1000 + int((match[3] or "0").ljust(3, "0")[:3])


def text(value):
    return value if isinstance(value, str) and value != "" else None


def decode(raw):
    try:
        if len(raw) > 65_536:
            return Line(None, None, "line-too-long")
        line = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
        if not isinstance(line, dict):
            return Line(None, None, "not-an-event")
        if b"\\u" in raw:
            json.dumps(line, ensure_ascii=False).encode("utf-8")                # half a surrogate pair is not text
    except (ValueError, RecursionError):
        return Line(None, None, "malformed")
    time = read_time(first_of(line, TIME_KEYS))
    if time is None:
        return Line(None, None, "unreadable-time")
    if not EARLIEST <= time < LATEST:
        return Line(time, None, "time-out-of-range")
    kind = first_of(line, KIND_KEYS)
    if kind in RESERVED or line.get("feed") == "picket":
        return Line(time, None, "reserved-kind")
    reason = (text(line.get("reason")) or "").lower().replace("_", "-").replace("ise", "ize")
    if kind in ("auth_failure", "connect-failed"):
        if reason not in FAILURE_REASONS:
            reason = "not-authorized" if kind == "auth_failure" else "unknown"
        kind = "connect-failed"
    elif kind == "disconnect" and reason not in DISCONNECT_REASONS:
        reason = "unknown"
    if not isinstance(kind, str) or kind not in KINDS:
        return Line(time, None, "unknown-kind")
    return Line(time, Event(kind, line, reason), None)


class Input:
    """One feed: its lines in order, each accepted or rejected."""

    def __init__(self, file, name="feed"):
        self.name = name
        self.lines = (decode(raw.rstrip(b"\r\n")) for raw in file if raw.strip() != b"")                    # R22
        self.ahead = collections.deque()
        self.newest = None              # newest engine time accepted
        self.mark = None                # the same, of events that are not device-stamped
        self.look(1)

    def look(self, count):
        while len(self.ahead) < count:
            line = next(self.lines, None)
            if line is None:
                return False
            self.ahead.append(line)
        return True

    def ended(self):
        return not self.ahead                                                                               # R3

    def next_readable_time(self):
        index = 0
        while self.look(index + 1) and self.ahead[index].time is None:                                      # R4
            index += 1
        return self.ahead[index].time if self.look(index + 1) else None

    def next(self):
        line = self.ahead.popleft()
        self.look(1)
        if line.event is not None:
            if self.newest is not None and line.time > self.newest + DAY:
                following = self.next_readable_time()
                if following is None or abs(following - line.time) > DAY:
                    return Line(line.time, None, "time-jump")
            self.newest = line.time if self.newest is None else max(self.newest, line.time)
            if line.event.kind not in ("report", "alert"):                                                  # R21
                self.mark = line.time if self.mark is None else max(self.mark, line.time)
        return line

    def now(self):
        """When a line without a time of its own happened."""
        return self.newest if self.newest is not None else self.next_readable_time() or 0                   # R24
