# The environment of every build command: the Rust toolchain and the tools. Source it; it sets variables and prints nothing.
#
# The setup installs its tools into one folder outside the checkout: clones share it, and ~/.cargo/bin stays unchanged.

PULSEBOARD_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)"
PULSEBOARD_TOOLS="${PULSEBOARD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/pulseboard/tools}"
export PULSEBOARD_TOOLS
export PATH="$PULSEBOARD_TOOLS/bin:$PULSEBOARD_ROOT/end2end/node_modules/.bin:$PATH"

# Where rustup cannot provide the WebAssembly target, the setup links Debian's Rust under this name. The same toolchain
# builds server and front end, or everything would be built twice.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && [ -e "$PULSEBOARD_TOOLS/use-debian-rust" ]; then
  export RUSTUP_TOOLCHAIN=debian
fi

# cargo-leptos would look for newer tools online; the ones it needs are on PATH.
export LEPTOS_TAILWIND_VERSION="" LEPTOS_SASS_VERSION=""
