#!/usr/bin/env bash
# Licences, sources and advisories of the dependencies, spelling, and the documentation of every crate.
# `make audit` calls this. Its tools take minutes to compile, so neither `make run` nor `make test` waits for them.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
. scripts/step.sh

install() {
  command -v "$1" >/dev/null 2>&1 && return
  step "cargo install $2 (once)"
  CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --debug --locked --root "$PULSEBOARD_TOOLS" "$2"
}
install typos typos-cli
install cargo-deny cargo-deny

step "spelling"
typos

step "licences, sources and duplicates"
cargo deny --log-level error check licenses sources bans

step "advisories"
# The database of advisories is a Git repository; a machine that cannot reach it says so and goes on.
if cargo deny --log-level error fetch db 2>/dev/null; then
  cargo deny --log-level error check advisories
elif [ -n "${CI_REQUIRES_ADVISORIES:-}" ]; then
  echo "the advisory database cannot be fetched" >&2
  exit 1
else
  echo "skipped: the advisory database cannot be fetched from here"
fi

step "documentation"
export RUSTDOCFLAGS="-D warnings"
cargo doc --quiet --no-deps -p pulseboard-contract -p pulseboard-feed -p pulseboard-hub -p pulseboard-client -p pulseboard-faults
cargo doc --quiet --no-deps -p leptos-event-source --features ssr
cargo doc --quiet --no-deps -p pulseboard-app --features ssr
cargo doc --quiet --no-deps -p pulseboard

step "audited"
