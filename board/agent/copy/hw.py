"""The board's pins: LEDs for activity and failure, and the battery (docs/configuration.md). Loaded
only if the configuration names some."""

import asyncio

import machine

from . import hal
from .wire import UP

_LOOK_MS = const(60)  # interval in ms at which the LEDs are updated
_SAMPLES = const(8)  # measurements of the battery that are averaged
_FULL_MV = const(3300)  # for a port that only gives shares of the reference voltage


def _led(pin, off):
    if pin is None:
        return None
    Pin = getattr(hal, "Pin", None) or machine.Pin  # mpyfleet_hal.py may have others
    return Pin(pin, Pin.OUT, value=off)


async def show(ag):
    """Lights `activity` for a moment with each message and while code runs for a computer, and
    `failure` while there is no broker and after the program has crashed. Never returns."""
    pins = ag.cfg["hw"]
    on = 0 if pins.get("low") else 1
    activity = _led(pins.get("activity"), 1 - on)
    failure = _led(pins.get("failure"), 1 - on)
    c = ag.client
    seen = None
    while True:
        await asyncio.sleep_ms(_LOOK_MS)
        now = (c.hear, c.said) if c.state == UP else None
        if activity:
            busy = now != seen or ag.run.state == "exec"
            activity.value(on if busy else 1 - on)
        if failure:
            x = ag.run.app["x"]
            bad = c.state != UP or (x and not x.startswith("KeyboardInterrupt"))
            failure.value(on if bad else 1 - on)
        seen = now


def millivolts(ag):
    """Returns the battery's voltage in mV, which is `scale` thousandths of that of its pin; None
    without a pin."""
    pins = ag.cfg.get("hw") or {}
    pin = pins.get("battery")
    if pin is None:
        return None
    # mpyfleet_hal.py may have others
    adc = hal.ADC(pin) if hasattr(hal, "ADC") else machine.ADC(machine.Pin(pin))
    total = 0
    for _ in range(_SAMPLES):
        if hasattr(adc, "read_uv"):
            total += adc.read_uv() // 1000
        else:
            total += adc.read_u16() * _FULL_MV // 65535
    return total * pins.get("scale", 1000) // 1000 // _SAMPLES


def report(ag, d):
    """Adds the battery's voltage to telemetry. A pin that cannot be read must not suppress the
    rest."""
    try:
        d["mv"] = millivolts(ag)
    except (ValueError, OSError, TypeError, AttributeError) as e:
        ag.log.warning("agent", "the battery cannot be read: %r" % e)
