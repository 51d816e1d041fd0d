#!/usr/bin/env bash
# Measures the release build's pages in Chromium, writes docs/performance.md, and takes the screenshots of the README.
# Run nothing else meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
export PULSEBOARD_BIN="${PULSEBOARD_BIN:-$PWD/target/release/pulseboard}" UPDATE_FIGURES=1
cd end2end && exec npx playwright test --config figures.config.ts "$@"
