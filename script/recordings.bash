# Recordings that want more than a broker's log and a minute: a night, what devices say of themselves, a copied key, a broker
# that is killed. For script/record-samples to source, which has say, fail, folder and target.

# ---- a clock of its own

# clock_start TIME : what runs under ${clocked[@]} has this time, and from then on real seconds (libfaketime). Its timers do not
# notice: sessions live on when the clock is moved.
clock_start() {
    local library
    library=$(dpkg-query --listfiles libfaketime 2>/dev/null | grep '/libfaketime\.so\.1$') ||
        fail "a night in a minute needs Debian's libfaketime (apt-get install --no-install-recommends libfaketime)"
    clock_offset=$(($(date -d "$1" +%s) - $(date +%s)))
    clock_pass 0
    clocked=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$folder/clock" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
        DONT_FAKE_MONOTONIC=1)
}

# clock_pass SECONDS : moves it, forward or back.
clock_pass() {
    clock_offset=$((clock_offset + $1))
    printf '%+d\n' "$clock_offset" >"$folder/clock.new"
    mv "$folder/clock.new" "$folder/clock"
}

# loses NAME ADDRESS : a session whose connection is lost without a word.
loses() {
    python3 - "$broker_port" "$@" <<'END_PYTHON'
import socket, struct, sys
port, name, address = sys.argv[1:]
def text(value): return struct.pack(">H", len(value)) + value.encode()
link = socket.create_connection(("127.0.0.1", int(port)), source_address=(address, 0))
body = text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", 60) + text(name) + text(name) + text(name + "-secret")
link.sendall(bytes([0x10, len(body)]) + body)
assert link.recv(4) == b"\x20\x02\x00\x00"
link.close()
END_PYTHON
}

# A night in Berlin: somebody opens a lock, a valve loses its connection every forty seconds, a gateway falls silent, one of ten
# equal nodes sends eight times as much as the others, and then everybody falls silent. Everything happened; only the broker's
# clock went faster.
night_record() {
    say "a night, by a clock that runs ahead"
    clock_start "2026-11-28 22:00:00 UTC"
    broker_under=("${clocked[@]}")
    local nodes=(node-{1..10}) node
    broker_start "$folder" lock-1 app gateway-1 valve-1 "${nodes[@]}" || fail "the broker did not start"
    broker_under=()
    (client mosquitto_sub lock-1 127.0.0.31 -t 'lock/lock-1/#' -q 1 >/dev/null) &
    dashboard_pid=$!
    waits_for 20 grep -q 'Sending SUBACK to lock-1' "$folder/mosquitto.log" || fail "the lock did not subscribe"
    device "$folder" gateway-1 127.0.0.60 -t site/1
    for node in "${nodes[@]}"; do device "$folder" "$node" "127.0.1.${node#node-}" -t "nodes/$node"; done
    local minute
    for minute in 1 2 3 4 5; do
        printf '{"minute":%d}\n' "$minute" >&"${device_pipe[gateway-1]}"
        sleep 0.3
        clock_pass 60
    done
    (client mosquitto_pub app 127.0.0.50 -t lock/lock-1/unlock -m now)
    local lost
    for ((lost = 0; lost < 58; lost++)); do
        loses valve-1 127.0.0.23
        printf '7\n7\n' >&"${device_pipe[node-10]}"
        if [[ $((lost % 4)) -eq 0 ]]; then
            for node in "${nodes[@]}"; do printf '7\n' >&"${device_pipe[$node]}"; done
        fi
        sleep 0.1
        clock_pass 40
    done
    printf 'back\n' >&"${device_pipe[gateway-1]}"
    sleep 0.3
    clock_pass 2400
    (client mosquitto_pub app 127.0.0.50 -t app/hello -m awake)
    feeder_pid=''
    fleet_stop night.mosquitto.log
}

# ---- what devices say of themselves

# What the recorder runs under.
hears_under=()

# hears TOPIC FORMAT FILE : records messages as FEEDS.md says, until it is stopped.
hears() {
    (
        exec >"$target/$3"
        exec "${hears_under[@]}" mosquitto_sub -h 127.0.0.1 -p "$broker_port" -A 127.0.0.2 -i recorder -u recorder \
            -P recorder-secret -t "$1" -q 1 -F "$2"
    ) &
    dashboard_pid=$!
    waits_for 20 grep -q 'Sending SUBACK to recorder' "$folder/mosquitto.log" || fail "the recorder did not subscribe"
}

# heard FILE LINES : waits for them, and ends the recording and the broker.
heard() {
    local tenth
    for ((tenth = 0; tenth < 200; tenth++)); do
        [[ $(wc -l <"$target/$1") -ge $2 ]] && break
        sleep 0.1
    done
    [[ $(wc -l <"$target/$1") -eq $2 ]] || fail "$target/$1 has $(wc -l <"$target/$1") lines, not $2"
    stop "$dashboard_pid" "$broker_pid"
    dashboard_pid='' broker_pid=''
    say "$target/$1: $2 lines, $(wc -c <"$target/$1") bytes"
}

