"""Rare tasks of the Guard: records of starts and crashes (README.md, "Staying alive"). These
methods are loaded when called (util.Lazy)."""

import io
import json
import os
import sys

from .session import signed
from .util import HOME, load

CRASH = HOME + "/mpyfleet/crash.txt"
_CRASH_MOST = const(4096)
_BROKEN = const(2)  # modules in the birth message, which must stay small


def birth(guard):
    d = {"safe": guard.safe, "trial": 1 if guard.boot.get("trial") or guard.new_firmware else 0}
    if guard.safe:
        d["why"] = guard.boot.get("why", "")[:64]
    if guard.ag.tasks and guard.ag.tasks._broken:
        # Split, because "broken" as one name would stay in memory (README.md, "Memory").
        d["broken modules".split()[0]] = guard.ag.tasks._broken
    return d


def broke(guard, name, e):
    """Reports a module of the board's owner that raised an exception: in the log, as an event, and
    in the birth message, which also those get who were not connected."""
    guard.ag.log.exc(name, e)
    x = repr(e)[:60]
    event(guard, "module", name=name[:24], x=x)
    known = guard.ag.tasks._broken
    if len(known) < _BROKEN:
        known[name[:24]] = x if guard.ag.mtu > 900 else ""  # a small buffer has no room for it
        from .main import current

        if current:
            current.said = None  # so that the birth message is sent again


def event(guard, ev, **d):
    """Keeps an event until it is sent; at most the first eight."""
    d["ev"], d["boot"] = ev, guard.ag.sessions.boot_hex
    if len(guard.events) < 8:
        guard.events.append(json.dumps(d))


def tell(guard):
    ag = guard.ag
    while guard.events:
        e = guard.events[0]
        if len(e) <= ag.mtu:  # a longer record could never be sent; crash.txt contains it
            ag.client.send(guard.evt, signed(ag.sessions, "ev", e), 1)
        del guard.events[0]


def save(guard):
    d = dict(guard.boot)
    for k in ("run", "event"):
        d.pop(k, None)
    pkg = sys.modules[__name__.split(".")[0]]
    pkg.save(d)


def confirm(guard):
    """After three round trips over `allok` seconds, confirms this start, this copy and this
    firmware."""
    b = guard.boot
    tried = b.get("trial") or guard.new_firmware
    if b.get("trial"):
        b["slot"], b["trial"] = b["trial"], ""
        event(guard, "agent", state="confirmed")
    b["fails"] = b["tries"] = b["outage"] = 0
    save(guard)
    if guard.new_firmware:
        load("ota").confirm(guard)
    from .main import current

    if tried and current:
        current.said = None  # the birth message contains `trial`, so it is sent again


def clean(guard, why):
    """Records that the board restarts on purpose, which does not count as a crash."""
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
    """Stores a crash on flash. A crash of the app is reported at once, any other one after the
    restart that follows it."""
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
        event(guard, "crash", **d)
    else:
        guard.boot["crashed"] = d
        save(guard)


def report(guard, n):
    """Records, at the next start, that the hardware watchdog of n seconds ended the
    previous one."""
    text = "code let nothing else run for %d s, and the hardware watchdog ended it" % n
    crash(guard, "watchdog", text)


def crash_text(guard, most, rm):
    if rm:
        try:
            os.remove(CRASH)
        except OSError:
            pass  # the file does not exist
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
    if len(b) == most:  # the first line may be cut off, so it is dropped
        b = b[b.find(b"\n") + 1 :]
    return b.decode()


def trace(e):
    b = io.StringIO()
    sys.print_exception(e, b)
    return b.getvalue()
