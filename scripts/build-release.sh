#!/usr/bin/env bash
# Builds the release binary target/release/pulseboard with the front end in it: pages as chunks, every file named after its
# content and compressed. Further arguments go to cargo-leptos, for example --frontend-only.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
LEPTOS_HASH_FILES=true exec cargo leptos build --release --precompress --split --lib-features split "$@"
