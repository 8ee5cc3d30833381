#!/usr/bin/env bash
# frozen.sh BOARD SRC OUT: builds a board of build.sh (uboard or mpboard) with the agent frozen into its firmware, in
# OUT/firmware. Needs the sources that build.sh unpacked into SRC. About 15 s.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
board=${1:?usage: frozen.sh BOARD SRC OUT}
src=$(cd "$2" && pwd)
out=$(mkdir -p "$3" && cd "$3" && pwd)
export LC_ALL=C
node "$here/../../../scripts/buildAgent.mjs" --freeze "$out/agent"
printf 'include("%s")\ninclude("%s")\n' "$here/$board/manifest.py" "$out/agent/manifest.py" >"$out/both.py"
make -s -C "$here/$board" MPTOP="$src/micropython" BUILD="$out/firmware" FROZEN_MANIFEST="$out/both.py" "-j$(nproc)"
