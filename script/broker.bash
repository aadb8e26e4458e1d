# A Mosquitto of our own and devices that are real clients, for script/demo and script/record-samples to source: loopback
# only, a free port, users with passwords (so that devices are proved by them), and everything in its log.

PATH=$PATH:/usr/sbin

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# What brokers run under: `env` with a clock of its own, say. Nothing unless it is set.
broker_under=()

# broker_start DIR USER... : starts it in DIR, with USER's password `USER-secret`. Sets broker_port and broker_pid.
broker_start() {
    local directory=$1
    shift
    broker_port=$(free_port)
    : >"$directory/passwords"
    chmod 600 "$directory/passwords"
    local user
    for user; do printf '%s:%s-secret\n' "$user" "$user" >>"$directory/passwords"; done
    mosquitto_passwd -U "$directory/passwords"
    cat >"$directory/mosquitto.conf" <<END
listener $broker_port 127.0.0.1
allow_anonymous false
password_file $directory/passwords
user $(id -un)
persistence false
log_type all
log_dest file $directory/mosquitto.log
log_timestamp_format %Y-%m-%dT%H:%M:%S%z
END
    : >"$directory/mosquitto.log"
    "${broker_under[@]}" mosquitto -c "$directory/mosquitto.conf" >"$directory/mosquitto.out" 2>&1 &
    broker_pid=$!
    local attempt
    for ((attempt = 0; attempt < 100; attempt++)); do
        kill -0 "$broker_pid" 2>/dev/null || break
        if grep -q 'mosquitto version .* running' "$directory/mosquitto.log"; then return 0; fi
        sleep 0.1
    done
    cat "$directory/mosquitto.out" "$directory/mosquitto.log" >&2
    return 1
}

# client TOOL USER ADDRESS ARGUMENT... : mosquitto_pub or mosquitto_sub as USER (also its client id), from ADDRESS.
# It becomes the tool, so that `client … &` leaves its pid in $!.
client() {
    local tool=$1 user=$2 address=$3
    shift 3
    exec "$tool" -h 127.0.0.1 -p "$broker_port" -A "$address" -i "$user" -u "$user" -P "$user-secret" "$@"
}

declare -A device_pipe=() device_pid=()

# device DIR USER ADDRESS ARGUMENT... : a mosquitto_pub that publishes each line written to ${device_pipe[USER]}, a file
# descriptor; it disconnects when that is closed everywhere (device_end).
device() {
    local directory=$1 user=$2 address=$3 pipe
    shift 3
    mkfifo "$directory/$user.fifo"
    (client mosquitto_pub "$user" "$address" -l "$@" <"$directory/$user.fifo" 2>"$directory/$user.err") &
    # shellcheck disable=SC2034
    device_pid[$user]=$!
    exec {pipe}>"$directory/$user.fifo"
    device_pipe[$user]=$pipe
    rm "$directory/$user.fifo"
}

device_end() {
    local pipe=${device_pipe[$1]}
    exec {pipe}>&-
    unset "device_pipe[$1]"
}

# ends PID SECONDS: whether the process ends within that time.
ends() {
    local tenth
    for ((tenth = 0; tenth < $2 * 10; tenth++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

# stop PID... : ends processes that we started, politely first. An empty PID stands for none.
stop() {
    local pid
    for pid; do [[ -z $pid ]] || kill "$pid" 2>/dev/null || true; done
    for pid; do [[ -z $pid ]] || ends "$pid" 2 || kill -KILL "$pid" 2>/dev/null || true; done
}

# ---- mutual TLS: devices are proved by certificates of an authority of our own

# fleet_begin DIR NAME... : an authority in DIR/ca, and in DIR/keys certificates for the broker, for Picket and for each NAME.
# Needs PICKET.
fleet_begin() {
    local directory=$1 name
    shift
    "$PICKET" ca init --folder "$directory/ca" --name "Demo fleet" 2>/dev/null
    for name in 127.0.0.1 picket "$@"; do
        "$PICKET" ca issue "$name" --folder "$directory/ca" --to "$directory/keys" >/dev/null
    done
    cp "$directory/ca/crl.pem" "$directory/crl.pem"
}

# broker_configuration DIR PLUGIN : writes DIR/mosquitto.conf, for mutual TLS and with Picket's plugin, and DIR/broker.yaml,
# what Picket's configuration says of the two. Sets broker_port.
broker_configuration() {
    local directory=$1 plugin=$2
    broker_port=$(free_port)
    cat >"$directory/mosquitto.conf" <<END
plugin $plugin
plugin_opt_socket $directory/plugin.sock
plugin_opt_deny $directory/picket.deny
plugin_opt_certificate_login true
user $(id -un)
pid_file $directory/mosquitto.pid
persistence false
log_dest file $directory/mosquitto.log
listener $broker_port 127.0.0.1
allow_anonymous true
require_certificate true
cafile $directory/ca/ca.crt
crlfile $directory/crl.pem
certfile $directory/keys/127.0.0.1.crt
keyfile $directory/keys/127.0.0.1.key
END
    cat >"$directory/broker.yaml" <<END
feeds:
  - { name: broker, plugin: "$directory/plugin.sock" }
brokers:
  - { name: main, kind: mosquitto, plugin: broker, crl: "$directory/crl.pem", pid: "$directory/mosquitto.pid",
      authority: "$directory/ca", url: "mqtts://127.0.0.1:$broker_port", ca: "$directory/ca/ca.crt",
      certificate: "$directory/keys/picket.crt", key: "$directory/keys/picket.key" }
END
}

# broker_run DIR : starts the broker that is configured there. Sets broker_pid.
broker_run() {
    "${broker_under[@]}" mosquitto -c "$1/mosquitto.conf" >"$1/mosquitto.out" 2>&1 &
    # shellcheck disable=SC2034
    broker_pid=$!
    waits_for 20 grep -q "mosquitto version .* running" "$1/mosquitto.log"
}

# proved TOOL DIR KEY CLIENT ARGUMENT... : mosquitto_pub or mosquitto_sub with the key of one, under the client id of another.
# With run_as=exec the shell becomes it.
proved() {
    local tool=$1 directory=$2 key=$3 name=$4
    shift 4
    ${run_as:-} "$tool" -h 127.0.0.1 -p "$broker_port" --cafile "$directory/ca/ca.crt" \
        --cert "$directory/keys/$key.crt" --key "$directory/keys/$key.key" -i "$name" "$@"
}

# waits_for SECONDS COMMAND...: until the command succeeds.
waits_for() {
    local tenth tenths=$(($1 * 10))
    shift
    for ((tenth = 0; tenth < tenths; tenth++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    return 1
}
