"""What behaviors count, which events they select, and what they compare with. See detect.py."""
import datetime, functools, ipaddress, operator, re, zoneinfo

from feeds import AUTHORIZATION

SECOND = 1000
DISTINCT = 1024                         # exact up to here; beyond, one more

# ---- metrics ------------------------------------------------------------------------------------------------------

ALL = ("connect", "connect-failed", "disconnect", "publish", "deliver", "subscribe", "unsubscribe", "denied", "dropped",
       "report", "alert", "transfer", "user", "service")
REPORTED_SUMS = ("all-bytes-out", "all-bytes-in", "all-packets-out", "all-packets-in")
REPORTED_SIZES = ("num-listening-tcp-ports", "num-listening-udp-ports", "num-established-tcp-connections")
REPORTED_LISTS = {"listening-tcp-ports": "numbers", "listening-udp-ports": "numbers",
                  "destination-ip-addresses": "addresses"}
FIXED = 10 ** 6                         # custom numbers have six decimal places


def of(*kinds, reasons=None):
    return lambda event: event.kind in kinds and (reasons is None or event.reason in reasons)


def one(event):
    return 1


def size(event):
    return event.size


def refused(event):
    return event.kind == "denied" or event.kind == "connect-failed" and event.reason in AUTHORIZATION


def listed(value):
    return [] if value is None else [value]


# name: (aggregate, which events, what an event adds)
METRICS = {
    "num-messages-sent": ("count", of("publish"), one),
    "num-messages-received": ("count", of("deliver"), one),
    "message-byte-size": ("max", of("publish", "deliver"), size),
    "bytes-sent": ("sum", of("publish"), size),
    "bytes-received": ("sum", of("deliver"), size),
    "num-authorization-failures": ("count", refused, one),
    "num-connection-attempts": ("count", of("connect", "connect-failed"), one),
    "num-disconnects": ("count", of("disconnect"), one),
    "count": ("count", of(*ALL), one),
    "distinct-topics": ("distinct", of("publish", "subscribe"), lambda e: e.subjects["topic"]),
    "distinct-addresses": ("distinct", of("connect"), lambda e: e.subjects["address"]),
    "distinct-clients": ("distinct", of("connect"), lambda e: e.client),
    "devices-per-address": ("distinct", of("connect"), lambda e: e.subjects["device"]),
    "devices-per-certificate": ("distinct", of("connect"), lambda e: e.subjects["device"]),
    "readers-per-topic": ("distinct", of("deliver", "subscribe"), lambda e: e.subjects["device"]),
    "silence": ("elapsed", of(*ALL), one),
    "disconnect-duration": ("elapsed", of("connect", "disconnect"), one),
    "takeovers": ("count", of("disconnect", reasons=("takeover",)), one),
    "keepalive-timeouts": ("count", of("disconnect", reasons=("keepalive-timeout",)), one),
    "protocol-errors": ("count", of("disconnect", "connect-failed", reasons=("protocol-error",)), one),
    "denied": ("count", of("denied"), one),
    "connects-without-traffic": ("count", of("disconnect"), one),                                           # R33
    "source-ip-address": ("addresses", of("connect"), lambda e: listed(e.subjects["address"]) or None),
    "topic": ("texts", of("publish", "subscribe"), lambda e: listed(e.subjects["topic"]) or None),
    "certificate": ("texts", of("connect"), lambda e: listed(e.subjects["certificate"]) or None),
    "client-id": ("texts", of("connect"), lambda e: listed(e.client) or None),
    "firmware": ("texts", of("connect", "alert"), lambda e: listed(e.firmware) or None),
    "late-events": ("count", of(*ALL), one),                                                                # R32
    "clock-skew": ("max", of(*ALL), lambda e: e.skew),                                                      # R32
    "rejected": ("count", of("rejected"), one),                                                             # R24
}


def reported_number(name, scale):
    def value(event):
        number = event.metrics.get(name)
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            return None
        return int(number * scale)
    return value


def reported_list(name):
    def values(event):
        found = event.metrics.get(name)
        return [str(v) for v in found] if isinstance(found, list) else None
    return values


for name in REPORTED_SUMS:
    METRICS[name] = ("sum", of("report"), reported_number(name, 1))
for name in REPORTED_SIZES:
    METRICS[name] = ("max", of("report"), reported_number(name, 1))
for name, values in REPORTED_LISTS.items():
    METRICS[name] = (values, of("report"), reported_list(name))
CUSTOM = {"number-list": "numbers", "ip-address-list": "addresses", "string-list": "texts"}


