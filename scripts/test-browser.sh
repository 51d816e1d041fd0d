#!/usr/bin/env bash
# The tests of the event source in headless Chromium, against a server whose streams misbehave on request.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

exec 3< <(exec node event-source/tests/sse-server.mjs)
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
read -r SSE_SERVER <&3
export SSE_SERVER

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
export WASM_BINDGEN_TEST_TIMEOUT="${WASM_BINDGEN_TEST_TIMEOUT:-120}"
if [ -x /usr/bin/chromedriver ]; then export CHROMEDRIVER=/usr/bin/chromedriver; fi
# The runner reads webdriver.json beside the manifest; which browser there is depends on the machine.
if [ -x /usr/bin/chromium ]; then
  cat >event-source/webdriver.json <<'JSON'
{"goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]}}
JSON
else
  rm -f event-source/webdriver.json
fi
cargo test -p leptos-event-source --features hydrate --target wasm32-unknown-unknown --test browser
