"""Measures the broker plugin on this machine: what it costs the broker, and that nothing is lost uncounted.

    python3 Benchmarks/plugin.py --picket PATH --plugin PATH [--rate 50000] [--seconds 60] [--away 5] [--pairs 60]
                                 [--search 20]

1. Two brokers, one with the plugin and Picket reading, get the same messages in turns of a fifth of a second, first one and then the
   other: CPU time of the thread that handles every message, and elapsed time, as the median of the ratios of neighbours. What a machine
   does beside it comes and goes within seconds (measured: 30 % between two runs of the same broker), and so changes both or one
   pair. The broker has a core of its own, so that it does not wait for Picket. It fails when the median is more than +15 %. The same of two brokers without the plugin says how far that can be trusted.
2. RATE messages a second for SECONDS: what was published = the plugin's numbers = the records in the log.
3. The same with Picket stopped for AWAY seconds in the middle: what is not in the log is the count of the `gap` records.
4. The highest rate at which nothing is lost: doubled from RATE until something is, or the publisher does not keep the pace any
   more, then bisected to 5 %. Each trial lasts SEARCH seconds (0 leaves this out): at more than the plugin's buffer holds, so that
   the buffer alone does not make a rate look held.
"""
import argparse, json, os, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser()
parser.add_argument("--picket", required=True)
parser.add_argument("--plugin", required=True)
parser.add_argument("--rate", type=int, default=50_000)
parser.add_argument("--seconds", type=float, default=60)
parser.add_argument("--away", type=float, default=5)
parser.add_argument("--pairs", type=int, default=60)
parser.add_argument("--search", type=float, default=20)
options = parser.parse_args()
PAYLOAD, TOPIC = b"x" * 100, b"telemetry/bench/temperature"
MOST_COST = 0.15                        # of the broker's own CPU time, which the plugin may take more
TURN, PAUSE, WARMING = 48_000, 0.3, 2   # messages: they fit into the plugin's buffer; seconds, in which Picket ends reading; pairs


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def text(value):
    return struct.pack(">H", len(value)) + value


