#!/usr/bin/env bash
# Writes the TypeScript types of the HTTP API from the binary's own description. Run it after a change to a route; the
# browser tests fail while the committed file differs.
#
#   scripts/api-types.sh          uses the newest build, or the one that PULSEBOARD_BIN names
set -euo pipefail
cd "$(dirname "$0")/../end2end"
UPDATE_API_TYPES=1 npx playwright test api.spec.ts
