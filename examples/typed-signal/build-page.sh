#!/usr/bin/env bash
# Compiles the page into `pkg/`, where the server finds it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/env.sh
cargo build -p pulseboard-example-typed-signal --lib --target wasm32-unknown-unknown
wasm-bindgen --target web --no-typescript --out-dir examples/typed-signal/pkg \
  "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/debug/typed_signal.wasm"
