"""The board's start: chooses the copy of the agent (a or b) and safe mode. Installed as
/mpyfleet/__init__.py;
it is small, does not change with updates, and works when a copy does not."""

import gc
import json
import os

_STATE = "/mpyfleet/boot.json"
_TRIES = 2  # starts that a new copy gets to prove itself
_CRASHES = 3  # starts in a row that ended in a crash: safe mode
_on = False  # the agent runs


def load():
    """The note of the last start; a fresh one when there is none or it is damaged."""
    try:
        with open(_STATE) as f:
            d = json.load(f)
        if isinstance(d, dict):
            return d
    except (OSError, ValueError):
        pass
    return {"slot": "a"}


def save(d):
    """Written beside and renamed: a power cut leaves the old note or the new one."""
    with open(_STATE + "~", "w") as f:
        json.dump(d, f)
    try:
        os.rename(_STATE + "~", _STATE)
    except OSError:
        os.remove(_STATE)
        os.rename(_STATE + "~", _STATE)


def _power_on():
    import machine

    return machine.reset_cause() == getattr(machine, "PWRON_RESET", -1)


def begin(d, power_on):
    """Counts this start; what it decides stands in d (slot to run: "run")."""
    if d.get("running") and not power_on:
        d["fails"] = d.get("fails", 0) + 1
    d["running"] = 1
    d["event"] = ""
    if d.get("trial"):
        d["tries"] = d.get("tries", 0) + 1
        if d["tries"] > _TRIES:
            d["event"] = "fellback"
            d["trial"] = ""
    if d.get("fails", 0) >= _CRASHES and not d.get("safe"):
        d["safe"] = 1
        d["why"] = "%d starts in a row ended in a crash" % d["fails"]
    d["run"] = d.get("trial") or d.get("slot", "a")
    return d


def start():
    """Runs the agent; KeyboardInterrupt when it was stopped with Ctrl-C at the cable. Does
    nothing where the agent
    runs already: then it is the agent that runs main.py, as the board's program."""
    global _on
    if _on:
        return
    _on = True
    # What lives long is made now: collected often, it lies together, and leaves room in one piece
    # for TLS.
    gc.collect()
    gc.threshold(4096)
    d = begin(load(), _power_on())
    save(d)
    other = "b" if d["run"] == "a" else "a"
    for slot in (d["run"], other):
        try:
            name = __name__ + "." + slot + ".main"
            __import__(name)
        except (ImportError, SyntaxError, ValueError, AttributeError, NameError) as e:
            import sys

            print("agent copy", slot, "does not load:")
            sys.print_exception(e)
            d["trial"] = ""
            d["event"] = "fellback"
            continue
        if slot != d["run"]:
            d["slot"] = d["run"] = slot
            save(d)
        import sys

        sys.modules[name].run(d)
        _on = False
        # what follows the start lines in main.py is the program's, not the prompt's
        raise KeyboardInterrupt
    raise RuntimeError("no copy of the agent can be loaded: install it again over USB")
