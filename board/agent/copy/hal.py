"""Differences between ports, in one place. A file /mpyfleet_hal.py may replace any of these
functions."""

import machine
import os
import sys
import time

try:
    import _board
except ImportError:
    _board = None

ESP8266 = sys.platform == "esp8266"


def uid():
    return machine.unique_id()


def _nothing(_):
    pass


def on_read(sock, cb):
    """Makes the port call cb(sock) between the running code's instructions when data arrives; None
    ends it."""
    if _board:
        _board.on_read(sock, cb or _nothing)  # this board wakes up from waiting only by a callback
        return
    try:
        sock.setsockopt(1, 20, cb)
    except (OSError, ValueError, TypeError, AttributeError):
        pass  # a port without this option, which can_interrupt() does not list


def forget(sock):
    """Called before a socket is closed."""
    if _board:
        _board.on_read(sock, None)
    else:
        on_read(sock, None)


def can_interrupt():
    """Returns whether Ctrl-C can reach running code: dupterm_notify and a socket callback."""
    if not hasattr(os, "dupterm_notify"):
        return False
    return sys.platform in ("esp32", "esp8266", "rp2", "mimxrt", "linuxboard")


def ticker(ms, cb):
    """Returns a timer whose cb(t) runs between the running code's instructions, or None."""
    try:
        t = machine.Timer(3 if sys.platform == "esp32" else -1)
        t.init(period=ms, mode=machine.Timer.PERIODIC, callback=cb)
        return t
    except (AttributeError, ValueError, OSError, TypeError):
        return None


def wdt(ms):
    """Returns the hardware watchdog with at most `ms`, or None."""
    if not hasattr(machine, "WDT"):
        return None
    most = {"rp2": 8300, "stm32": 31000}.get(sys.platform)
    try:
        if ESP8266:
            return machine.WDT()
        return machine.WDT(timeout=min(ms, most) if most else ms)
    except (ValueError, OSError):
        return None


def reset():
    machine.reset()


def soft_reset():
    machine.soft_reset()


def reset_cause():
    """Returns power, hard, watchdog, deepsleep, soft or the port's number."""
    n = machine.reset_cause()
    for name in ("PWRON", "HARD", "WDT", "DEEPSLEEP", "SOFT"):
        if getattr(machine, name + "_RESET", None) == n:
            return {"PWRON": "power", "WDT": "watchdog"}.get(name, name.lower())
    return str(n)


def set_time(unix):
    """Sets the clock. Returns False if there is none to set."""
    t = time.gmtime(unix - epoch())
    try:
        machine.RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))
        return True
    except (AttributeError, OSError, ValueError):
        return False


def epoch():
    """Returns the seconds between 1970 and this port's epoch."""
    return 946684800 if time.gmtime(0)[0] == 2000 else 0


def port():
    """Returns the TCP port for the page of the board's own access point."""
    return 80


def ota():
    """Returns the flash interface for firmware updates (see ota.py), or None."""
    try:
        import esp32

        if esp32.Partition(esp32.Partition.RUNNING).get_next_update():
            from .ota_esp32 import Flash

            return Flash()
    except (ImportError, OSError, AttributeError):
        pass
    return None


try:
    from mpyfleet_hal import *  # noqa: F403
except ImportError:
    pass