# A camera reports as AWS's agent does: its recorder and its web page, then a peer on the internet, telnet and Android's debug
# port. Somebody else sends what is no report, a hundred and twenty times.
reports_record() {
    say "a camera that reports what it is connected to"
    broker_start "$folder" camera-1 camera-2 recorder || fail "the broker did not start"
    # shellcheck disable=SC2016
    hears '$aws/things/+/defender/metrics/json' '%j' reports.messages.ndjson
    local number=$EPOCHSECONDS topic='$aws/things/camera-1/defender/metrics/json'
    report() {
        number=$((number + 1))
        printf '{"header":{"report_id":%d,"version":"1.0"},"metrics":{"listening_tcp_ports":{"ports":[%s],"total":%d},' \
            "$number" "$1" "$2" >"$folder/report"
        printf '"tcp_connections":{"established_connections":{"connections":[%s],"total":%d}}}}' "$3" "$4" >>"$folder/report"
        (client mosquitto_pub camera-1 127.0.0.30 -t "$topic" -q 1 -f "$folder/report")
        sleep 1
    }
    local recorder='{"local_interface":"eth0","local_port":40022,"remote_addr":"10.0.0.5:554"}'
    local stranger='{"local_interface":"eth0","local_port":40023,"remote_addr":"203.0.113.77:6667"}'
    local page='{"interface":"eth0","port":443}' telnet='{"interface":"eth0","port":23}' debug='{"interface":"eth0","port":5555}'
    report "$page" 1 "$recorder" 1
    report "$page" 1 "$recorder,$stranger" 2
    report "$page,$telnet,$debug" 3 "$recorder,$stranger" 2
    report "$page" 1 "$recorder" 1
    for _ in 1 2; do
        printf 'no report\n%.0s' {1..60} | (client mosquitto_pub camera-2 127.0.0.32 -l -q 1 -t "${topic/camera-1/camera-2}")
        sleep 1.5
    done
    heard reports.messages.ndjson 124
}

# Alerts of a sensor in DevAlert's own bytes: four failed assertions within a few minutes; a heartbeat now and then for three days;
# then firmware that it never had, with a smashed stack. The recorder's clock runs ahead, nothing else.
alerts_record() {
    say "a sensor whose firmware fails"
    broker_start "$folder" sensor-7 recorder || fail "the broker did not start"
    clock_start "2026-11-28 09:00:00 UTC"
    hears_under=("${clocked[@]}")
    hears 'fleet/DevAlert/#' '{"tst":"%I","topic":"%t","qos":%q,"retain":%r,"payloadlen":%l,"payload_hex":"%x"}' \
        alerts.messages.ndjson
    hears_under=()
    local number=0
    # alert TYPE FIRMWARE SECONDS : publishes one, and lets so much time pass.
    alert() {
        number=$((number + 1))
        python3 - "$number" "$1" "$2" >"$folder/alert" <<'END_PYTHON'
import struct, sys
number, kind, firmware = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def field(text): return text.encode().ljust(16, b"\0")
header = b"PDfm" + struct.pack("<HBBBBBB", 0x0FF0, 2, 16, 2, 2, 16, 0) + struct.pack("<II", 42, kind)
header += struct.pack("<IIII", 3, 217, 5, 0x08001234 + number) + field(firmware) + field("") + b"mfDP" + bytes(4)
entry = b"\xD1\xD2\xD3\xD4" + struct.pack("<HHHHHHIHHHHI", 0x0FF0, 1, 0x1512, 0, 1, 1, number, 16, 16, 16, 0, len(header))
sys.stdout.buffer.write(entry + field("s1") + field("sensor-7") + field("") + header + b"\xD4\xD3\xD2\xD1")
END_PYTHON
        (client mosquitto_pub sensor-7 127.0.0.17 -t "fleet/DevAlert/sensor-7/s1/$number/1-1_da_header" -q 1 -f "$folder/alert")
        sleep 0.5
        clock_pass "$3"
    }
    for _ in 1 2 3 4; do alert 1 1.0 120; done
    for _ in 1 2 3 4; do
        clock_pass 70000
        alert 7 1.0 60
    done
    alert 8 6.6 5
    alert 7 6.6 5
    heard alerts.messages.ndjson 10
}

# ---- a copied key

