#!/usr/bin/env bash
# Installs the tools that this machine lacks for a build or for the tests. Safe to repeat: each step checks first whether it
# is needed, and says what it does.
#
#   scripts/setup.sh build   Rust, cargo-leptos, wasm-bindgen and wasm-opt
#   scripts/setup.sh test    the same, Chromium and its driver
#
# rustup provides the WebAssembly target. Where rustup cannot download, the setup installs Debian's Rust and builds the
# WebAssembly standard library once from Debian's sources.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

want="${1:-build}"
CARGO_LEPTOS_VERSION=0.3.11

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else die "'$*' needs root; run it yourself, then try again"; fi
}

apt_updated=""
apt_install() {
  have apt-get || die "missing: $* (install them with this system's package manager, then try again)"
  if [ -z "$apt_updated" ]; then as_root apt-get -qq update; apt_updated=1; fi
  say "apt-get install $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

has_wasm_std() {
  local dir
  dir="$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)" || return 1
  ls "$dir"/libstd-*.rlib >/dev/null 2>&1
}

DEBIAN_WASM_LIB=/usr/lib/rustlib/wasm32-unknown-unknown/lib

# No package owns the library, so a system upgrade leaves an old one behind, which the new compiler refuses.
debian_std_is_current() {
  [ -e "$DEBIAN_WASM_LIB/.built-by" ] && /usr/bin/rustc -vV | cmp -s - "$DEBIAN_WASM_LIB/.built-by"
}

# Installs Debian's Rust (rustc-web), builds its standard library for WebAssembly, and links it as a rustup toolchain.
install_debian_rust() {
  say "rustup cannot add wasm32-unknown-unknown here: installing Debian's Rust"
  if ! [ -x /usr/bin/rustc -a -x /usr/bin/cargo -a -x /usr/bin/cargo-clippy -a -x /usr/bin/rustfmt -a -d /usr/lib/rustlib/src/rust ]; then
    apt_install rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web
  fi
  local llvm lld
  llvm="$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
  [ -x "/usr/lib/llvm-$llvm/bin/lld" ] || apt_install "lld-$llvm"
  lld="/usr/lib/llvm-$llvm/bin"

  local lib host
  lib="$DEBIAN_WASM_LIB"
  host="$(/usr/bin/rustc -vV | sed -n 's/^host: //p')"
  if ! debian_std_is_current; then
    say "building the WebAssembly standard library (once, under a minute)"
    local scratch
    scratch="$(mktemp -d)"
    mkdir -p "$scratch/src"
    printf '[package]\nname = "wasm-std"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n' >"$scratch/Cargo.toml"
    : >"$scratch/src/lib.rs"
    # `test` is included because wasm-bindgen-test needs it.
    (cd "$scratch" && env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$lld/wasm-ld" \
      /usr/bin/cargo build --quiet --release -Zbuild-std=std,panic_abort,test --target wasm32-unknown-unknown)
    as_root mkdir -p "$lib"
    as_root rm -f "$lib"/*.rlib
    as_root cp "$scratch"/target/wasm32-unknown-unknown/release/deps/*.rlib "$lib/"
    /usr/bin/rustc -vV | as_root tee "$lib/.built-by" >/dev/null
    rm -rf "$scratch"
  fi
  # rustc looks for a linker of this name when it links WebAssembly.
  if [ ! -e "/usr/lib/rustlib/$host/bin/rust-lld" ]; then
    as_root mkdir -p "/usr/lib/rustlib/$host/bin"
    as_root ln -sf "$lld/lld" "/usr/lib/rustlib/$host/bin/rust-lld"
  fi
  if have rustup; then rustup toolchain link debian /usr; fi
}

step_rust() {
  have cc || apt_install build-essential
  # A system upgrade has replaced Debian's Rust since the last setup: build its library again.
  if [ "${RUSTUP_TOOLCHAIN:-}" = debian ] && ! debian_std_is_current; then install_debian_rust; fi
  if have rustc && has_wasm_std; then return; fi

  if have rustup; then
    local channel
    channel="$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)"
    say "rustup toolchain install $channel"
    local log
    log="$(mktemp)"
    if rustup toolchain install "$channel" --profile minimal -c clippy -c rustfmt -t wasm32-unknown-unknown >"$log" 2>&1 && has_wasm_std; then
      rm "$log"
      return
    fi
    tail -n 3 "$log" >&2
    rm "$log"
  fi
  # Debian is the one system whose packages are known to have a Rust that is new enough.
  if have apt-get; then as_root apt-get -qq update; apt_updated=1; fi
  apt-cache show rustc-web >/dev/null 2>&1 ||
    die "Rust with the wasm32-unknown-unknown target is needed: install rustup (https://rustup.rs), see that it can download, then try again"
  install_debian_rust
  mkdir -p "$PULSEBOARD_TOOLS"
  touch "$PULSEBOARD_TOOLS/use-debian-rust"
  . scripts/env.sh
  has_wasm_std || die "Debian's Rust has no WebAssembly library; 'rustc --print target-libdir --target wasm32-unknown-unknown' names where it was looked for"
}

# Tools are built without optimisation: they run for seconds, and an optimised cargo-leptos takes 20 minutes more to build.
cargo_tool() {
  say "cargo install $* (once)"
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$PULSEBOARD_TOOLS/build" \
    cargo install --quiet --debug --root "$PULSEBOARD_TOOLS" "$@"
  rm -rf "$PULSEBOARD_TOOLS/build"
}

step_cargo_leptos() {
  case "$(cargo-leptos --version 2>/dev/null)" in *" $CARGO_LEPTOS_VERSION"*) return ;; esac
  cargo_tool --locked --features no_downloads "cargo-leptos@$CARGO_LEPTOS_VERSION"
}

# Command line and library must have the same version, or the generated script does not fit the module.
step_wasm_bindgen() {
  local version
  version="$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3; exit }' Cargo.lock)"
  [ -n "$version" ] || die "Cargo.lock names no wasm-bindgen"
  case "$(wasm-bindgen --version 2>/dev/null)" in *" $version"*) return ;; esac
  cargo_tool "wasm-bindgen-cli@$version"
}

step_node() {
  have npm || apt_install nodejs npm
  # Playwright needs Node 20; Debian 12 has 18. npm has newer versions as a package.
  if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
    say "npm install node@22 (this system's Node is too old)"
    npm install --silent --no-audit --no-fund --prefix "$PULSEBOARD_TOOLS/node" node@22
    mkdir -p "$PULSEBOARD_TOOLS/bin"
    ln -sf "$PULSEBOARD_TOOLS/node/node_modules/.bin/node" "$PULSEBOARD_TOOLS/bin/node"
    hash -r
  fi
  local stamp=end2end/node_modules/.installed
  if [ ! -e "$stamp" ] || [ end2end/package-lock.json -nt "$stamp" ]; then
    say "npm ci (wasm-opt and Playwright)"
    (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund)
    touch "$stamp"
  fi
}

step_browser() {
  if [ ! -x /usr/bin/chromium ]; then
    if ! (cd end2end && npx playwright install --with-deps chromium >/dev/null 2>&1); then
      apt_install chromium chromium-driver
    fi
  fi
  # The reactive tests drive Chromium through its own driver.
  have chromedriver || apt_install chromium-driver
}

step_rust
step_cargo_leptos
step_wasm_bindgen
step_node
if [ "$want" = test ]; then step_browser; fi
