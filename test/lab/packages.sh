#!/usr/bin/env bash
# packages.sh SRC OUT: the packages of MicroPython's library that Debian's source has, as OUT/packages.json.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
src=$(mkdir -p "$1" && cd "$1" && pwd)
out=$(mkdir -p "$2" && cd "$2" && pwd)
. "$here/boards/newerRelease.sh"
cd "$src"
newer source -qq --download-only "micropython=$micropython"
dpkg-source --no-check -x "micropython_$micropython.dsc" "$out/source"
python3 "$here/packages.py" "$out/source" >"$out/packages.json"
rm -rf "$out/source"
