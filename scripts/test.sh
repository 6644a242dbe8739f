#!/usr/bin/env bash
# Runs every test project of the solution (built before) and closes with the totals.
#   scripts/test.sh [further arguments of dotnet test]
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One thread per tensor operation: the test projects run side by side.
OMP_NUM_THREADS=1 dotnet test BoxTeacher.sln -c Release --no-build --nologo "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

awk '
  /(Passed!|Failed!) +- Failed:/ {
    gsub(",", "")
    for (i = 1; i < NF; i++) {
      if ($i == "Failed:") failed += $(i + 1)
      if ($i == "Passed:") passed += $(i + 1)
      if ($i == "Skipped:") skipped += $(i + 1)
    }
  }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit passed == 0 }
' "$log" || status=1
exit "$status"
