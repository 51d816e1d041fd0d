#!/usr/bin/env bash
# What every visitor waits for must stay small: the WebAssembly and JavaScript that each page loads first, as they are sent.
set -euo pipefail
cd "$(dirname "$0")/../target/site/pkg"
limit="${SIZE_LIMIT:-440000}"
size() { wc -c <"$1" | tr -d ' '; }
# One file each: the build names them after what is in them, and clears the folder first.
wasm="$(size pulseboard.??????????????????????.wasm.br)"
script="$(size pulseboard.??????????????????????.js.br)"
style="$(size pulseboard.??????????????????????.css.br)"
pages="$(cat split_*.wasm.br chunk_*.wasm.br | wc -c | tr -d ' ')"
printf 'with brotli: WebAssembly %d bytes, JavaScript %d (limit of both: %d); other pages %d; CSS %d\n' \
  "$wasm" "$script" "$limit" "$pages" "$style"
if [ $((wasm + script)) -gt "$limit" ]; then
  echo "what is loaded first is over its limit" >&2
  exit 1
fi
