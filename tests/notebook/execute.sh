#!/usr/bin/env bash
# Runs the notebooks of this folder with real Jupyter on a freshly published kernel and checks their outputs.
#   tests/notebook/execute.sh        needs jupyter-nbconvert (scripts/setup.sh notebooks)
set -euo pipefail
cd "$(dirname "$0")"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
../../scripts/kernel.sh install --prefix "$folder/jupyter" >/dev/null
# The system's Jupyter, and no kernel or setting of the user's.
export PATH=/usr/bin:$PATH JUPYTER_PATH=$folder/jupyter JUPYTER_DATA_DIR=$folder/data JUPYTER_CONFIG_DIR=$folder/config
cp ./*.ipynb part.fsx "$folder"

run() { # notebook, options
  (cd "$folder" && jupyter nbconvert --log-level ERROR --to notebook --execute --output "executed-$1" "${@:2}" "$1")
}

run basics.ipynb
/usr/bin/python3 check.py "$folder/executed-basics.ipynb"
run errors.ipynb --allow-errors
/usr/bin/python3 check.py "$folder/executed-errors.ipynb"

if run exit.ipynb 2>"$folder/exit.log"; then
  echo "exit.ipynb: Jupyter did not notice that the kernel has ended" >&2
  exit 1
fi
grep -q DeadKernelError "$folder/exit.log" || { cat "$folder/exit.log" >&2; exit 1; }
echo "exit.ipynb: Jupyter noticed that the kernel has ended"