# Two sensors with certificates; somebody has copied the key of one, and connects with it from a laptop. Then the broker is killed,
# whose clock is ten minutes ahead. Only the plugin sees serial numbers, so this is Picket's own log, signed, without its key.
certificate_record() {
    say "a key that was copied"
    local plugin
    if [[ -z ${PICKET:-} ]]; then
        swift build --product picket || fail "the build (above)"
        PICKET=$(swift build --show-bin-path)/picket
    fi
    plugin=$(script/plugin) || fail "the plugin was not built"
    fleet_begin "$folder" sensor-1 sensor-2
    broker_configuration "$folder" "$PWD/$plugin"
    cp profiles/cloned-identity.yaml profiles/monitor-health.yaml "$folder"
    clock_start "10 minutes"
    cat >"$folder/picket.yaml" <<END
data: data
profiles: [cloned-identity.yaml, monitor-health.yaml]
listen: off
feeds:
  - { name: broker, plugin: plugin.sock }
END
    (cd "$folder" && exec "$PICKET" run --config picket.yaml >violations 2>picket.err </dev/null) &
    feeder_pid=$!
    waits_for 20 test -S "$folder/plugin.sock" || fail "picket did not listen for the plugin"
    broker_under=("${clocked[@]}")
    broker_run "$folder" || fail "the broker did not start"
    waits_for 20 grep -q "the plugin is here" "$folder/picket.err" || fail "the plugin did not come"
    (run_as=exec proved mosquitto_sub "$folder" sensor-1 sensor-1 -t 'cmd/sensor-1/#' -A 127.0.0.11 >/dev/null) &
    dashboard_pid=$!
    proved mosquitto_pub "$folder" sensor-2 sensor-2 -A 127.0.0.12 -t telemetry/sensor-2/temperature -m 20.1
    proved mosquitto_pub "$folder" sensor-2 sensor-2 -A 127.0.0.12 -t telemetry/sensor-2/temperature -m 20.2
    proved mosquitto_pub "$folder" sensor-1 laptop -A 127.0.0.99 -t telemetry/sensor-1/temperature -m 99
    waits_for 20 grep -q copied-certificate "$folder/violations" || fail "picket did not notice the copy"
    stop "$dashboard_pid"
    dashboard_pid=''
    sleep 1
    kill -KILL "$broker_pid"
    wait "$broker_pid" 2>/dev/null || true
    : >"$folder/mosquitto.log"
    broker_run "$folder" || fail "the broker did not start again"
    broker_under=()
    proved mosquitto_pub "$folder" sensor-2 sensor-2 -A 127.0.0.12 -t telemetry/sensor-2/temperature -m 20.3
    waits_for 20 grep -q not-seen "$folder/violations" || fail "picket did not notice the gap"
    stop "$broker_pid"
    broker_pid=''
    sleep 1
    kill "$feeder_pid"
    ends "$feeder_pid" 20 || fail "picket did not end"
    feeder_pid=''
    rm -rf "$target/tls-site.log"
    cp -r "$folder/data/log" "$target/tls-site.log"
    # Room for a full disk is no part of the record.
    rm -f "$target/tls-site.log/reserve"
    chmod -R u=rwX,go=rX "$target/tls-site.log"
    say "$target/tls-site.log: $(find "$target/tls-site.log" -type f | wc -l) files, $(du -sb "$target/tls-site.log" | cut -f1) bytes"
}

# ---- a broker that is killed

# The bytes of the plugin, one file for each run of the broker: the first is killed after three messages.
gaps_record() {
    local place=$1 plugin listener run
    say "a broker that is killed"
    plugin=$(script/plugin) || fail "the plugin was not built"
    broker_port=$(free_port)
    cat >"$folder/mosquitto.conf" <<END
plugin $PWD/$plugin
plugin_opt_socket $folder/plugin.sock
listener $broker_port 127.0.0.1
allow_anonymous true
user $(id -un)
persistence false
log_dest file $folder/mosquitto.log
END
    rm -f "$folder/plugin.sock"
    python3 - "$folder/plugin.sock" "$place" <<'END_PYTHON' &
import socket, struct, sys
path, place = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(8)
for number in (1, 2):
    peer, _ = listener.accept()
    heard = b""
    while True:
        try:
            some = peer.recv(65536)
        except ConnectionResetError:
            break
        if not some: break
        if not heard:
            run = struct.unpack_from("<Q", some, 7)[0]
            peer.sendall(struct.pack("<IBHQQ", 19, 0x81, 1, run, 0))
        heard += some
    with open(f"{place}/feed.{number}.frames", "wb") as out: out.write(heard)
END_PYTHON
    listener=$!
    waits_for 20 test -S "$folder/plugin.sock" || fail "nobody listens for the plugin"
    for run in 1 2; do
        : >"$folder/mosquitto.log"
        broker_run "$folder" || fail "the broker did not start"
        sleep 1
        printf '20.1\n20.2\n20.3\n' | mosquitto_pub -h 127.0.0.1 -p "$broker_port" -i t-7 -q 1 -t telemetry/t-7 -l
        sleep 1
        if [[ $run -eq 1 ]]; then kill -KILL "$broker_pid"; else kill "$broker_pid"; fi
        wait "$broker_pid" 2>/dev/null || true
        broker_pid=''
    done
    ends "$listener" 20 || fail "the recorder did not end"
    say "$place: $(wc -c <"$place/feed.1.frames") and $(wc -c <"$place/feed.2.frames") bytes"
}
