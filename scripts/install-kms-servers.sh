#!/usr/bin/env bash
# Installs moto, which plays AWS KMS and IAM, for the tests that run against a real server, into a virtual environment
# of Python in a cache folder, unless it is there. Nothing is started: the tests do that. Prints the folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version="$(sed -n 's/^moto==//p' moto-requirements.txt)"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/fieldseal/moto-$version"

if ! cmp -s moto-requirements.txt "$folder/installed.txt"; then
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    if ! command -v apt-get >/dev/null; then
      echo "Missing: Python 3.10 or newer with the module venv." >&2
      exit 1
    fi
    sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
    "${sudo[@]}" apt-get update -qq >&2
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >&2
  fi
  # Programs in such an environment name its folder, so it is made where it stays; the mark is written last.
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --requirement moto-requirements.txt >&2
  cp moto-requirements.txt "$folder/installed.txt"
fi
echo "$folder"
