# shellcheck shell=bash
# The environment every build of this project runs in. Source it: `source scripts/env.sh` (bash or zsh, any directory).
#
# It only looks and exports, and installs nothing: `scripts/setup.sh` does that. Values that are already set win.

if [ -n "${BASH_SOURCE:-}" ]; then
  PROJECT_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
else
  # zsh keeps the sourced file's name in $0.
  PROJECT_ROOT="$(cd "$(dirname "$0")/.." && pwd)"
fi
export PROJECT_ROOT

# --- Versions -------------------------------------------------------------------------------------------------------

export CARGO_LEPTOS_VERSION="${CARGO_LEPTOS_VERSION:-0.3.11}"
# The command-line tool and the crate speak a private format to each other, so their versions must be equal.
WASM_BINDGEN_VERSION=""
if [ -f "$PROJECT_ROOT/Cargo.lock" ]; then
  WASM_BINDGEN_VERSION="$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3; exit }' "$PROJECT_ROOT/Cargo.lock")"
fi
export WASM_BINDGEN_VERSION="${WASM_BINDGEN_VERSION:-0.2.130}"

# --- Tools that set-up built ----------------------------------------------------------------------------------------

# Per user and keyed by version, so that a second clone builds nothing again.
export PROJECT_TOOLS="${PROJECT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/leptos-clerk-convex}"
for tool in \
  "$PROJECT_TOOLS/cargo-nextest/bin" \
  "$PROJECT_ROOT/end2end/node_modules/binaryen/bin" \
  "$PROJECT_TOOLS/wasm-bindgen-cli-$WASM_BINDGEN_VERSION/bin" \
  "$PROJECT_TOOLS/cargo-leptos-$CARGO_LEPTOS_VERSION/bin"; do
  if [ -d "$tool" ]; then
    case ":$PATH:" in
      *":$tool:"*) ;;
      *) PATH="$tool:$PATH" ;;
    esac
  fi
done
unset tool
export PATH

# --- Compiler -------------------------------------------------------------------------------------------------------

# One compiler for the server and the browser: the active one when it has the browser's standard library, else
# Debian's, for which set-up builds that library (and leaves the file `built-by`: no need to ask the active one again).
if [ -z "${RUSTC:-}" ]; then
  if [ -f /usr/lib/rustlib/wasm32-unknown-unknown/lib/built-by ]; then
    export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
  elif [ -x /usr/bin/rustc ] && [ -d /usr/share/doc/rust-web-src ]; then
    wasm_library="$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null || true)"
    if [ ! -d "${wasm_library:-/nonexistent}" ]; then
      export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
    fi
    unset wasm_library
  fi
fi

# What follows goes with Debian's compiler, which comes without clippy and linker of its own.
if [ "${RUSTC:-}" = /usr/bin/rustc ]; then
  # `cargo clippy` would start the Rust toolchain's clippy, which is of another version.
  [ -x /usr/bin/cargo-clippy ] && export CARGO_CLIPPY=/usr/bin/cargo-clippy
  if [ -z "${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}" ]; then
    for linker in \
      "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/stable-*/lib/rustlib/*/bin/rust-lld \
      "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/*/bin/rust-lld \
      /usr/lib/llvm-*/bin/wasm-ld; do
      if [ -x "$linker" ]; then
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
        break
      fi
    done
    unset linker
  fi
fi
export CARGO_CLIPPY="${CARGO_CLIPPY:-cargo}"

# --- Browser --------------------------------------------------------------------------------------------------------

# Unset when no browser is installed: Playwright then uses its own.
if [ -z "${CHROMIUM_PATH:-}" ]; then
  for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$browser" >/dev/null 2>&1; then
      CHROMIUM_PATH="$(command -v "$browser")"
      export CHROMIUM_PATH
      break
    fi
  done
  unset browser
fi
# `npm ci` must not download browsers by itself; set-up does when none is installed.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
