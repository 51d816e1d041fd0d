#!/usr/bin/env bash
# Measures Pulseboard beside its peers, if scripts/bench-peers.sh has installed them. One server runs at a time, on a data
# folder of its own; the servers take turns, so that a slow minute of the machine hits all of them. Prints a table and
# writes it into bench/RESULTS.md. Only this machine is involved, and every run ends by itself.
#
#   ROUNDS=1 RUNS="publish replay" scripts/bench.sh     fewer runs; the table then shows one round, not a median
#
# Runs of a fixed duration (fan-out, idle, hold, slow, herd) run once, the others in every round.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

rounds="${ROUNDS:-3}"
runs="${RUNS:-saturated fan-out hold idle slow herd publish replay replay-old}"
bench="${PULSEBOARD_BENCH:-target/release/pulseboard-bench}"
pulseboard="${PULSEBOARD:-target/release/pulseboard}"
nginx="$PULSEBOARD_TOOLS/nchan/usr/sbin/nginx"
results=bench/RESULTS.md
if [ "$(grep -c '^<!-- make bench: \(begin\|end\) -->$' "$results")" != 2 ]; then
  printf 'bench: %s has lost the two lines between which the table is written\n' "$results" >&2
  exit 2
fi

for binary in "$bench" "$pulseboard"; do
  if [ ! -x "$binary" ]; then
    printf 'bench: %s is not there: make bench builds it\n' "$binary" >&2
    exit 2
  fi
done

# Every server and the generator need one descriptor a connection. Runs that need more than there are say so and are skipped.
ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"

# The data must be on a disk, or writing it durably costs nothing. /tmp is memory on many systems.
mkdir -p target
scratch="$(mktemp -d "$PWD/target/bench.XXXXXX")"
reports="$scratch/reports"
server=""
stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=""
  fi
}
trap 'stop; rm -rf "$scratch"' EXIT

has() {
  case "$1" in
    pulseboard) true ;;
    durable-streams) command -v durable-streams-server >/dev/null ;;
    write-loop) true ;;
    nchan) [ -x "$nginx" ] && [ -d /var/lib/nginx/body ] ;;
  esac
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); answers "$port"; do :; done
  echo "$port"
}

# Makes an empty data folder and finds a port. Sets $command, which starts the server, and $url, its address.
prepare() {
  data="$scratch/data"
  rm -rf "$data"
  mkdir "$data"
  port="$(free_port)"
  url="http://127.0.0.1:$port"
  case "$1" in
    pulseboard)
      # shellcheck disable=SC2206 # PULSEBOARD_ARGS is a list of words.
      command=("$pulseboard" --listen "127.0.0.1:$port" --data-dir "$data/log" --no-host-metrics ${PULSEBOARD_ARGS:-})
      ;;
    durable-streams) command=(durable-streams-server --port "$port" --data-dir "$data/log") ;;
    write-loop) command=("$bench" write-loop --url "$url") ;;
    nchan)
      nchan_configuration "$data" "$port" >"$data/nginx.conf"
      command=("$nginx" -p "$data" -c "$data/nginx.conf")
      ;;
  esac
}

# Starts a server: its process is $server.
start() {
  prepare "$1"
  "${command[@]}" >"$data/out" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    if answers "$port"; then return; fi
    if ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
  done
  printf 'bench: %s does not start:\n' "$1" >&2
  tail -n 5 "$data/out" >&2
  exit 1
}

# One worker is nchan's best on two processors beside a load generator. The message limits are beyond what a run publishes.
# More connections than descriptors, because nginx closes some when fewer than a sixteenth are left.
nchan_configuration() {
  cat <<CONFIGURATION
load_module $PULSEBOARD_TOOLS/nchan/usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000;
pid $1/pid; error_log stderr error;
events { worker_connections 24000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; client_body_buffer_size 64k;
  client_body_temp_path $1/b; proxy_temp_path $1/p; fastcgi_temp_path $1/f; uwsgi_temp_path $1/u; scgi_temp_path $1/s;
  nchan_shared_memory_size 1024M;
  server {
    listen 127.0.0.1:$2;
    nchan_channel_id \$1;
    location ~ ^/publish/(.+)\$ { nchan_publisher; nchan_message_buffer_length 10000000; nchan_message_timeout 1h; }
    location ~ ^/replay/(.+)\$ { nchan_subscriber eventsource; nchan_subscriber_first_message oldest; }
    location ~ ^/live/(.+)\$ { nchan_subscriber eventsource; nchan_subscriber_first_message newest; }
  }
}
CONFIGURATION
}

