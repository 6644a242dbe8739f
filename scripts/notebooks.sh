#!/usr/bin/env bash
# Executes notebooks with Jupyter on the kernel of scripts/kernel.sh, which is installed below artifacts; a cell that fails, fails it.
#   scripts/notebooks.sh check [NOTEBOOK ...]   a few steps on little data; outputs go to artifacts/notebooks/executed
#   scripts/notebooks.sh write [NOTEBOOK ...]   the notebooks' own budgets; outputs are written into them, charts as PNG
#   scripts/notebooks.sh kernel COMMAND ...     drives the kernel itself: tests/notebook/kernel.py check, measure
#   scripts/notebooks.sh live                   drives a notebook in a browser: tests/notebook/live.fsx
# NOTEBOOK_STEPS (for check; default 6) is the number of training steps. Needs scripts/setup.sh notebooks.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-check}
[ $# -gt 0 ] && shift
case $mode in check|write|kernel|live) ;; *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac

work=$PWD/artifacts/notebooks
mkdir -p "$work/executed"
scripts/kernel.sh install --prefix "$work/jupyter" >/dev/null
# The system's Jupyter, and no kernel or setting of the user's.
export PATH=/usr/bin:$PATH JUPYTER_PATH=$work/jupyter JUPYTER_DATA_DIR=$work/user JUPYTER_CONFIG_DIR=$work/config
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

if [ "$mode" != write ]; then
  export NOTEBOOK_DATA=$work/data
  [ -d "$work/data/shapes" ] || dotnet artifacts/bin/BoxTeacher.Cli/release/boxteacher.dll data shapes --out "$work/data/shapes" --train 48 --val 12
fi

case $mode in
  kernel)
    NOTEBOOK_STEPS=60 python3 tests/notebook/kernel.py "$@"
    exit ;;
  live)
    dotnet fsi tests/notebook/live.fsx
    exit ;;
  check)
    export NOTEBOOK_STEPS=${NOTEBOOK_STEPS:-6}
    # A notebook that reads results of an earlier check would not train.
    rm -rf runs/notebooks/check ;;
  write)
    export NOTEBOOK_CHARTS=png ;;
esac

notebooks=("$@")
[ ${#notebooks[@]} -gt 0 ] || notebooks=(notebooks/*.ipynb)
for notebook in "${notebooks[@]}"; do
  name=$(basename "$notebook")
  started=$SECONDS
  # Next to the original, so that relative names mean the same.
  PYTHONPATH=scripts jupyter nbconvert --log-level ERROR --to notebook --execute \
    --ExecutePreprocessor.timeout=3600 --ExecutePreprocessor.record_timing=False \
    --NotebookExporter.preprocessors chart_sizes.ChartSizes --output-dir "$work/executed" --output "$name" "$notebook"
  [ "$mode" = check ] || cp "$work/executed/$name" "$notebook"
  echo "$name: executed in $((SECONDS - started)) s"
done
