#!/usr/bin/env bash
# mpremote.sh SRC OUT: unpacks Debian's mpremote (plain Python) into OUT, as OUT/mpremote. Needs python3-serial.
set -euo pipefail
src=$(mkdir -p "$1" && cd "$1" && pwd)
out=$(mkdir -p "$2" && cd "$2" && pwd)
. "$(dirname "$0")/boards/newerRelease.sh"
cd "$out"
newer download -qq micropython-mpremote
dpkg-deb -x micropython-mpremote_*.deb .
printf '#!/bin/sh\nPYTHONPATH=%s exec /usr/bin/python3 -m mpremote "$@"\n' "'$out/usr/lib/python3/dist-packages'" >mpremote
chmod +x mpremote
./mpremote --version
