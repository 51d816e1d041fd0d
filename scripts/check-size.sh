#!/usr/bin/env bash
# The release WebAssembly must stay small: it is what every visitor waits for.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=350000
wasm=target/site/pkg/pulseboard.wasm
size() { stat -c %s "$1" 2>/dev/null || stat -f %z "$1"; }
brotli="$(size "$wasm.br")"
printf 'WebAssembly: %d bytes, %d with brotli (limit %d); JavaScript: %d with brotli; CSS: %d with brotli\n' \
  "$(size "$wasm")" "$brotli" "$limit" "$(size target/site/pkg/pulseboard.js.br)" "$(size target/site/pkg/pulseboard.css.br)"
if [ "$brotli" -gt "$limit" ]; then
  echo "the WebAssembly is over its limit" >&2
  exit 1
fi
