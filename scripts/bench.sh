#!/usr/bin/env bash
# Fan-out at a steady pace: 1,000 subscribers, 50 events a second, every event checked. Prints what it cost the server.
# Only this machine is involved, and it ends by itself.
set -euo pipefail
cd "$(dirname "$0")/.."

exec 3< <(exec target/release/pulseboard --listen 127.0.0.1:0 --no-host-metrics)
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
read -r line <&3
target/release/pulseboard-bench fan-out --url "${line##* }" --pid "$server" \
  --subscribers "${SUBSCRIBERS:-1000}" --rate "${RATE:-50}" --seconds "${SECONDS_LONG:-20}"