class Publisher:
    """A client that publishes at QoS 0."""

    def __init__(self, port, client=b"bench"):
        self.link = socket.create_connection(("127.0.0.1", port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = text(b"MQTT") + b"\x04\x02" + struct.pack(">H", 600) + text(client)
        self.link.sendall(bytes([0x10, len(body)]) + body)
        assert self.link.recv(4) == b"\x20\x02\x00\x00", "the broker refused"

    def send(self, count, rate=None):
        """Publishes, paced or as fast as it goes; returns the seconds until the broker had them all."""
        body = text(TOPIC) + PAYLOAD
        length = bytes([len(body) & 127 | 128, len(body) >> 7]) if len(body) > 127 else bytes([len(body)])
        packet, piece = b"\x30" + length + body, 400
        many, start, sent = packet * piece, time.monotonic(), 0
        while sent < count:
            step = min(piece, count - sent)
            self.link.sendall(many if step == piece else packet * step)
            sent += step
            if rate and (ahead := sent / rate - (time.monotonic() - start)) > 0:
                time.sleep(ahead)
        self.link.sendall(b"\xc0\x00")
        assert self.link.recv(2) == b"\xd0\x00", "the broker did not answer"
        return time.monotonic() - start

    def close(self):
        self.link.sendall(b"\xe0\x00")
        self.link.close()


def publish(port, count, rate=None):
    """Publishes with a client of its own; returns the seconds until the broker had them all."""
    publisher = Publisher(port)
    elapsed = publisher.send(count, rate)
    publisher.close()
    return elapsed


class Site:
    """A broker, with or without the plugin, and a Picket."""

    def __init__(self, folder, with_plugin):
        self.folder, self.port = folder, free_port()
        os.makedirs(folder)
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", f"user {os.environ.get('USER', 'root')}",
                 "log_type error", "log_type notice", f"log_dest file {folder}/mosquitto.log"]
        if with_plugin:
            lines += [f"plugin {options.plugin}", f"plugin_opt_socket {folder}/broker.sock", f"plugin_opt_deny {folder}/deny"]
        open(f"{folder}/mosquitto.conf", "w").write("\n".join(lines) + "\n")
        open(f"{folder}/picket.yaml", "w").write(
            f"data: {folder}/data\nlisten: off\nfeeds:\n  - {{ name: broker, plugin: {folder}/broker.sock }}\n")
        self.broker = subprocess.Popen(["mosquitto", "-c", f"{folder}/mosquitto.conf"], stderr=subprocess.DEVNULL)
        wait(lambda: can_connect(self.port), "the broker")
        self.picket = None

    def start_picket(self):
        words = open(f"{self.folder}/picket.err", "a")
        before = read(f"{self.folder}/picket.err").count("the plugin is here")
        self.picket = subprocess.Popen(
            [options.picket, "run", "--config", f"{self.folder}/picket.yaml", "--output", "json"], stderr=words,
            stdout=subprocess.DEVNULL)
        wait(lambda: read(f"{self.folder}/picket.err").count("the plugin is here") > before, "the plugin")

    def stop_picket(self):
        self.picket.send_signal(signal.SIGTERM)
        assert self.picket.wait(60) == 0, "picket ended with an error"

    def cpu_ns(self):
        """CPU time of the thread that handles every message."""
        pid = self.broker.pid
        return int(open(f"/proc/{pid}/task/{pid}/schedstat").read().split()[0])

    def stop(self):
        self.broker.send_signal(signal.SIGTERM)
        self.broker.wait(30)

    def records(self):
        """Messages, missing events, and the newest number of the plugin, as the log says."""
        out = subprocess.Popen([options.picket, "log", "cat", f"{self.folder}/data/log"], stdout=subprocess.PIPE)
        publishes = missing = newest = 0
        for line in out.stdout:
            if b'"kind":"publish"' in line:
                publishes += 1
            elif b'"feed":"picket"' in line:
                record = json.loads(line)
                missing += record.get("lost", 0)
                if record.get("state") == "position":
                    newest = record["offset"] - 1
        assert out.wait() == 0
        return publishes, missing, newest


def read(path):
    try:
        return open(path).read()
    except FileNotFoundError:
        return ""


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def wait(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench: FAILED: {what} did not come within {seconds} s")
        time.sleep(0.02)


def settled(site):
    """Waits until the log does not grow any more."""
    def size():
        return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(f"{site.folder}/data/log")
                   for name in names)
    before, same = -1, 0
    while same < 10:
        time.sleep(0.2)
        now = size()
        before, same = now, same + 1 if now == before else 0


def pin(pid, cores):
    """Lets all threads of a process run on these cores only."""
    for thread in os.listdir(f"/proc/{pid or os.getpid()}/task"):
        os.sched_setaffinity(int(thread), cores)


def compare(name, has_plugin):
    """What the second of two brokers takes for the same messages, as ratios to its neighbour's: CPU time and elapsed time; and
    the nanoseconds of CPU time for a message, of both."""
    sites = [Site(f"{root}/{name}-{which}", which and has_plugin) for which in (False, True)]
    if has_plugin:
        sites[1].start_picket()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for site in sites:
            os.sched_setaffinity(site.broker.pid, cores[:1])
        for pid in [0] + ([sites[1].picket.pid] if has_plugin else []):
            pin(pid, cores[1:])
    publishers = [Publisher(site.port) for site in sites]
    ratios, times, costs = [], [], ([], [])
    for pair in range(-WARMING, options.pairs):
        own, elapsed = [0, 0], [0, 0]
        for which in (0, 1) if pair % 2 else (1, 0):
            before = sites[which].cpu_ns()
            elapsed[which] = publishers[which].send(TURN)
            own[which] = sites[which].cpu_ns() - before
            time.sleep(PAUSE)
        if pair >= 0:
            ratios.append(own[1] / own[0])
            times.append(elapsed[1] / elapsed[0])
            for cost, one in zip(costs, own):
                cost.append(one / TURN)
    pin(0, cores)
    for publisher in publishers:
        publisher.close()
    if has_plugin:
        sites[1].stop_picket()
    for site in sites:
        site.stop()
        shutil.rmtree(site.folder)
    return ratios, times, costs


def spread(ratios):
    """Median and quartiles of ratios, as what is more."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle - 1:+.0%} (quartiles {low - 1:+.0%} to {high - 1:+.0%})"


def trial(name, rate, seconds):
    """Publishes at a rate; returns what was published, the seconds that took, and what the log says of it."""
    count = int(rate * seconds)
    site = Site(f"{root}/{name}", True)
    site.start_picket()
    elapsed = publish(site.port, count, rate)
    settled(site)
    site.stop_picket()
    found = site.records()
    site.stop()
    shutil.rmtree(site.folder)
    return count, elapsed, *found


def is_held(rate):
    count, elapsed, publishes, missing, newest = trial(f"search-{rate}", rate, options.search)
    pace = count / elapsed
    if missing or publishes != count or newest != count + 2:
        print(f"   {rate:>9,}/s: {missing:,} of {count:,} are missing")
        return False
    if pace < 0.98 * rate:
        print(f"   {rate:>9,}/s: the broker takes {pace:,.0f}/s, all of them in the log")
        return False
    print(f"   {rate:>9,}/s: all {count:,} are in the log")
    return True


def search():
    """The highest rate that is held, to 5 %."""
    low, high = 0, options.rate
    while is_held(high):
        low, high = high, high * 2
    while low == 0 and high > 1_000:
        high //= 2
        if is_held(high):
            low, high = high, high * 2
    while high - low > 0.05 * low:
        middle = (low + high) // 2
        low, high = (middle, high) if is_held(middle) else (low, middle)
    return low


root = tempfile.mkdtemp(prefix="picket-bench-")
failed = False
try:
    print(f"1. {options.pairs} pairs of turns of {TURN:,} messages of {len(PAYLOAD)} bytes, QoS 0, as fast as they go")
    ratios, _, _ = compare("same", False)
    print(f"   two brokers without the plugin: CPU time {spread(ratios)}")
    ratios, times, costs = compare("cost", True)
    cost = statistics.median(ratios) - 1
    without, with_plugin = (statistics.median(one) for one in costs)
    print(f"   with the plugin and Picket reading: CPU time of the broker's thread {spread(ratios)}, {without:,.0f} and "
          f"{with_plugin:,.0f} ns a message; elapsed {spread(times)}")
    print(f"   (the broker on a core of its own, publisher and Picket on the other {os.cpu_count() - 1}, and whatever else runs)")
    failed |= cost > MOST_COST
    print(f"   at most {MOST_COST:+.0%} for the broker's thread: {'FAILED' if cost > MOST_COST else 'OK'}")

    print(f"2. {options.rate:,} messages/s for {options.seconds:g} s")
    count, elapsed, publishes, missing, newest = trial("steady", options.rate, options.seconds)
    is_sound = publishes == count and missing == 0 and newest == count + 2
    failed |= not is_sound
    print(f"   published {count:,} at {count / elapsed:,.0f}/s; records {publishes:,}; missing {missing:,}; newest number "
          f"{newest:,} (with one connect and one disconnect): {'OK' if is_sound else 'FAILED'}")

    print(f"3. the same for {options.away * 3:g} s, Picket stopped for {options.away:g} s of them")
    count = int(options.rate * options.away * 3)
    site = Site(f"{root}/away", True)
    site.start_picket()
    child = os.fork()
    if child == 0:
        publish(site.port, count, options.rate)
        os._exit(0)
    time.sleep(options.away)
    site.stop_picket()
    time.sleep(options.away)
    site.start_picket()
    assert os.waitpid(child, 0)[1] == 0
    settled(site)
    site.stop_picket()
    publishes, missing, newest = site.records()
    site.stop()
    is_sound = publishes + missing == count and newest == count + 2
    failed |= not is_sound
    print(f"   published {count:,}; records {publishes:,}; gap {missing:,}; together {publishes + missing:,}: "
          f"{'OK' if is_sound else 'FAILED'}")

    if options.search:
        print(f"4. the highest rate without loss, {options.search:g} s each")
        highest = search()
        failed |= highest == 0
        print(f"   the highest rate that was held without loss: {highest:,} messages/s (to 5 %)")
finally:
    shutil.rmtree(root, ignore_errors=True)
sys.exit(1 if failed else 0)
