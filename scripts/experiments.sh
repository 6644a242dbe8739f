#!/usr/bin/env bash
# Runs every experiment with --quick for a few steps on little data; one that fails, fails it.
#   scripts/experiments.sh        EXPERIMENT_STEPS (default 4) is the number of steps
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/artifacts/experiments
rm -rf "$work"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
dotnet artifacts/bin/BoxTeacher.Cli/release/boxteacher.dll data shapes --out "$work/data/shapes" --train 48 --val 12

run() { # script, further options
  local name=${as:-$(basename "$1" .fsx)} started=$SECONDS log
  log=$work/$name.log
  if ! dotnet fsi --optimize+ "$1" --quick --iterations "${EXPERIMENT_STEPS:-4}" --data-root "$work/data" --out "$work/$name" "${@:2}" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "$1: failed" >&2
    exit 1
  fi
  [ -s "$work/$name/report.html" ] && [ -s "$work/$name/results.json" ] || { echo "$1: there is no report" >&2; exit 1; }
  echo "$name: $((SECONDS - started)) s"
}

for script in experiments/*.fsx; do
  case $(basename "$script") in
    refs.fsx|report.fsx) ;;
    *photos.fsx)
      # Without the photos it says where they are; its variants are tried on scenes.
      if dotnet fsi "$script" --quick --data-root "$work/data" >"$work/photos.log" 2>&1; then
        echo "$script: it trained without photos" >&2
        exit 1
      fi
      grep -q "https://www.cis.upenn.edu/~jshi/ped_html" "$work/photos.log" || { cat "$work/photos.log" >&2; exit 1; }
      [ "$(basename "$script")" = real-photos.fsx ] || scripts/backbone.sh "$work/data" >/dev/null
      run "$script" --data shapes
      ;;
    *) run "$script" ;;
  esac
done

# Data of one's own, in a folder with a blank: no scenes beside them, and the report has their names.
own="$work/own data"
mkdir -p "$own"
cp -r tests/cases/rects/shapes "$own/rects"
as=own run experiments/supervision.fsx --data-root "$own/made" \
  --train-json "$own/rects/annotations/instances_train.json" --train-images "$own/rects/train" \
  --val-json "$own/rects/annotations/instances_val.json" --val-images "$own/rects/val"
[ ! -e "$own/made" ] || { echo "scenes were generated beside data of one's own" >&2; exit 1; }
grep -q "instances_train.json and instances_val.json: 60 images" "$work/own/report.html" || { echo "the report does not name its data" >&2; exit 1; }

# A report is made again from its results alone.
page=$work/confidence-score/report.html
cp "$page" "$work/before.html"
rm "$page"
dotnet fsi experiments/report.fsx "$work/confidence-score/results.json"
cmp "$page" "$work/before.html"
