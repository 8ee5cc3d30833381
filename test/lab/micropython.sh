#!/usr/bin/env bash
# micropython.sh SRC OUT: unpacks the program `micropython` of a newer Debian release as OUT/bin/micropython, which runs with the
# libraries of that release.
set -euo pipefail
src=$(mkdir -p "$1" && cd "$1" && pwd)
out=$(mkdir -p "$2" && cd "$2" && pwd)
. "$(dirname "$0")/boards/newerRelease.sh"
mkdir -p "$out/debs" "$out/root" "$out/bin"
cd "$out/debs"
newer download -qq micropython libc6 libffi8 libmbedtls21 libmbedcrypto16 libmbedx509-7
for deb in *.deb; do dpkg-deb -x "$deb" "$out/root"; done
rm -rf "$out/debs"
loader=$(find "$out/root" -name 'ld-linux*.so.*' -type f | head -n 1)
libraries=$(dirname "$(find "$out/root" -name libc.so.6 | head -n 1)")
others=$(dirname "$(find "$out/root" -name 'libffi.so.8' | head -n 1)")
printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
  "$loader" "$libraries:$others" "$out/root/usr/bin/micropython" >"$out/bin/micropython"
chmod +x "$out/bin/micropython"
"$out/bin/micropython" -c 'import sys; print(sys.implementation)'
