#!/usr/bin/env bash
# The release binary target/release/pulseboard, with the front end in it: pages as modules of their own, every file named
# after its content and compressed beforehand. Further words go to cargo-leptos, as --frontend-only.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
LEPTOS_HASH_FILES=true exec cargo leptos build --release --precompress --split --lib-features split "$@"
