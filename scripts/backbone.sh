#!/usr/bin/env bash
# Fetches the pretrained ResNet-18 of the recipes *-r18 from NuGet (60 MB, MIT) to DATA/pretrained/ResNet18.onnx. Of the package it takes that
# one file; nothing in it is executed. Run again, it only compares the checksum.
#   scripts/backbone.sh [DATA]      default: data
set -euo pipefail
package=Microsoft.ML.DnnImageFeaturizer.ResNet18
version=0.23.1
checksum=e2552f19db2dfdb01b3669537b6a0f1b44da38d18279535492ed5dfc2ef1ff8f
file="${1:-"$(dirname "$0")/../data"}/pretrained/ResNet18.onnx"

is_whole() { [ -f "$1" ] && echo "$checksum  $1" | sha256sum --check --status; }

if ! is_whole "$file"; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cat >"$work/backbone.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="$package" Version="[$version]" /></ItemGroup>
</Project>
PROJECT
  if ! dotnet restore "$work/backbone.csproj" --packages "$work/packages" >"$work/log" 2>&1; then
    tail -n 5 "$work/log" >&2
    echo "backbone: $package $version could not be restored from NuGet" >&2
    exit 1
  fi
  source="$work/packages/${package,,}/$version/tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx"
  if ! is_whole "$source"; then
    echo "backbone: ResNet18.onnx of $package $version has not the checksum $checksum" >&2
    exit 1
  fi
  mkdir -p "$(dirname "$file")"
  cp "$source" "$file.$$"
  mv "$file.$$" "$file"
fi
echo "$file"
