#!/usr/bin/env bash
# Kills a training at random moments (SIGKILL), resumes it until it ends, and compares all that is in its folder with that of a run that
# nobody killed, to the bit; again and again until there were so many kills.
#   scripts/kill.sh [KILLS [SEED]]      default: 50 kills, a seed by the clock
# BOXTEACHER names the program's library; by default what `make build` has built.
set -euo pipefail
cd "$(dirname "$0")/.."

kills=${1:-50}
RANDOM=${2:-$((RANDOM))}
program=${BOXTEACHER:-artifacts/bin/BoxTeacher.Cli/release/boxteacher.dll}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

iterations=24
evaluate_every=6
small=(--set "augmentation.geometry.shortEdges=[64]" --set augmentation.geometry.maxSize=64
  --set augmentation.testShortEdge=64 --set augmentation.testMaxSize=64
  --set budget.batchSize=2 --set "budget.iterations=$iterations" --set "budget.evaluateEvery=$evaluate_every" --set budget.checkpointEvery=2)

# train SECONDS RUN: ends with 137 when it was killed.
train() {
  # The shell's own word on a killed process goes the way of the outer 2>.
  { timeout -s KILL "$1" dotnet "$program" train --recipe shapes-boxteacher --data "$folder" --out "$folder/$2" --threads 1 --resume \
    "${small[@]}" >"$folder/log" 2>&1; } 2>/dev/null
}

# What the killed process was at, by what it left behind.
phase() {
  local run=$folder/$1 last=""
  [ -f "$run/metrics.jsonl" ] && last=$(tail -n 1 "$run/metrics.jsonl")
  local iteration=${last#*\"iteration\":}
  iteration=${iteration%%,*}
  if compgen -G "$run/.*.tmp" >/dev/null; then echo "writing"
  elif [ "$last" = "$2" ]; then echo "starting"
  elif [[ $last != *'"evaluated"'* ]] && [ $((iteration % evaluate_every)) -eq 0 ]; then echo "evaluating"
  else echo "learning"
  fi
}

timeless() { sed -E 's/,"(seconds|dataSeconds)":[^,}]*//g; s/,"exchange":\{[^}]*\}//' "$1/metrics.jsonl"; }

dotnet "$program" data shapes --out "$folder/shapes" --train 8 --val 24 --size 64 --seed 3 >/dev/null
before=$(date +%s%N)
train 1000 whole || { cat "$folder/log" >&2; exit 1; }
whole=$((($(date +%s%N) - before) / 1000000))
echo "a run of $iterations iterations takes $whole ms; $kills kills within 0.7 of this time, seed ${2:-by the clock}"

declare -A phases=()
killed=0
ends=0
while [ "$killed" -lt "$kills" ]; do
  rm -rf "$folder/parts"
  status=137
  while [ "$status" -ne 0 ]; do
    begun=$([ -f "$folder/parts/metrics.jsonl" ] && tail -n 1 "$folder/parts/metrics.jsonl" || true)
    milliseconds=$([ "$killed" -lt "$kills" ] && echo $((whole * (RANDOM % 700) / 1000 + 1)) || echo 1000000)
    status=0
    train "$(printf '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000)))" parts || status=$?
    case $status in
      # It was faster than its kill: the machine has less else to do by now.
      0) whole=$((whole * 3 / 4)) ;;
      137)
        killed=$((killed + 1))
        at=$(phase parts "$begun")
        phases[$at]=$((${phases[$at]:-0} + 1))
        ;;
      *) cat "$folder/log" >&2; exit 1 ;;
    esac
  done
  ends=$((ends + 1))
  diff -r --exclude metrics.jsonl "$folder/whole" "$folder/parts"
  diff <(timeless "$folder/whole") <(timeless "$folder/parts")
done

for at in "${!phases[@]}"; do echo "  ${phases[$at]} while $at"; done
echo "kills: $killed; runs brought to their end: $ends; every file the same to the bit"
