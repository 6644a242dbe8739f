#!/usr/bin/env bash
# Restores the NuGet packages, which is all that building and training need, and installs what else a group needs from Debian's packages,
# as far as that is missing and allowed.
#   scripts/setup.sh [build] [bench] [mpi] [notebooks]      default: build
# Where it may not install, it names exactly what to install and exits with 1. Run again, it costs a second.
set -euo pipefail

# Debian packages that a group needs beside the .NET SDK; the build needs none.
declare -A packages=(
  [build]=""
  [bench]="python3 python3-torch python3-numpy"
  [mpi]="openmpi-bin libopenmpi3"
  [notebooks]="jupyter-notebook jupyter-nbconvert jupyter-client chromium"
)

groups=("$@")
[ ${#groups[@]} -gt 0 ] || groups=(build)

if ! command -v dotnet >/dev/null; then
  echo "The .NET 10 SDK is missing (command 'dotnet'). See https://dotnet.microsoft.com/download/dotnet/10.0" >&2
  exit 1
fi
case "$(dotnet --list-sdks)" in
  *10.0.*) ;;
  *) echo "The .NET 10 SDK is missing; 'dotnet --list-sdks' shows: $(dotnet --list-sdks | tr '\n' ' ')" >&2; exit 1 ;;
esac

missing=()
for group in "${groups[@]}"; do
  [ -n "${packages[$group]+known}" ] || { echo "setup: unknown group '$group' (known: ${!packages[*]})" >&2; exit 2; }
  for package in ${packages[$group]}; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
  done
done

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "This is no Debian system. Install the equivalents of: ${missing[*]}" >&2
    exit 1
  fi
  local as_root=() log
  if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      printf 'Some packages are missing. Install them with:\n  sudo apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
      exit 1
    fi
  fi

  echo "Installing ${missing[*]}"
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    printf 'The installation failed. The full log is in %s. By hand:\n  apt-get install --no-install-recommends %s\n' "$log" "${missing[*]}" >&2
    exit 1
  fi
  rm -f "$log"
}

[ ${#missing[@]} -eq 0 ] || install_packages

# Projects are restored side by side, and each would call paket: the tool and the packages are there before.
cd "$(dirname "$0")/.."
log=$(mktemp)
if ! { dotnet tool restore && dotnet paket restore; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "The NuGet packages of paket.lock could not be restored. The full log is in $log." >&2
  exit 1
fi
rm -f "$log"