def metric(spec):
    """(aggregate, which events, what an event adds, what a number is divided by to be shown)"""
    name, custom = spec["metric"].removeprefix("aws:"), spec.get("custom")
    if custom == "number":
        return "max", of("report"), reported_number(name, FIXED), FIXED
    if custom:
        return CUSTOM[custom], of("report"), reported_list(name), 1
    return (*METRICS[name], 1)


# ---- filters ------------------------------------------------------------------------------------------------------

@functools.lru_cache(maxsize=None)
def topic_matches(filter, topic):
    if topic.startswith("$") and not filter.startswith("$"):
        return False
    filters, levels = filter.split("/"), topic.split("/")
    for index, part in enumerate(filters):
        if part == "#":
            return True
        if index >= len(levels) or (part != "+" and part != levels[index]):
            return False
    return len(filters) == len(levels)


def as_list(value):
    return value if isinstance(value, list) else [value]


def address(text):
    """An address; an IPv4 one in IPv6's clothes is the IPv4 one. None for what is none."""
    try:
        found = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network(text, ipv4, ipv6):
    """The network of an address, `192.0.2.0/24`; the text itself where it is no address."""
    found = address(text)
    if found is None:
        return text
    return str(ipaddress.ip_network((found, ipv4 if found.version == 4 else ipv6), strict=False))


def is_in(text, range):
    found, range = address(text), ipaddress.ip_network(range)
    return found is not None and found.version == range.version and found in range


def with_wildcards(pattern):
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def compare(field, modifier, wanted, value, device):
    if isinstance(wanted, str):
        if "{device}" in wanted or "${iot:ClientId}" in wanted:
            if device is None:
                return False
            wanted = wanted.replace("${iot:ClientId}", device).replace("{device}", device)
    if modifier == "startswith":
        return value.startswith(wanted)
    if modifier == "endswith":
        return value.endswith(wanted)
    if modifier == "contains":
        return wanted in value
    if modifier == "cidr":
        return is_in(value, wanted)
    if modifier in ("lt", "lte", "gt", "gte"):
        return {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}[modifier](value, wanted)
    if field == "topic":
        return topic_matches(wanted, value)
    if field in ("user", "client", "device") and "*" in wanted:
        return with_wildcards(wanted).fullmatch(value) is not None
    return value == wanted


def field_of(event, name):
    if name in event.subjects:
        return event.subjects[name]
    if name == "client":
        return event.client
    if name == "reason":
        return event.reason or None
    if name == "bytes":
        return event.size
    value = event.line.get(name)
    return value if value != "" else None


def hours_hold(text, time):
    side, hours, zone = text.split(" ")
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    clock = datetime.datetime.fromtimestamp(time / 1000, zoneinfo.ZoneInfo(zone))
    minute = clock.hour * 60 + clock.minute
    inside = start <= minute < end if start < end else minute >= start or minute < end
    return inside == (side == "inside")


def selected(where, event, time):
    """Whether `where` selects an event: keys are AND, values OR, an absent field matches nothing."""
    for key, wanted in where.items():
        if key == "kind":
            if event.kind not in as_list(wanted):
                return False
        elif key == "hours":
            if not hours_hold(wanted, time):
                return False
        else:
            name, *modifiers = key.split("|")
            negated = "not" in modifiers
            modifier = next((m for m in modifiers if m != "not"), None)
            value, device = field_of(event, name), event.subjects["device"]
            found = value is not None and any(compare(name, modifier, w, value, device) for w in as_list(wanted))
            if found == negated:
                return False                                                                                # R18
    return True


# ---- conditions ---------------------------------------------------------------------------------------------------

VIOLATES = {"above": operator.gt, "atLeast": operator.ge, "below": operator.lt, "atMost": operator.le}


