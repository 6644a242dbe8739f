#!/usr/bin/env bash
# Installs the F# kernel for Jupyter, or removes it.
#   scripts/kernel.sh install [--prefix DIR] [--ready-to-run]
#   scripts/kernel.sh uninstall [--prefix DIR]
#
# DIR is where Jupyter looks for kernels; the default is $JUPYTER_DATA_DIR, else the user's folder. Two names are
# written: boxteacher-fsharp, which is ours, and .net-fsharp, which notebooks of .NET Interactive ask for; the latter
# only where it is absent or was written by this script. --ready-to-run compiles ahead of time: the build takes a
# minute longer, and each start of the kernel about a third less.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }

command=${1:-}
[ $# -gt 0 ] && shift
data=
publish=()
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || usage; data=$(realpath -m "$2"); shift 2 ;;
    --ready-to-run) publish+=(-p:PublishReadyToRun=true --use-current-runtime --self-contained false); shift ;;
    *) usage ;;
  esac
done
if [ -z "$data" ]; then
  case "$(uname -s)" in
    Darwin) user="$HOME/Library/Jupyter" ;;
    *) user="${XDG_DATA_HOME:-$HOME/.local/share}/jupyter" ;;
  esac
  data=${JUPYTER_DATA_DIR:-$user}
fi

kernels=$data/kernels
program=$kernels/boxteacher-fsharp/bin
marker=written-by-boxteacher

# Whether a kernel folder may be written or removed by us.
ours() { [ ! -e "$1" ] || [ -e "$1/$marker" ]; }

spec() { # folder, display name
  mkdir -p "$1"
  touch "$1/$marker"
  cat > "$1/kernel.json.new" <<JSON
{
  "argv": ["dotnet", "$program/boxteacher-kernel.dll", "{connection_file}"],
  "display_name": "$2",
  "language": "F#",
  "interrupt_mode": "message",
  "metadata": { "debugger": false }
}
JSON
  mv "$1/kernel.json.new" "$1/kernel.json"
  echo "installed $1"
}

case $command in
  install)
    own=$kernels/boxteacher-fsharp
    ours "$own" || { echo "kernel: $own was not written by this script; nothing is changed" >&2; exit 1; }
    mkdir -p "$own"
    touch "$own/$marker"
    # Published beside the old version and swapped in, so that a build that fails changes nothing. A kernel that runs
    # now loses the files it has not loaded yet, and has to be restarted.
    fresh=$(mktemp -d "$own/bin.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    dotnet publish src/BoxTeacher.Kernel -c Release -v q --nologo -clp:NoSummary -o "$fresh" "${publish[@]}"
    chmod 755 "$fresh"
    rm -rf "$program"
    mv "$fresh" "$program"
    scripts/plotly.sh "$own" || echo "without plotly.js charts are pictures" >&2
    spec "$own" "F# (BoxTeacher)"
    if ours "$kernels/.net-fsharp"; then
      spec "$kernels/.net-fsharp" ".NET (F#)"
    else
      echo "left alone: $kernels/.net-fsharp belongs to another kernel"
    fi
    ;;
  uninstall)
    for name in boxteacher-fsharp .net-fsharp; do
      folder=$kernels/$name
      [ -e "$folder" ] || continue
      if ours "$folder"; then
        rm -rf "$folder"
        echo "removed $folder"
      else
        echo "left alone: $folder belongs to another kernel"
      fi
    done
    ;;
  *) usage ;;
esac
