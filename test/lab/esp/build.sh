#!/usr/bin/env bash
# build.sh STUBS SRC OUT: unpacks Debian's esptool of the newer release (plain Python) into OUT as OUT/esptool, and compiles lines.c
# as OUT/lines.so. Debian leaves out the stubs of three chips; STUBS is the folder of esptool-js that has them. Needs gcc and the
# Python packages that esptool imports.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
stubs=$1
src=$2
out=$(mkdir -p "$3" && cd "$3" && pwd)
mkdir -p "$src"
. "$here/../boards/newerRelease.sh"
cd "$out"
newer download -qq esptool
dpkg-deb -x esptool_*.deb .
rm esptool_*.deb
for chip in 32 32s2 32s3; do
  cp -n "$stubs/esp$chip.json" usr/lib/python3/dist-packages/esptool/targets/stub_flasher/stub_flasher_$chip.json
done
printf '#!/bin/sh\nPYTHONPATH=%s exec /usr/bin/python3 -m esptool "$@"\n' "'$out/usr/lib/python3/dist-packages'" >esptool
chmod +x esptool
./esptool version
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o lines.so "$here/lines.c" -ldl
