#!/usr/bin/env bash
# What a browser has to load, compressed with brotli: one page without the library, with Clerk, and with Clerk and Convex
# (examples/size), and the demo as `make build` left it: what each of its pages needs, and what some need beside that.
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

# brotli FILE…: the sum of the compressed bytes.
brotli() {
  node -e '
    const fs = require("fs"), zlib = require("zlib");
    const sizes = process.argv.slice(1).map((file) => zlib.brotliCompressSync(fs.readFileSync(file)).length);
    console.log(sizes.reduce((sum, size) => sum + size, 0));
  ' "$@"
}

# report LABEL WASM GLUE…: one line, and the sum of the compressed bytes in the variable `sum`.
report() {
  local label="$1" wasm="$2" wasm_brotli glue_brotli
  shift 2
  wasm_brotli="$(brotli "$wasm")"
  glue_brotli="$(brotli "$@")"
  sum=$((wasm_brotli + glue_brotli))
  printf '%-28s %10d %10d %8d %10d\n' "$label" "$(wc -c <"$wasm")" "$wasm_brotli" "$glue_brotli" "$sum"
}

# hashed PART EXTENSION [NAME]: a file of the demo, whose name has the hash that is noted for this part.
hashed() {
  local hash
  hash="$(awk -v part="$1:" '$1 == part { print $2 }' target/release/hash.txt)"
  echo "target/site/pkg/${3:-leptos-clerk-convex}.$hash.$2"
}

# report_pages: one line for each page whose code is apart.
report_pages() {
  local page files
  while read -r page files; do
    # shellcheck disable=SC2086 # a list of files
    printf '%-28s %42d\n' "  its $page adds" "$(brotli $files)"
  done < <(node -e '
    const manifest = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    for (const [page, files] of Object.entries(manifest))
      console.log(page, ...files.map((file) => `target/site/pkg/${file}.wasm`));
  ' "$(hashed manifest json __wasm_split_manifest)")
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
      report "the demo, each page" "$(hashed wasm wasm)" "$(hashed js js)" "$(hashed split js __wasm_split)"
      report_pages
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
