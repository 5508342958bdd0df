#!/usr/bin/env bash
# Installs what the project needs to build, run and test, and nothing that is already there.
#
# Usage: scripts/setup.sh [run|test]     `run` leaves out what only the tests need. Default: test.
#
# Safe to interrupt and to repeat: each step looks first, works in a temporary place and moves its result in at the
# end. Times are from a machine with two cores. Tools go to a per-user directory (see `PROJECT_TOOLS` in env.sh).
set -euo pipefail

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$PROJECT_ROOT"

purpose="${1:-test}"
started=$SECONDS
did_something=false
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# The bundles that browsers load from the local Clerk: name, version, integrity of the npm tarball.
# Taken alone, without their dependencies, because the published bundles contain them.
clerk_bundles=(
  "clerk-js 6.40.0 sha512-2MnZ/ygvuCmeuqfXQmsxfQaLN/SSJvQbtT2cLXbgr5VKr3KmZFZBVvX977fG3eZ6pprl4J9pO+I2bbe6BvColg=="
  "ui 1.36.0 sha512-uI96zYCh5jISLOt1mdpIPy/Y31P0kwFxjUFOxLUwFfTHFmGUcRjbqN6bbb+75tdI2Bz6ARGws3rhspDer+xIfQ=="
)

say() { printf '\033[1m[setup]\033[0m %s\n' "$*"; }
fail() {
  printf '\033[1m[setup] error:\033[0m %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '        %s\n' "$line" >&2; done
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# step WHAT HOW_LONG COMMAND…: announces, runs and times one step.
step() {
  local what="$1" how_long="$2" step_started=$SECONDS
  shift 2
  did_something=true
  say "$what (usually $how_long)"
  "$@"
  say "$what: done in $((SECONDS - step_started)) s"
}

# limited SECONDS COMMAND…: stops a download that hangs. macOS has no `timeout`; there the command runs unlimited.
limited() {
  local seconds="$1"
  shift
  if have timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# --- Debian packages ------------------------------------------------------------------------------------------------

sudo_prefix=()
can_apt() {
  have apt-get || return 1
  [ "$(id -u)" -eq 0 ] && return 0
  have sudo && sudo -n true 2>/dev/null && sudo_prefix=(sudo)
}
as_root() { ${sudo_prefix[@]+"${sudo_prefix[@]}"} "$@"; }

apt_candidates_known() {
  local package policy
  for package in "$@"; do
    # Not through a pipe: a reader that stops at its first match fails the writer, and with it the pipeline.
    policy="$(apt-cache policy "$package" 2>/dev/null)" || return 1
    [[ "$policy" =~ Candidate:\ [0-9] ]] || return 1
  done
}

apt_install() {
  apt_candidates_known "$@" || as_root apt-get update -qq
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; then
    # The package list names versions that the mirror no longer has.
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  fi
}

# --- Compiler for the browser ---------------------------------------------------------------------------------------

has_wasm_library() {
  local library
  library="$("${RUSTC:-rustc}" --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)" || return 1
  compgen -G "$library/libstd-*.rlib" >/dev/null || return 1
  # A library that set-up built says which compiler it belongs to.
  [ ! -f "$library/built-by" ] || [ "$(cat "$library/built-by")" = "$("${RUSTC:-rustc}" --version)" ]
}

debian_release_is_new_enough() {
  apt_candidates_known rustc-web rust-web-src || as_root apt-get update -qq
  local version
  version="$(apt-cache policy rustc-web | awk '/Candidate:/ { print $2 }')"
  dpkg --compare-versions "${version:-0}" ge 1.96
}

install_debian_rust() { apt_install rustc-web rust-web-src rust-web-clippy; }

# Debian has the compiler and its library's source, but not the library built for the browser.
build_wasm_library() {
  local library work="$scratch/wasm-library" partial
  library="$(/usr/bin/rustc --print target-libdir --target wasm32-unknown-unknown)"
  mkdir -p "$work/empty/src"
  touch "$work/empty/src/lib.rs"
  printf '[package]\nname = "empty"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n' >"$work/empty/Cargo.toml"
  # Compiler and library are the same release, so the unstable option only rebuilds what Debian left out.
  (
    cd "$work/empty"
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
      cargo build --quiet --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort,panic_unwind
  )
  partial="$(dirname "$library")/lib.partial"
  as_root rm -rf "$partial"
  as_root mkdir -p "$partial"
  as_root cp "$work"/target/wasm32-unknown-unknown/release/deps/*.rlib "$partial/"
  as_root rm -f "$partial"/libempty-*.rlib
  /usr/bin/rustc --version | as_root tee "$partial/built-by" >/dev/null
  as_root rm -rf "$library"
  as_root mv "$partial" "$library"
}

set_up_compiler() {
  have cargo || fail "Rust is not installed." "Install it from https://rustup.rs, then run this again."
  # SQLite and the cryptography library are C inside their crates; they need nothing else.
  have cc || { can_apt && step "Installing a C compiler" "30 s" apt_install gcc libc6-dev; } || fail \
    "there is no C compiler (cc)." "Install your system's, for example build-essential or the Xcode command-line tools."
  has_wasm_library && return
  if have rustup && [ -z "${RUSTC:-}" ]; then
    say "Adding the browser target to the Rust toolchain (usually 10 s)"
    if limited 90 rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && has_wasm_library; then
      did_something=true
      return
    fi
  fi
  { can_apt && debian_release_is_new_enough; } || fail \
    "this Rust cannot compile for the browser, and neither rustup nor Debian's packages could help." \
    "Run: rustup target add wasm32-unknown-unknown"
  if [ "${RUSTC:-}" != /usr/bin/rustc ]; then
    step "Installing Debian's Rust compiler" "30 s" install_debian_rust
  fi
  unset RUSTC
  # shellcheck source=scripts/env.sh
  source scripts/env.sh
  has_wasm_library || step "Building the standard library for the browser" "45 s" build_wasm_library
}

set_up_compiler_tools() {
  if [ "${RUSTC:-}" = /usr/bin/rustc ]; then
    if [ "$purpose" = test ] && [ ! -x /usr/bin/clippy-driver ]; then
      step "Installing Debian's clippy" "10 s" apt_install rust-web-clippy
    fi
    if [ -z "${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}" ]; then
      step "Installing the linker for the browser" "20 s" apt_install lld-22
    fi
  fi
}

# --- Tools built from crates ----------------------------------------------------------------------------------------

# cargo_install NAME VERSION DIRECTORY [OPTION…]: all of them share one target directory, which also lets an interrupted
# build go on where it stopped.
cargo_install() {
  local name="$1" version="$2" directory="$3"
  shift 3
  rm -rf "$directory.partial"
  # The tools need not be fast; an unoptimised build takes a third of the time.
  CARGO_TARGET_DIR="$PROJECT_TOOLS/target" \
    CARGO_PROFILE_RELEASE_OPT_LEVEL="${opt_level:-0}" CARGO_PROFILE_RELEASE_LTO=false \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
    cargo install --quiet --root "$directory.partial" "$name@$version" "$@"
  rm -rf "$directory"
  mv "$directory.partial" "$directory"
}

set_up_wasm_bindgen() {
  [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $WASM_BINDGEN_VERSION" ] && return
  # Not `--locked`: registries that mirror crates.io with a delay may lack what the lock file names.
  opt_level=1 step "Building wasm-bindgen $WASM_BINDGEN_VERSION" "2 to 4 min" \
    cargo_install wasm-bindgen-cli "$WASM_BINDGEN_VERSION" "$PROJECT_TOOLS/wasm-bindgen-cli-$WASM_BINDGEN_VERSION"
}

set_up_nextest() {
  cargo nextest --version >/dev/null 2>&1 && return
  step "Building cargo-nextest" "5 min" cargo_install cargo-nextest 0.9.143 "$PROJECT_TOOLS/cargo-nextest" --locked
}

has_cargo_leptos() {
  local version
  version="$(cargo leptos --version 2>/dev/null | awk '{ print $NF }')"
  [ "$version" = "$CARGO_LEPTOS_VERSION" ]
}

set_up_cargo_leptos() {
  has_cargo_leptos && return
  local directory="$PROJECT_TOOLS/cargo-leptos-$CARGO_LEPTOS_VERSION"
  if have cargo-binstall && limited 120 cargo binstall --no-confirm --quiet --disable-strategies compile \
    --install-path "$directory/bin" "cargo-leptos@$CARGO_LEPTOS_VERSION" >/dev/null 2>&1; then
    did_something=true
    say "Installed cargo-leptos $CARGO_LEPTOS_VERSION"
    return
  fi
  # One crate in its lock file says it needs Rust 1.96, and compiles with 1.95.
  step "Building cargo-leptos $CARGO_LEPTOS_VERSION" "7 to 10 min" \
    cargo_install cargo-leptos "$CARGO_LEPTOS_VERSION" "$directory" --locked --ignore-rust-version
}

# --- From npm -------------------------------------------------------------------------------------------------------

install_npm_packages() {
  local log="$scratch/npm.log"
  if ! PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix end2end --prefer-offline --no-audit --no-fund >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
  cp end2end/package-lock.json end2end/node_modules/.installed-lock.json
}

set_up_npm_packages() {
  cmp -s end2end/package-lock.json end2end/node_modules/.installed-lock.json && return
  step "Installing the npm packages" "20 s" install_npm_packages
}

# fetch_clerk_bundle NAME VERSION INTEGRITY DIRECTORY
fetch_clerk_bundle() {
  local name="$1" version="$2" integrity="$3" directory="$4" work="$4.partial" actual
  rm -rf "$work"
  mkdir -p "$work"
  npm pack --silent --prefer-offline --pack-destination "$work" "@clerk/$name@$version" >/dev/null
  actual="sha512-$(node -p 'crypto.createHash("sha512").update(fs.readFileSync(process.argv[1])).digest("base64")' "$work"/*.tgz)"
  if [ "$actual" != "$integrity" ]; then
    fail "the downloaded @clerk/$name@$version is not the expected package." "expected $integrity" "found    $actual"
  fi
  tar -xzf "$work"/*.tgz -C "$work"
  rm -rf "$directory"
  mv "$work/package" "$directory"
  rm -rf "$work"
}

set_up_clerk_bundles() {
  have npm || fail "Node.js is not installed." "Install Node 20 or later from https://nodejs.org or your system's packages."
  local entry name version integrity directory
  for entry in "${clerk_bundles[@]}"; do
    read -r name version integrity <<<"$entry"
    directory="local/clerk/vendor/@clerk/$name"
    grep -qs "\"version\": \"$version\"" "$directory/package.json" && continue
    step "Fetching @clerk/$name $version" "5 s" fetch_clerk_bundle "$name" "$version" "$integrity" "$directory"
  done
}

# --- Browser --------------------------------------------------------------------------------------------------------

set_up_browser() {
  [ -n "${CHROMIUM_PATH:-}" ] && return
  if can_apt && apt_candidates_known chromium; then
    step "Installing Chromium" "30 s" apt_install chromium fonts-liberation
  else
    step "Downloading Playwright's Chromium" "1 min" npx --prefix end2end playwright install chromium
  fi
}

# --------------------------------------------------------------------------------------------------------------------

mkdir -p "$PROJECT_TOOLS"
# Two clones may set up at once; the second waits and then finds everything done.
if have flock; then
  exec 9>"$PROJECT_TOOLS/setup.lock"
  flock -n 9 || { say "Waiting for another set-up to end"; flock 9; }
fi

set_up_compiler
set_up_compiler_tools
set_up_clerk_bundles
set_up_npm_packages
if [ "$purpose" = test ]; then
  set_up_browser
  set_up_nextest
fi
set_up_wasm_bindgen
set_up_cargo_leptos
rm -rf "$PROJECT_TOOLS/target"

if $did_something; then say "Ready after $((SECONDS - started)) s"; else say "Everything is installed"; fi
