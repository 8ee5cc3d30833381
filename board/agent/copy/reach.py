"""Decides which of the board's files a request may reach (docs/protocol.md section 4)."""

import os

from .paths import join
from .util import HOME, Fail

# Characters that every file system stores unchanged in names.
_PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789._-"
# What admins may see in the agent's folder. Everything else in it may contain secrets.
_SHOWN = ("a", "b", "__init__.py", "boot.json", "crash.txt", "ota.json", "ca.pem")


def secrecy(ag, p):
    """Returns 2 if it may contain keys or passwords, which no host may read; 1 if only admins may;
    else 0."""
    low = p.lower()
    parts = low[1:].split("/")
    at = "/"
    for q in p[1:].split("/"):
        # FAT accepts other names for a file: short ones with a ~, dots and spaces at the end, a
        # backslash instead of a slash, another case. Only the listed name is accepted.
        if (q[-1:] == "." or any(c not in _PLAIN for c in q.lower())) and not _listed(at, q):
            os.stat(p)  # a file that does not exist contains no secrets
            return 2
        at = join(at, q)
    name = parts[-1]
    one = ag.cfg["broker"]
    for b in (one, one.get("other") or {}):
        if low == str((b.get("ssl") or {}).get("key")).lower():
            return 2
    if name.startswith("webrepl_cfg"):
        return 2
    if "mpyfleet" in parts[:-1]:
        return 1 if parts[parts.index("mpyfleet") + 1] in _SHOWN else 2
    return 1 if name.split(".")[0] == "secrets" else 0


def _listed(folder, name):
    try:
        return any(e[0] == name for e in os.ilistdir(folder))
    except OSError:
        return False


def readable(ag, s, p):
    """Raises Fail if this session may not read that file."""
    n = secrecy(ag, p)
    if n == 2 and s.role == 2:
        raise Fail("EROLE", "it may hold keys or passwords: over the cable only", p, cable=1)
    if n and s.role < 2:
        raise Fail("EROLE", "it may hold keys or passwords: for admins only", p)


def changeable(ag, p):
    """Raises Fail for the running copy of the agent and the folders above it."""
    p = p.lower() + "/"
    run = "%s/mpyfleet/%s/" % (HOME, ag.guard.boot.get("run", "a"))
    if p.startswith(run) or run.startswith(p):
        raise Fail("EROFS", "the copy of the agent that runs is there", p[:-1])
