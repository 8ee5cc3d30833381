"""The clock, the error and the loading of modules. This module stays in memory.

Other modules are loaded when they are needed and unloaded after a while of silence, because the
memory of a small board belongs to the user. An object of an unloaded module continues to work with
the old copy. So a class whose instances live long, or are compared, is in a module of _STAY."""

import gc
import sys
import time

_PKG = __name__[: __name__.rindex(".")]
# Folder of the board's files: "", or "/flash" and the like if nothing is mounted at the root. A
# start by an older agent has no full path; it is at the root.
HOME = sys.modules[_PKG[: _PKG.rindex(".")]].__path__[: -len("/mpyfleet")]
# The modules that are never unloaded. The build (scripts/buildAgent.mjs) and the check of names
# read this list; they join all but `tasks`, which many boards do not need, into one module, main.
_STAY = ("util", "wire", "mqtt", "agent", "guard", "log", "run", "main", "tasks")


_some = False  # something was loaded since the last unload()
_used = 0  # time of the last load()


def load(mod):
    """Returns a module of this copy; imports it if necessary."""
    global _some, _used
    _some = True
    _used = time.ticks_ms()
    name = _PKG + "." + mod
    if name not in sys.modules:
        try:
            __import__(name)
        except BaseException:
            sys.modules.pop(name, None)  # the next import must not find half a module
            raise
    return sys.modules[name]


def unload(ms=0):
    """Unloads all modules of this copy except _STAY, if load() was not called for `ms`. Returns
    True if it did."""
    global _some
    if not _some or time.ticks_diff(time.ticks_ms(), _used) < ms:
        return False
    _some = False
    pkg = sys.modules[_PKG]
    n = len(_PKG) + 1
    for name in tuple(sys.modules):
        if name[:n] == _PKG + "." and name[n:] not in _STAY:
            del sys.modules[name]
            if hasattr(pkg, name[n:]):
                delattr(pkg, name[n:])
    gc.collect()
    return True


class Lazy:
    """Methods that the class lacks are functions of the module `more`, with the object as the
    first argument."""

    def __getattr__(self, name):
        f = getattr(load(self.more), name)
        return lambda *a, **k: f(self, *a, **k)


class Thing:
    """Attributes without methods, so that it keeps no module in memory."""


class Fail(Exception):
    """A failed request: an error code that never changes, a text, a path."""

    def __init__(self, code, text="", path=None, **more):
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.path = path
        self.more = more


class Clock:
    """Milliseconds since the start. They do not wrap around, although the counter does; call ms()
    at least every few days."""

    def __init__(self, ticks=time.ticks_ms):
        self.ticks = ticks
        self.last = ticks()
        self.sum = 0

    def ms(self):
        t = self.ticks()
        self.sum += time.ticks_diff(t, self.last)
        self.last = t
        return self.sum
