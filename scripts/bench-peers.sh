#!/usr/bin/env bash
# Installs the servers that `make bench` compares Pulseboard with. Nothing else needs them; `make bench` skips those that are
# missing. Safe to repeat.
#
#   durable-streams   from its crate, compiled with its own lock file
#   nchan             Debian's nginx and its module, unpacked beside the other tools and not installed: installing
#                     nginx would start a web server on this machine
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

DURABLE_STREAMS_VERSION=0.1.5

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else say "left out, '$*' needs root"; return 1; fi
}

install_durable_streams() {
  if have durable-streams-server; then return; fi
  say "cargo install durable-streams (two minutes)"
  CARGO_TARGET_DIR="$PULSEBOARD_TOOLS/build-peers" \
    cargo install --quiet --locked --root "$PULSEBOARD_TOOLS" "durable-streams@$DURABLE_STREAMS_VERSION"
  rm -rf "$PULSEBOARD_TOOLS/build-peers"
}

install_nchan() {
  local folder="$PULSEBOARD_TOOLS/nchan"
  if [ ! -x "$folder/usr/sbin/nginx" ]; then
    if ! have apt-get; then
      say "nchan is left out: it is taken from Debian's packages, and this system has no apt-get"
      return
    fi
    say "unpacking nginx and libnginx-mod-nchan"
    mkdir -p "$folder"
    if ! (cd "$folder" && apt-get -qq download nginx libnginx-mod-nchan 2>/dev/null); then
      as_root apt-get -qq update || return 0
      (cd "$folder" && apt-get -qq download nginx libnginx-mod-nchan)
    fi
    for package in "$folder"/*.deb; do dpkg -x "$package" "$folder"; done
    rm "$folder"/*.deb
  fi
  # The module needs these compiled-in folders, whatever the configuration says.
  if [ ! -d /var/lib/nginx/body ]; then
    as_root mkdir -p /var/lib/nginx/{body,fastcgi,proxy,scgi,uwsgi} || return 0
  fi
}

install_durable_streams
install_nchan
