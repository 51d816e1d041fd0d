#!/usr/bin/env bash
# Writes the TypeScript types of the HTTP interface from what the binary itself describes. Run it after a change to a
# route; the browser tests fail while the committed file is another.
#
#   scripts/api-types.sh          of the newest build there is, or of the one PULSEBOARD_BIN names
set -euo pipefail
cd "$(dirname "$0")/../end2end"
UPDATE_API_TYPES=1 npx playwright test api.spec.ts
