#!/usr/bin/env bash
# Runs the tests against reference values alone (built before), and prints passed and failed cases by group,
# and the largest deviation of each case.
#   GOLDEN_DIR=FOLDER scripts/golden.sh       the folder holds cocoeval/, boxteacher/, ...; default: tests/golden
# What a folder lacks is reported as skipped.
set -uo pipefail
[ -z "${GOLDEN_DIR:-}" ] || GOLDEN_DIR=$(realpath "$GOLDEN_DIR") || exit 1
cd "$(dirname "$0")/.."

log=$(mktemp)
export GOLDEN_REPORT=$(mktemp)
trap 'rm -f "$log" "$GOLDEN_REPORT"' EXIT
OMP_NUM_THREADS=1 dotnet test tests/BoxTeacher.Core.Tests -c Release --no-build --nologo \
  --filter Category=Golden --logger 'console;verbosity=normal' >"$log" 2>&1
status=$?

awk '
  $1 ~ /^(Passed|Failed|Skipped)$/ && $2 ~ /:$/ {
    group = substr($2, 1, length($2) - 1)
    count[$1, group]++
    groups[group] = 1
    total[$1]++
    if ($1 == "Failed") failures[++failed] = $0
  }
  function line(name, passed, failed, skipped) { printf "%-32s %8d %8d %8d\n", name, passed, failed, skipped }
  END {
    printf "%-32s %8s %8s %8s\n", "", "passed", "failed", "skipped"
    n = 0
    for (group in groups) names[++n] = group
    for (i = 2; i <= n; i++) for (j = i; j > 1 && names[j] < names[j - 1]; j--) { t = names[j]; names[j] = names[j - 1]; names[j - 1] = t }
    for (i = 1; i <= n; i++) line(names[i], count["Passed", names[i]], count["Failed", names[i]], count["Skipped", names[i]])
    line("all", total["Passed"], total["Failed"], total["Skipped"])
    for (i = 1; i <= failed; i++) print failures[i]
    exit n == 0
  }
' "$log" || { tail -n 30 "$log"; status=1; }
# How much of its tolerance each case with numbers used up.
[ ! -s "$GOLDEN_REPORT" ] || awk -F '\t' '
  BEGIN { printf "\n%-32s %12s %12s  %s\n", "largest deviation", "of tolerance", "absolute", "where" }
  { printf "%-32s %12s %12s  %s\n", $1, $2, $3, $4 }
' "$GOLDEN_REPORT"
exit "$status"
