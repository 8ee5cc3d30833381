"""Networks other than Wi-Fi: a module on the board connects (docs/networks.md). Loaded only if the
configuration names one."""

import sys

from .link import deadline, passed

_MS = const(120000)  # longest time in ms to connect; a modem needs that


def up(c):
    """Generator that ends once the board's module has connected. Raises OSError after _MS."""
    t = deadline(_MS)
    for name, config in c.wifi.items():
        if name not in sys.modules:
            __import__(name)
        for _ in sys.modules[name].up(config, c.fails) or ():
            if passed(t):
                raise OSError("%s does not connect" % name)
            yield
