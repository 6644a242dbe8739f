#!/usr/bin/env bash
# Puts plotly.js (MIT), of one version and with a pinned hash, into a folder: Jupyter serves it to charts from there, so that
# they are interactive without a network. The package comes from npm once and is kept in artifacts/plotly.
#   scripts/plotly.sh DIR
set -euo pipefail
cd "$(dirname "$0")/.."

package=plotly.js-cartesian-dist-min version=2.35.3
sha512=06cdeb7f7549ac3806044e6a043a57b5f0403732de1cb30e9b858605a6bef8c470412fb1b86286bfe21062774100e9f564314a69b25f333e54555a631d7f3ba7
target=$1
kept=$PWD/artifacts/plotly
archive=$kept/$package-$version.tgz

fits() { [ -f "$archive" ] && echo "$sha512  $archive" | sha512sum --check --status; }

if ! fits; then
  command -v npm >/dev/null || { echo "plotly: npm is missing" >&2; exit 1; }
  mkdir -p "$kept"
  npm pack --silent --pack-destination "$kept" "$package@$version" >/dev/null || { echo "plotly: npm could not fetch $package@$version" >&2; exit 1; }
  fits || { echo "plotly: $archive is not the file that was expected; it is removed" >&2; rm -f "$archive"; exit 1; }
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
tar -xzf "$archive" -C "$fresh" package/plotly-cartesian.min.js package/LICENSE
mkdir -p "$target"
install -m 644 "$fresh/package/plotly-cartesian.min.js" "$target/plotly-cartesian.min.js"
install -m 644 "$fresh/package/LICENSE" "$target/plotly-LICENSE"
