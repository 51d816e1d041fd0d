#!/usr/bin/env bash
# Tests against programs that others wrote: clients, proxies and browsers. `make interop` builds the release binary and calls
# this; it installs what is missing. PULSEBOARD_BIN names another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
. scripts/step.sh

missing=()
for program in nginx:nginx-light firefox-esr:firefox-esr WebKitWebDriver:webkit2gtk-driver xvfb-run:xvfb xauth:xauth; do
  [ -n "$(PATH="$PATH:/usr/sbin" command -v "${program%%:*}")" ] || missing+=("${program##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  step "apt-get install ${missing[*]}"
  command -v apt-get >/dev/null || { echo "install with this system's package manager: ${missing[*]}" >&2; exit 1; }
  root=""; [ "$(id -u)" = 0 ] || root=sudo
  $root apt-get -qq update
  $root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
export PATH="$PATH:/usr/sbin"
if [ ! -e interop/node_modules/.installed ] || [ interop/package-lock.json -nt interop/node_modules/.installed ]; then
  step "npm ci"
  (cd interop && npm ci --silent --no-audit --no-fund)
  touch interop/node_modules/.installed
fi

step "clients, proxies and browsers that others wrote"
node --test --test-timeout=300000 --test-concurrency=1 interop/*.test.mjs
step "done"
