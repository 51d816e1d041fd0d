# The environment of every build command: which Rust, which tools. Source it; it sets variables and prints nothing.
#
# Everything the setup installs for this project alone lives in one folder outside the checkout, so that
# clones share it and the user's own ~/.cargo/bin stays as it was.

PULSEBOARD_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)"
PULSEBOARD_TOOLS="${PULSEBOARD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/pulseboard/tools}"
export PULSEBOARD_TOOLS
export PATH="$PULSEBOARD_TOOLS/bin:$PULSEBOARD_ROOT/end2end/node_modules/.bin:$PATH"

# A Rust that rustup cannot give the WebAssembly target to is replaced by Debian's, which the setup links under
# this name. The same toolchain builds server and front end, or everything would be built twice.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && [ -e "$PULSEBOARD_TOOLS/use-debian-rust" ]; then
  export RUSTUP_TOOLCHAIN=debian
fi

# cargo-leptos asks npm and GitHub for newer tools unless told not to; what it needs is on PATH.
export LEPTOS_TAILWIND_VERSION="" LEPTOS_SASS_VERSION=""
