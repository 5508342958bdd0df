#!/usr/bin/env bash
# What a browser has to load, compressed with brotli: one page without the library, with Clerk, and with Clerk and Convex
# (examples/size), and the demo as `make build` left it.
#
# Usage: scripts/size.sh [without|clerk|convex|demo …]     Default: all.
set -euo pipefail

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$PROJECT_ROOT"

# As cargo-leptos does for the demo.
wasm_opt_flags=(-Oz --enable-bulk-memory --enable-nontrapping-float-to-int)
output="$PROJECT_ROOT/target/size"
export CARGO_TARGET_DIR="$PROJECT_ROOT/target"

# build NAME FEATURES
build() {
  local name="$1" features="$2" directory="$output/$1"
  cp Cargo.lock examples/size/Cargo.lock
  cargo build --quiet --manifest-path examples/size/Cargo.toml --profile wasm-release \
    --target wasm32-unknown-unknown --no-default-features --features "$features"
  rm -rf "$directory"
  wasm-bindgen --target web --no-typescript --out-dir "$directory" --out-name "$name" \
    "$CARGO_TARGET_DIR/wasm32-unknown-unknown/wasm-release/size.wasm"
  wasm-opt "${wasm_opt_flags[@]}" "$directory/${name}_bg.wasm" -o "$directory/$name.wasm"
  rm "$directory/${name}_bg.wasm"
}

# report LABEL WASM GLUE: one line, and the sum of the compressed bytes in the variable `sum`.
report() {
  local bytes
  bytes="$(node -e '
    const fs = require("fs"), zlib = require("zlib");
    const brotli = (file) => zlib.brotliCompressSync(fs.readFileSync(file)).length;
    const [wasm, glue] = process.argv.slice(1);
    console.log(fs.statSync(wasm).size, brotli(wasm), brotli(glue));
  ' "$2" "$3")"
  local raw wasm glue
  read -r raw wasm glue <<<"$bytes"
  sum=$((wasm + glue))
  printf '%-28s %10d %10d %8d %10d\n' "$1" "$raw" "$wasm" "$glue" "$sum"
}

# hashed KIND: the demo's file of this kind, whose name has its hash.
hashed() {
  local hash
  hash="$(awk -v kind="$1:" '$1 == kind { print $2 }' target/release/hash.txt)"
  echo "target/site/pkg/leptos-clerk-convex.$hash.$1"
}

parts=("$@")
[ $# -gt 0 ] || parts=(without clerk convex demo)
printf '%-28s %10s %10s %8s %10s\n' "bytes" "wasm" "wasm br" "glue br" "both br"
declare -A sums
for part in "${parts[@]}"; do
  case "$part" in
    without) build without "" ;;
    clerk) build clerk clerk ;;
    convex) build convex convex ;;
    demo)
      [ -f target/release/hash.txt ] || { echo "The demo is not built: make build"; continue; }
      report "the demo" "$(hashed wasm)" "$(hashed js)"
      continue
      ;;
    *) echo "unknown part: $part" >&2; exit 2 ;;
  esac
  case "$part" in
    without) label="the page alone" ;;
    clerk) label="… with Clerk" ;;
    convex) label="… with Clerk and Convex" ;;
  esac
  report "$label" "$output/$part/$part.wasm" "$output/$part/$part.js"
  sums[$part]=$sum
done
if [ -n "${sums[without]:-}" ] && [ -n "${sums[convex]:-}" ]; then
  echo "the library's share: $((sums[convex] - sums[without])) bytes, of which Convex $((sums[convex] - ${sums[clerk]:-${sums[without]}}))"
fi
