#!/usr/bin/env bash
# Installs .NET Interactive as the F# kernel of Jupyter, or removes it; docs/kernel.md says what is set up how.
#   scripts/kernel.sh install [--prefix DIR]
#   scripts/kernel.sh uninstall [--prefix DIR]
#
# DIR is where Jupyter looks for kernels; the default is $JUPYTER_DATA_DIR, else the user's folder. Two names are
# written: boxteacher-fsharp, which is ours, and .net-fsharp, which notebooks of .NET Interactive ask for; the latter
# only where it is absent or was written by this script. A template of the name boxteacher exports notebooks as pages.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }

command=${1:-}
[ $# -gt 0 ] && shift
data=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || usage; data=$(realpath -m "$2"); shift 2 ;;
    *) usage ;;
  esac
done
cd "$(dirname "$0")/.."
if [ -z "$data" ]; then
  case "$(uname -s)" in
    Darwin) user="$HOME/Library/Jupyter" ;;
    *) user="${XDG_DATA_HOME:-$HOME/.local/share}/jupyter" ;;
  esac
  data=${JUPYTER_DATA_DIR:-$user}
fi

kernels=$data/kernels
own=$kernels/boxteacher-fsharp
template=$data/nbconvert/templates/boxteacher
marker=written-by-boxteacher

# Whether a folder may be written or removed by us.
ours() { [ ! -e "$1" ] || [ -e "$1/$marker" ]; }

# Runs a command that says nothing unless it fails.
quietly() {
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; rm -f "$log"; exit 1; }
  rm -f "$log"
}

# The kernel's program, where NuGet keeps the packages of this machine.
program() {
  local version packages file
  version=$(dotnet tool list --local microsoft.dotnet-interactive | awk 'END { print $2 }')
  packages=$(dotnet nuget locals global-packages --list)
  packages=${packages#*: }
  file=${packages%/}/microsoft.dotnet-interactive/$version/tools/net10.0/any/Microsoft.DotNet.Interactive.App.dll
  [ -f "$file" ] || { echo "kernel: $file is missing, although 'dotnet tool restore' has succeeded" >&2; exit 1; }
  echo "$file"
}

spec() { # folder, display name
  # An interrupt reaches the startup hook alone (docs/kernel.md); where that is not possible, it does nothing.
  local block='"env", "--block-signal=INT", ' mode=signal
  [ "$(uname -s)" = Linux ] || { block=; mode=message; }
  mkdir -p "$1"
  touch "$1/$marker"
  cat > "$1/kernel.json.new" <<JSON
{
  "argv": [$block"$dotnet", "$program", "jupyter", "--default-kernel", "fsharp", "--http-local-only", "{connection_file}"],
  "env": {
    "DOTNET_STARTUP_HOOKS": "$own/BoxTeacher.KernelHook.dll",
    "DOTNET_gcServer": "0",
    "DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT": "1",
    "DOTNET_INTERACTIVE_SKIP_FIRST_TIME_EXPERIENCE": "1",
    "Logging__LogLevel__Default": "Warning"
  },
  "display_name": "$2",
  "language": "F#",
  "interrupt_mode": "$mode",
  "metadata": { "debugger": false }
}
JSON
  mv "$1/kernel.json.new" "$1/kernel.json"
  echo "installed $1"
}

case $command in
  install)
    for folder in "$own" "$template"; do
      ours "$folder" || { echo "kernel: $folder was not written by this script; nothing is changed" >&2; exit 1; }
    done
    quietly dotnet tool restore
    quietly dotnet build src/BoxTeacher.KernelHook -c Release -p:TorchRuntime="${TORCH:-cpu}" -v q -clp:NoSummary
    quietly dotnet build src/BoxTeacher.Workbench -c Release -p:TorchRuntime="${TORCH:-cpu}" -v q -clp:NoSummary
    dotnet=$(command -v dotnet)
    program=$(program)
    mkdir -p "$own" "$template"
    touch "$own/$marker" "$template/$marker"
    install -m 644 artifacts/bin/BoxTeacher.KernelHook/release/BoxTeacher.KernelHook.dll "$own"
    # Jupyter serves a kernel's folder to its notebooks, and its exporter takes what lies beside a template.
    quietly dotnet fsi scripts/plotly-js.fsx "$own/plotly.min.js"
    install -m 644 "$own/plotly.min.js" scripts/nbconvert/* "$template"
    echo "installed $template"
    spec "$own" "F# (BoxTeacher)"
    if ours "$kernels/.net-fsharp"; then
      spec "$kernels/.net-fsharp" ".NET (F#)"
    else
      echo "left alone: $kernels/.net-fsharp belongs to another kernel"
    fi
    ;;
  uninstall)
    for folder in "$own" "$kernels/.net-fsharp" "$template"; do
      [ -e "$folder" ] || continue
      if ours "$folder"; then
        rm -rf "$folder"
        echo "removed $folder"
      else
        echo "left alone: $folder was not written by this script"
      fi
    done
    ;;
  *) usage ;;
esac
