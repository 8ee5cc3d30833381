"""What the Guard does seldom: notes of starts and crashes (README.md, "Staying alive"). These are
its methods, loaded when called (util.Lazy)."""

import io
import os
import sys

from .util import load

CRASH = "/mpyfleet/crash.txt"
_CRASH_MOST = const(4096)


def birth(guard):
    d = {"safe": guard.safe, "trial": 1 if guard.boot.get("trial") or guard.new_firmware else 0}
    if guard.safe:
        d["why"] = guard.boot.get("why", "")[:64]
    return d


def save(guard):
    d = dict(guard.boot)
    for k in ("run", "event"):
        d.pop(k, None)
    pkg = sys.modules[__name__.split(".")[0]]
    pkg.save(d)


def confirm(guard):
    """Three round trips over `allok`: this start, this copy and this firmware are good."""
    b = guard.boot
    if b.get("trial"):
        b["slot"], b["trial"] = b["trial"], ""
        guard.event("agent", state="confirmed")
    b["fails"] = b["tries"] = b["outage"] = 0
    save(guard)
    if guard.new_firmware:
        load("ota").confirm(guard)


def clean(guard, why):
    """A reset that is meant: it does not count as a crash."""
    guard.boot["running"] = 0
    guard.boot["last"] = why
    save(guard)


def before_reset(guard, m, slot):
    b = guard.boot
    if m == "safe":
        b["safe"], b["why"] = 1, "asked for"
    elif m == "normal":
        b["safe"] = b["fails"] = 0
    if slot in ("a", "b") and slot != b.get("slot"):
        b["trial"], b["tries"] = slot, 0
    guard.clean("reset")


def crash(guard, who, text):
    """Keeps a crash on flash; told of after the next connect at the latest."""
    d = {"boot0": guard.ag.sessions.boot_hex, "who": who, "t": guard.ag.clock.ms()}
    head = "=== %s %s %d\n" % (who, d["boot0"], d["t"])
    text = (head + text)[:_CRASH_MOST]
    try:
        old = _tail(CRASH, _CRASH_MOST - len(text))
        with open(CRASH, "w") as f:
            f.write(old)
            f.write(text if text.endswith("\n") else text + "\n")
    except OSError as e:
        guard.ag.log.exc("guard", e)
    d["tb"] = text[len(head) :][:400]
    if who == "app":
        guard.event("crash", **d)
    else:
        guard.boot["crashed"] = d
        save(guard)


def crash_text(guard, most, rm):
    if rm:
        try:
            os.remove(CRASH)
        except OSError:
            pass  # there is none
        return b""
    return _tail(CRASH, most).encode()


def _tail(path, most):
    try:
        with open(path, "rb") as f:
            n = f.seek(0, 2)
            f.seek(max(0, n - max(0, most)))
            b = f.read()
    except OSError:
        return ""
    if len(b) == most:  # cut: from the next whole line on
        b = b[b.find(b"\n") + 1 :]
    return b.decode()


def trace(e):
    b = io.StringIO()
    sys.print_exception(e, b)
    return b.getvalue()
