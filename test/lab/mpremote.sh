#!/usr/bin/env bash
# mpremote.sh OUT: unpacks the newest mpremote (plain Python) of all releases of Debian into OUT, as OUT/mpremote; OUT/version names
# the Debian package. Needs python3-serial. apt's state lies in OUT, so that nothing of the machine's own apt is touched.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
a=$out/apt
mkdir -p "$a/lists/partial" "$a/archives/partial"
: >"$a/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 -E '/debian/?$' || true)
[ -n "$mirror" ] || { echo "apt knows no Debian mirror: the lab needs one, see test/lab/README.md" >&2; exit 1; }
for suite in stable testing unstable experimental; do echo "deb $mirror $suite main"; done >"$a/sources.list"
options=(-o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$a"
  -o Dir::State::lists="$a/lists" -o Dir::State::status="$a/status" -o Dir::Cache="$a" -o APT::Sandbox::User=root
  -o Acquire::Languages=none)
apt-get "${options[@]}" update -qq
version=$(apt-cache "${options[@]}" madison micropython-mpremote | awk '{ print $3 }' | sort -V | tail -n 1)
cd "$out"
apt-get "${options[@]}" download -qq "micropython-mpremote=$version"
dpkg-deb -x micropython-mpremote_*.deb .
rm -rf "$a"
printf '#!/bin/sh\nPYTHONPATH=%s exec /usr/bin/python3 -m mpremote "$@"\n' "'$out/usr/lib/python3/dist-packages'" >mpremote
chmod +x mpremote
echo "$version" >version
./mpremote --version