def rank(p, count):
    """The place of a percentile among `count` values, from 1: nearest rank, at least 1."""
    return max(1, -(-round(p * 100) * count // 10_000))


def learned_bound(percentile, limit):
    return percentile * round(limit["factor"] * 1000) // 1000 + limit["floor"]                              # R28


class Sketch:
    """How a history remembers numbers: by buckets, each of which one value stands for (R29)."""

    def __init__(self):
        self.counts = {}

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def middle(value):
        if value < 1:
            return 0
        low = 1
        while True:
            middle = low + low // 100
            following = middle + middle // 99 + 1
            if value < following:
                return middle
            low = following

    def add(self, value):
        middle = Sketch.middle(value)
        self.counts[middle] = self.counts.get(middle, 0) + 1


def show(values):
    """Values for people: the first eight, and how many more there are."""
    shown = ", ".join(values[:8])
    return f"{shown}, and {len(values) - 8} more" if len(values) > 8 else shown


def outside_or_inside(spec, aggregate):
    """A test of one value: whether it violates the set."""
    members, violates_inside = spec["members"], spec["relation"] == "inside"
    if aggregate == "addresses":
        return lambda value: any(is_in(value, member) for member in members) == violates_inside
    if aggregate == "numbers":
        numbers = {float(member) for member in members}
        return lambda value: (float(value) in numbers) == violates_inside
    return lambda value: (value in members) == violates_inside


def default_slide(duration):
    return max((s for s in range(1, duration + 1) if duration % s == 0 and s <= max(1, duration / 30)))


class Behavior:
    def __init__(self, spec, place):
        self.spec, self.profile, self.name, self.place = spec, spec["profile"], spec["name"], place
        self.subject, self.prefix = spec.get("subject", "device"), spec.get("prefix")
        self.space = (self.subject, self.prefix and tuple(self.prefix))
        self.metric = spec["metric"].removeprefix("aws:")
        self.aggregate, self.counts, self.value_of, self.scale = metric(spec)
        self.where = spec.get("where") or {}
        self.op, self.bound = spec.get("op", "above"), spec.get("bound")
        if self.bound is not None:
            self.bound = self.bound * self.scale
        self.condition = next((c for c in ("set", "percentile", "peers", "history", "firstSeen", "without")
                               if c in spec), "limit")
        self.limit = spec.get(self.condition)
        if self.condition == "set":
            self.is_offending = outside_or_inside(self.limit, self.aggregate)
        if self.condition == "percentile":
            self.op = self.limit["op"]
        self.is_population = self.condition in ("percentile", "peers")
        self.is_learned = self.is_population or self.condition == "history"
        self.is_list = self.aggregate in ("addresses", "numbers", "texts")
        self.is_elapsed = self.aggregate == "elapsed"
        self.lower = self.op in ("below", "atMost")
        self.to_alarm, self.to_clear = spec.get("toAlarm") or 1, spec.get("toClear") or 1
        duration = spec.get("duration")
        self.duration = duration and duration * SECOND
        if duration:
            slide = spec.get("slide") or default_slide(duration)
            if duration % slide or duration // slide > 120 or duration > 7 * 86_400:
                raise SystemExit(f"{self.name}: slide {slide} s does not fit {duration} s")
            self.slide = slide * SECOND
        if self.condition == "limit" and not self.is_elapsed and not self.lower and VIOLATES[self.op](0, self.bound):
            raise SystemExit(f"{self.name}: an upper limit that nothing at all would violate")
        # Of a plain lower limit a datapoint exists only where the whole window was seen.
        self.needs_whole_window = self.condition == "limit" and self.lower
        self.early = bool(duration) and self.to_alarm == 1 and self.condition == "limit" and not self.lower
        self.after = spec.get("after")
        self.states = {}                # subject: State
        self.next = None                # the first boundary not yet evaluated
        self.waiting = []               # of without: (deadline, number, subject, event time)
        self.companions = []            # of without: (time, device-or-other subject, resource)
        self.usual = {}                 # of firstSeen: subject: (start, values); of history: subject: {day: Sketch}
        self.ends = {}                  # subject: when its last violation ended

    def order(self):
        return (self.profile.encode(), self.place)                                                          # R20

    def subject_of(self, event, feed):
        if self.subject == "feed":
            return feed
        if event.kind == "rejected":
            return None
        name = event.subjects[self.subject]
        if name is not None and self.subject == "address" and self.prefix:
            return network(name, *self.prefix)
        return name

    def boundary_after(self, time):
        return time // self.slide * self.slide + self.slide

    def selects(self, event, time):
        return self.counts(event) and selected(self.where, event, time)

    def violates(self, value, bound=None):
        return VIOLATES[self.op](value, self.bound if bound is None else bound)

    def worse(self, a, b):
        return min(a, b) if self.lower else max(a, b)

    def shown(self, value):
        if self.scale == 1 or value is None:
            return value
        return value // self.scale if value % self.scale == 0 else value / self.scale

    def due(self, since):
        """The first whole second at which the time since `since` violates (R25)."""
        end = since + self.bound * SECOND
        return -(-end // SECOND) * SECOND if self.op == "atLeast" else end // SECOND * SECOND + SECOND
