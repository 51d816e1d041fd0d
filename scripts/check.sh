#!/usr/bin/env bash
# The quick checks: formatting, lints, invariants, types, and the tests that need neither a server nor a browser.
# `make check` sets the machine up and calls this; `make test` runs it first.
#
# One recipe a crate: the app compiles for the server or for the browser, never for both at once, so the workspace is
# never checked as a whole with its features unified.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
. scripts/step.sh

WASM="--target wasm32-unknown-unknown"
PURE="-p pulseboard-contract -p pulseboard-feed"

step "format"
cargo fmt --all --check
prettier --log-level warn --check .

step "invariants"
scripts/check-rules.sh
scripts/check-circles.mjs
scripts/check-map.mjs

step "lints"
cargo clippy --quiet $PURE -p pulseboard-hub -p pulseboard-client -p pulseboard-bench -p pulseboard-faults -p pulseboard-fuzz -p pulseboard-example-embed -p pulseboard-example-typed-signal --all-targets -- -D warnings
cargo clippy --quiet -p leptos-event-source --features ssr --all-targets -- -D warnings
cargo clippy --quiet -p pulseboard-app --features ssr --all-targets -- -D warnings
cargo clippy --quiet -p pulseboard -p pulseboard-example-bridge --all-targets -- -D warnings
cargo clippy --quiet -p pulseboard-frontend $WASM -- -D warnings
cargo clippy --quiet -p leptos-event-source --features hydrate $WASM --test browser -- -D warnings

step "types of the browser tests"
(cd end2end && npx tsc --noEmit)

step "tests of the contract, the feed, the event source and the pages"
cargo test --quiet $PURE -p pulseboard-fuzz
cargo test --quiet -p leptos-event-source --features ssr
cargo test --quiet -p pulseboard-app --features ssr

step "the recipe for an event type"
scripts/check-add-event-type.mjs

step "checked"
