#!/usr/bin/env bash
# build.sh BOARD SRC OUT: builds one of the lab's boards into OUT from Debian's own source packages, which are kept in SRC.
#   uboard   a Linux process            OUT/uboard            about 30 s from nothing
#   mpboard  firmware for QEMU (ARM)    OUT/firmware.elf      about 15 s more
#   pico     MicroPython's rp2 port     OUT/firmware.bin      about 40 s more
# The packages needed to build are installed by ensure.mjs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
board=${1:?usage: build.sh BOARD SRC OUT}
src=$(mkdir -p "$2" && cd "$2" && pwd)
out=$(mkdir -p "$3" && cd "$3" && pwd)
jobs=-j$(nproc)
export LC_ALL=C

. "$here/newerRelease.sh"

cd "$src"
if [ ! -f mpy-cross.done ]; then
  rm -rf micropython
  newer source -qq --download-only "micropython=$micropython"
  dpkg-source --no-check -x "micropython_$micropython.dsc" micropython
  make -s -C micropython/mpy-cross "$jobs"
  touch mpy-cross.done
fi

case $board in
  uboard | mpboard)
    make -s -C "$here/$board" MPTOP="$src/micropython" BUILD="$out" "$jobs"
    ;;
  pico)
    # The rp2 port wants libraries that Debian's source leaves out: they are linked into a tree of its own.
    newer download -qq pico-sdk-source tinyusb-source
    newer source -qq --download-only mbedtls
    rm -rf pico-src mbedtls-src pico-tree
    for f in pico-sdk-source_*.deb tinyusb-source_*.deb; do dpkg-deb -x "$f" pico-src; done
    dpkg-source --no-check -x mbedtls_*.dsc mbedtls-src
    cp -a micropython pico-tree
    for l in mbedtls:mbedtls-src pico-sdk:pico-src/usr/src/pico-sdk tinyusb:pico-src/usr/src/tinyusb; do
      rm -rf "pico-tree/lib/${l%%:*}"
      ln -s "$src/${l#*:}" "pico-tree/lib/${l%%:*}"
    done
    touch pico-tree/lib/micropython-lib/README.md
    printf 'freeze("$(PORT_DIR)/modules")\ninclude("$(MPY_DIR)/extmod/asyncio")\n' >"$out/manifest.py"
    cmake -S pico-tree/ports/rp2 -B "$out" -DPICO_BUILD_DOCS=0 -DMICROPY_BOARD=RPI_PICO \
      -DMICROPY_FROZEN_MANIFEST="$out/manifest.py" -DPICO_NO_PICOTOOL=1
    make -s -C "$out" "$jobs"
    cd "$out"
    echo '{ "private": true }' >package.json
    npm install --loglevel=error --no-audit --no-fund rp2040js@1.4.1
    ;;
  *) echo "no such board: $board" >&2; exit 2 ;;
esac
