"""The board's start: chooses the copy of the agent (a, b, or f: frozen in the firmware) and safe
mode. Installed as /mpyfleet/__init__.py. It is small, does not change with updates, and works when
a copy does not."""

import gc
import json
import os
import sys

_on = False  # True while the agent runs

# Absolute, because lazy imports must work from any working folder, and on some boards nothing is
# mounted at the root, so this is /flash/mpyfleet.
if __path__[:1] != "/":
    __path__ = (os.getcwd() + "/" + __path__).replace("//", "/")
_NOTE = __path__ + "/boot.json"


def load():
    """Returns the record of the last start, or a new one if there is none or it is damaged."""
    try:
        with open(_NOTE) as f:
            d = json.load(f)
        if isinstance(d, dict):
            return d
    except (OSError, ValueError):
        pass
    return {"slot": "a"}


def save(d):
    """Writes the record to a temporary file, then renames it: after a power cut, either the old or
    the new one exists."""
    with open(_NOTE + "~", "w") as f:
        json.dump(d, f)
    try:
        os.rename(_NOTE + "~", _NOTE)
    except OSError:
        os.remove(_NOTE)
        os.rename(_NOTE + "~", _NOTE)


def _power_on():
    import machine

    return machine.reset_cause() == getattr(machine, "PWRON_RESET", -1)


def begin(d, power_on):
    """Counts this start in the record d, and stores in d["run"] which slot should run."""
    if d.get("running") and not power_on:
        d["fails"] = d.get("fails", 0) + 1
    d["running"] = 1
    d["event"] = ""
    if d.get("trial"):
        d["tries"] = d.get("tries", 0) + 1
        if d["tries"] > 2:  # starts in which a new copy must prove itself
            d["event"] = "fellback"
            d["trial"] = ""
    if d.get("fails", 0) > 2 and not d.get("safe"):
        d["safe"] = 1
        d["why"] = "%d starts in a row ended in a crash" % d["fails"]
    d["run"] = d.get("trial") or d.get("slot", "a")
    return d


def _choose():
    """Returns (main module of a copy, record of this start). Takes the copy that should run, or
    another one if that does not load. The frozen copy is named mpyfleet_f, because this folder
    hides a package `mpyfleet` of the firmware."""
    d = begin(load(), _power_on())
    save(d)
    other = ""
    for slot in (d["run"], d.get("slot", "a"), "a", "b", "f"):
        if slot in other:
            continue
        other += slot
        name = __name__ + "." + slot
        try:
            if slot == "f":
                sys.modules[name] = __import__("mpyfleet_f")
                sys.modules[name].__name__ = name
            else:
                os.stat(__path__ + "/" + slot)
        except (OSError, ImportError):
            continue  # the board does not have this copy
        name += ".main"
        try:
            __import__(name)
        except (ImportError, SyntaxError, ValueError, AttributeError, NameError) as e:
            print("agent copy", slot, "does not load:")
            sys.print_exception(e)
            d["trial"] = ""
            d["event"] = "fellback"
            continue
        if slot != d["run"]:
            if d.get("trial"):
                d["trial"], d["event"] = "", "fellback"
            d["slot"] = d["run"] = slot
            save(d)
        return sys.modules[name], d
    raise RuntimeError("no copy of the agent can be loaded: install it again over USB")


def start():
    """Runs the agent. Raises KeyboardInterrupt after Ctrl-C on the cable has stopped it. Does
    nothing if the agent already runs, because then the agent runs main.py as the board's
    program."""
    global _on
    if _on:
        return
    _on = True
    # Long-lived objects are created now. After a collection they lie together and leave one large
    # block for TLS.
    gc.collect()
    gc.threshold(4096)
    main, d = _choose()
    for name in ("load", "begin", "_power_on", "_choose"):
        del globals()[name]  # they are no longer needed, and the memory belongs to the user
    main.run(d)
    del sys.modules[__name__]
    globals().update(__import__(__name__).__dict__)  # as it was, also _on, for another start()
    # Ends main.py here: the lines after the start lines are the program, which the agent runs.
    raise KeyboardInterrupt
