#!/usr/bin/env bash
# Every check and every test, the quick ones first. `make test` sets the machine up and calls this.
#
# One recipe a crate: the app compiles for the server or for the browser, never for both at once, so the workspace is
# never tested as a whole with its features unified.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

started=$SECONDS
step() { printf '\n\033[1m==> %s\033[0m (%d s)\n' "$*" "$((SECONDS - started))"; }

step "format"
cargo fmt --all --check

step "lints"
cargo clippy --quiet -p pulseboard-contract -p pulseboard-feed -p pulseboard-hub -p pulseboard-client -p pulseboard-bench -p pulseboard-faults --all-targets -- -D warnings
cargo clippy --quiet -p leptos-event-source --features ssr --all-targets -- -D warnings
cargo clippy --quiet -p pulseboard-app --features ssr --all-targets -- -D warnings
cargo clippy --quiet -p pulseboard --all-targets -- -D warnings
cargo clippy --quiet -p pulseboard-frontend --target wasm32-unknown-unknown -- -D warnings
cargo clippy --quiet -p leptos-event-source --features hydrate --target wasm32-unknown-unknown --test browser -- -D warnings
scripts/check-rules.sh

step "contract, hub, client, load generator, faulty disks"
cargo test --quiet -p pulseboard-contract -p pulseboard-feed -p pulseboard-hub -p pulseboard-client -p pulseboard-bench -p pulseboard-faults

step "app, as the server sees it"
cargo test --quiet -p leptos-event-source --features ssr
cargo test --quiet -p pulseboard-app --features ssr

step "server, over HTTP"
cargo test --quiet -p pulseboard

step "event source, in Chromium"
scripts/test-browser.sh

step "release build"
scripts/build-release.sh
scripts/check-size.mjs

step "pages, in Chromium"
(cd end2end && npx tsc --noEmit && PULSEBOARD_BIN="$PWD/../target/release/pulseboard" npx playwright test)

step "how pages open"
(cd end2end && PULSEBOARD_BIN="$PWD/../target/release/pulseboard" ROUNDS=1 npx playwright test --config figures.config.ts open)

step "done"
