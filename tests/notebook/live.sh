#!/usr/bin/env bash
# Live notebooks in a headless browser: output that changes while a cell runs, interruption, completion, restart; a chart drawn
# by plotly.js, and a training that shows its progress, is interrupted and goes on. Needs what `make build` builds.
#   tests/notebook/live.sh [folder for screenshots]      default: artifacts/notebook
# Needs jupyter-notebook and chromium (scripts/setup.sh notebooks), node and npm.
set -euo pipefail
cd "$(dirname "$0")"

pictures=$(mkdir -p "${1:-../../artifacts/notebook}" && cd "${1:-../../artifacts/notebook}" && pwd)
folder=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

../../scripts/kernel.sh install --prefix "$folder/jupyter" >/dev/null
unset NOTEBOOK_STEPS NOTEBOOK_DATA
export PATH=/usr/bin:$PATH JUPYTER_PATH=$folder/jupyter JUPYTER_DATA_DIR=$folder/data JUPYTER_CONFIG_DIR=$folder/config
mkdir "$folder/notebooks"
cp live.ipynb training.ipynb "$folder/notebooks"
root=$(cd ../.. && pwd)
sed "s|\"\.\./artifacts|\"$root/artifacts|" ../../notebooks/refs.fsx >"$folder/notebooks/refs.fsx"
dotnet ../../artifacts/bin/BoxTeacher.Cli/release/boxteacher.dll data shapes --out "$folder/notebooks/data/shapes" --train 24 --val 4

token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
# Read from the first moment on, when the server may not have opened it yet.
touch "$folder/server.log"
allow=()
[ "$(id -u)" -ne 0 ] || allow=(--allow-root)
jupyter notebook "${allow[@]}" --no-browser --ip=127.0.0.1 --port=$((20000 + RANDOM % 20000)) --NotebookApp.token="$token" \
  --NotebookApp.notebook_dir="$folder/notebooks" >"$folder/server.log" 2>&1 &
server=$!

url=
for _ in $(seq 150); do
  url=$(sed -n 's/.*\(http:\/\/127\.0\.0\.1:[0-9]*\)\/.*/\1/p' "$folder/server.log" | head -n 1)
  [ -n "$url" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
  sleep 0.2
done
[ -n "$url" ] || { cat "$folder/server.log" >&2; exit 1; }

for script in live training; do
  if ! ../../scripts/browser.sh "$script.mjs" "$url" "$token" "$pictures"; then
    tail -n 30 "$folder/server.log" >&2
    exit 1
  fi
done
