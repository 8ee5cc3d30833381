# Sourced with $src set: apt-get against a newer Debian release than this machine's may be. Its state lives in $src/apt, so
# that nothing of the machine's own apt is touched.
suite=trixie
micropython=1.25.0+ds-1

newer_apt() {
  local a=$src/apt
  apt-get -o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$a" \
    -o Dir::State::lists="$a/lists" -o Dir::State::status="$a/status" -o Dir::Cache="$a" -o APT::Sandbox::User=root "$@"
}

# newer APT-COMMAND...
newer() {
  local mirror a=$src/apt
  if [ ! -f "$a/ready" ]; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 -E '/debian/?$' || true)
    [ -n "$mirror" ] || { echo "apt knows no Debian mirror: the lab's boards need one, see test/lab/README.md" >&2; exit 1; }
    mkdir -p "$a/lists/partial" "$a/archives/partial"
    : >"$a/status"
    printf '%s\n' "deb $mirror $suite main" "deb-src $mirror $suite main" >"$a/sources.list"
    newer_apt update -qq
    touch "$a/ready"
  fi
  newer_apt "$@"
}
