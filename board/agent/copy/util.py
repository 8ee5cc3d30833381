"""What stays in memory: the clock, the error, and the loading of what does not stay.

Modules are loaded when something needs them and forgotten after a while of silence (unload),
because on a small board the memory belongs to the user. Nothing breaks that still refers to a
forgotten one: it goes on with the old copy. So a class whose instances live long, or which is
compared, stands in a module of _STAY."""

import gc
import sys
import time

_PKG = __name__[: __name__.rindex(".")]
_STAY = ("util", "wire", "mqtt", "agent", "guard", "log", "run", "main", "tasks")


_some = False  # something has been loaded since the last unload()
_used = 0  # when load() was called last


def load(mod):
    """A module of this copy, imported if it is not there."""
    global _some, _used
    _some = True
    _used = time.ticks_ms()
    name = _PKG + "." + mod
    if name not in sys.modules:
        try:
            __import__(name)
        except BaseException:
            sys.modules.pop(name, None)  # half a module must not be found next time
            raise
    return sys.modules[name]


def unload(ms=0):
    """Forgets all modules of this copy but those that stay, if load() was not called for `ms`;
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
    """What the class does not have is a function of the module `more`; it gets the object
    first."""

    def __getattr__(self, name):
        f = getattr(load(self.more), name)
        return lambda *a, **k: f(self, *a, **k)


class Thing:
    """Attributes without methods, so that it holds on to no module."""


class Fail(Exception):
    """A request that cannot be done: stable code, words, path."""

    def __init__(self, code, text="", path=None, **more):
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.path = path
        self.more = more


class Clock:
    """Milliseconds since the start that do not wrap, from a counter that does (ms() every few
    days)."""

    def __init__(self, ticks=time.ticks_ms):
        self.ticks = ticks
        self.last = ticks()
        self.sum = 0

    def ms(self):
        t = self.ticks()
        self.sum += time.ticks_diff(t, self.last)
        self.last = t
        return self.sum
