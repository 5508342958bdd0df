#!/usr/bin/env bash
# Counts the tests in a directory of logs (see `logs` in the Makefile) and prints one line for each runner, then
# `N passed, N failed` for all of them. Fails when nothing passed or anything failed.
#
# Usage: scripts/summary.sh LOGS
set -euo pipefail

logs="$1"
passed_total=0
failed_total=0

report() { # RUNNER PASSED FAILED
  printf '%-10s %s passed, %s failed\n' "$1:" "$2" "$3"
  passed_total=$((passed_total + $2))
  failed_total=$((failed_total + $3))
}

# sum FILE WORD-REGEX: adds the numbers that the (extended) regular expression's one group finds.
sum() { sed -nE "s/$2/\1/p" "$1" | awk '{ n += $1 } END { print n + 0 }'; }
plain() { sed -E $'s/\x1b\\[[0-9;]*m//g' "$1"; }

if [ -f "$logs/nextest.log" ]; then
  plain "$logs/nextest.log" | grep -E '^ *Summary' >"$logs/nextest.summary" || true
  report nextest "$(sum "$logs/nextest.summary" '.* ([0-9]+) passed.*')" \
    "$(($(sum "$logs/nextest.summary" '.* ([0-9]+) failed.*') + $(sum "$logs/nextest.summary" '.* ([0-9]+) timed out.*')))"
fi
for runner in doctests sync-types; do
  [ -f "$logs/$runner.log" ] || continue
  plain "$logs/$runner.log" >"$logs/$runner.summary"
  report "$runner" "$(sum "$logs/$runner.summary" '^test result: .* ([0-9]+) passed;.*')" \
    "$(sum "$logs/$runner.summary" '^test result: .* ([0-9]+) failed;.*')"
done
if [ -f "$logs/acceptance.log" ]; then
  plain "$logs/acceptance.log" >"$logs/acceptance.summary"
  report acceptance "$(sum "$logs/acceptance.summary" '^[^a-z]* pass ([0-9]+)$')" \
    "$(sum "$logs/acceptance.summary" '^[^a-z]* fail ([0-9]+)$')"
fi
if [ -f "$logs/playwright.json" ]; then
  read -r passed failed < <(node -e '
    const { stats } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    console.log(stats.expected, stats.unexpected + stats.flaky);
  ' "$logs/playwright.json")
  report browser "$passed" "$failed"
fi

printf '%s passed, %s failed\n' "$passed_total" "$failed_total"
[ "$passed_total" -gt 0 ] && [ "$failed_total" -eq 0 ]