# measure PEER RUN ARGUMENTS…: the report contains content errors, so the exit code is ignored here.
measure() {
  local peer="$1"
  shift
  if ! has "$peer"; then return; fi
  printf '%s: %s\n' "$peer" "$*" >&2
  start "$peer"
  "$bench" "$@" --json --url "$url" --peer "$peer" --pid "$server" >>"$reports" || true
  stop
}

# Like measure, but the run starts the server itself, kills it and starts it again.
measure_restart() {
  local peer="$1"
  shift
  if ! has "$peer"; then return; fi
  printf '%s: %s\n' "$peer" "$*" >&2
  prepare "$peer"
  "$bench" "$@" --json --url "$url" --peer "$peer" -- "${command[@]}" >>"$reports" 2>"$data/out" || tail -n 5 "$data/out" >&2
}

# The order of the servers changes from round to round.
in_turns() {
  local round="$1" at
  shift
  for at in $(seq 0 $(($# - 1))); do
    local turn=$(((round + at) % $# + 1))
    ${!turn}
  done
}

publish() { measure "$1" publish --publishers 64 --events "${PUBLISH_EVENTS:-200000}" --bytes 256; }
replay() { measure "$1" replay --clients 500 --events 2000 --bytes 1024 "${@:2}"; }
# More than a server keeps in memory, so it reads its log.
replay_old() { measure "$1" replay --clients 50 --events 40000 --bytes 1024 "${@:2}"; }
saturated() { measure "$1" fan-out --subscribers 1000 --rate 0 --events 1000 --publishers 16 --bytes 256; }
fan_out() { measure "$1" fan-out --subscribers 1000 --rate 50 --seconds "${FAN_OUT_SECONDS:-10}" --bytes 256; }
hold() { measure "$1" fan-out --subscribers 19000 --rate 1 --seconds 30 --bytes 256; }
# Longer than the interval of heartbeats, so every subscriber gets one.
idle() { measure "$1" idle --subscribers 10000 --seconds 20; }
slow() { measure "$1" slow --readers 500 --stalled 500 --rate 1000 --seconds 15 --bytes 256; }
herd() { measure_restart "$1" herd --subscribers 5000 --rate 100 --bytes 256; }

all="pulseboard durable-streams nchan"
# Once, whatever the number of rounds: with every server, or those named.
once() {
  local run="$1" peer turns=()
  shift
  if [ "$round" != 1 ]; then return; fi
  for peer in "$@"; do turns+=("$run $peer"); done
  in_turns 0 "${turns[@]}"
}

for round in $(seq "$rounds"); do
  for run in $runs; do
    case "$run" in
      # nchan numbers the messages of a second with 16 bits and loses count at this pace.
      publish) in_turns "$round" "publish pulseboard" "publish durable-streams" ;;
      replay) in_turns "$round" "replay pulseboard" "replay durable-streams" "replay durable-streams --via body" "replay nchan" ;;
      # As a stream, durable-streams would hold 2 GB in memory and then close the connections.
      replay-old) in_turns "$round" "replay_old pulseboard" "replay_old durable-streams --via body" ;;
      saturated) in_turns "$round" "saturated pulseboard" "saturated durable-streams" "saturated nchan" ;;
      # A loop that only writes is the lower bound.
      fan-out) once fan_out $all write-loop ;;
      hold) once hold $all ;;
      idle) once idle $all ;;
      slow) once slow $all ;;
      # nchan keeps messages in memory, so nothing is left after a restart.
      herd) once herd pulseboard durable-streams ;;
      *) printf 'bench: there is no run %s\n' "$run" >&2; exit 2 ;;
    esac
  done
done

verdict=0
"$bench" table <"$reports" >"$scratch/table" || verdict=$?
cat "$scratch/table"

model="$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)"
memory="$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)"
commit="$(git rev-parse --short HEAD)$(git diff --quiet HEAD -- . ":!$results" || echo ', with changes')"
cat >"$scratch/section" <<SECTION
Measured on $(date -u +%F) at commit $commit: $(nproc) processors (${model:-unknown}), $memory GiB, Linux $(uname -r), the
data on $(stat -f -c %T "$scratch"). Servers and load generator share the machine, over loopback HTTP/1.1. One server at a
time; saturated fan-out, publish and replay: the median of $rounds round(s), the others once. In parentheses: how many
times better Pulseboard is. It took $((SECONDS / 60)) min $((SECONDS % 60)) s.

SECTION
cat "$scratch/table" >>"$scratch/section"
awk -v section="$scratch/section" '
  /^<!-- make bench: begin -->$/ { print; print ""; while ((getline line < section) > 0) print line; print ""; skip = 1 }
  /^<!-- make bench: end -->$/ { skip = 0 }
  !skip
' "$results" >"$scratch/results"
cat "$scratch/results" >"$results"
printf 'written to %s\n' "$results" >&2
exit "$verdict"
