#!/usr/bin/env bash
# The invariants of ARCHITECTURE.md that the compiler does not check: which crate may name which library.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
# Folder, forbidden pattern, reason.
forbid() {
  if grep -rnE --include='*.rs' --include='Cargo.toml' "$2" $1; then
    echo "^ $3" >&2
    failed=1
  fi
}
forbid "src" '\b(tokio|std::fs|std::net|std::time|SystemTime)\b' "the contract does no I/O and has no clock"
forbid "feed event-source" '\b(axum|tokio|pulseboard_hub|pulseboard_app)\b' "feed and event-source are pure and know neither the server nor the pages"
forbid "feed" '\b(leptos|web_sys)\b' "the feed knows no user interface"
forbid "app" '^\s*(use |pub use )?(axum|tokio|pulseboard_hub|leptos_axum)\b' "the app does not name the server's libraries"
forbid "hub" '\b(axum|hyper|leptos|web_sys)\b' "the hub does not name HTTP or the page"
forbid "client" '\b(axum|leptos|pulseboard_hub|pulseboard_server|web_sys)\b' "the client knows a server over HTTP only"
forbid "server" '\bweb_sys\b' "the server does not name the browser"
forbid "app/src" '\binner_html\b' "event data reaches the page as text only"
forbid "app/src/components app/src/pages" '#\[cfg\((not\()?feature' "what differs between the sides stands in platform, not inside components"
forbid "src feed/src event-source/src hub/src app/src frontend server/src" '\bpulseboard_faults\b' "faulty disks are for tests"
exit "$failed"
