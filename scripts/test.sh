#!/usr/bin/env bash
# Every check and every test, the quick ones first. `make test` sets the machine up and calls this.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
. scripts/step.sh
# A clean build is faster without the files that later builds would reuse.
if [ -n "${CI:-}" ]; then export CARGO_INCREMENTAL=0; fi

scripts/check.sh

step "hub, client, load generator, faulty disks, examples"
cargo test --quiet -p pulseboard-hub -p pulseboard-client -p pulseboard-bench -p pulseboard-faults -p pulseboard-example-embed -p pulseboard-example-typed-signal

step "server over HTTP/1.1 and HTTP/2, and the bridge to it"
cargo test --quiet -p pulseboard -p pulseboard-example-bridge

step "event source, in Chromium"
scripts/test-browser.sh

step "release build"
scripts/build-release.sh
scripts/check-size.mjs

step "pages, in Chromium"
(cd end2end && PULSEBOARD_BIN="$PWD/../target/release/pulseboard" npx playwright test)

step "how pages open: bytes, layout shift, processor work"
(cd end2end && PULSEBOARD_BIN="$PWD/../target/release/pulseboard" ROUNDS=1 npx playwright test --config figures.config.ts open)

step "done"
