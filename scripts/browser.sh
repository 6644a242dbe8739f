#!/usr/bin/env bash
# Runs a script that drives Debian's Chromium, with playwright-core of a pinned version from npm in artifacts/browser.
#   scripts/browser.sh SCRIPT.mjs [ARGUMENT ...]        needs chromium, node and npm
set -euo pipefail

version=1.65.1
folder=$(cd "$(dirname "$0")/.." && pwd)/artifacts/browser
if ! grep -qs "\"version\": \"$version\"" "$folder/node_modules/playwright-core/package.json"; then
  npm install --silent --no-audit --no-fund --prefix "$folder" "playwright-core@$version"
fi

# Modules are looked for beside the script that imports them.
script=$1
shift
scripts=$(mktemp -d "$folder/run.XXXXXX")
trap 'rm -rf "$scripts"' EXIT
cp "$(dirname "$script")"/*.mjs "$scripts"
node "$scripts/$(basename "$script")" "$@"
