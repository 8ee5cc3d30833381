"""Connects the agent over a cellular modem with PPP (docs/networks.md). Copy it to the board's
/lib and set `network: {ppp: {uart: 1, tx: 17, rx: 16, baud: 115200, apn: internet}}`.

`user` and `password` are for networks that ask for them; `power` is a pin that switches the modem
on with a pulse of a second.
"""

import time

import network
from machine import UART, Pin

_ppp = None


def _ask(uart, command, wanted, ms):
    """Generator: sends an AT command; OSError without the answer that is wanted."""
    uart.read()
    uart.write(command + "\r")
    heard = b""
    t = time.ticks_add(time.ticks_ms(), ms)
    while wanted not in heard:
        if time.ticks_diff(time.ticks_ms(), t) >= 0 or b"ERROR" in heard:
            raise OSError("the modem does not answer %s: %r" % (command, heard[-40:]))
        heard += uart.read() or b""
        yield


def up(config, fails):
    """Generator that ends once there is an address."""
    global _ppp
    if _ppp is not None and _ppp.isconnected() and not fails:
        return
    if _ppp is not None:
        _ppp.active(False)
        _ppp = None
        yield
    if "power" in config and fails % 5 == 0:
        pin = Pin(config["power"], Pin.OUT, value=1)
        t = time.ticks_add(time.ticks_ms(), 1000)
        while time.ticks_diff(time.ticks_ms(), t) < 0:
            yield
        pin.value(0)
    pins = {name: config[name] for name in ("tx", "rx") if name in config}
    uart = UART(config["uart"], baudrate=config.get("baud", 115200), **pins)
    yield from _ask(uart, "AT", b"OK", 10000)
    yield from _ask(uart, 'AT+CGDCONT=1,"IP","%s"' % config["apn"], b"OK", 10000)
    yield from _ask(uart, "ATD*99#", b"CONNECT", 60000)
    _ppp = network.PPP(uart)
    _ppp.active(True)
    if "user" in config:
        _ppp.connect(authmode=_ppp.AUTH_PAP, username=config["user"], password=config["password"])
    else:
        _ppp.connect()
    while not _ppp.isconnected():
        yield
