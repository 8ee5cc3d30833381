"""Wi-Fi for mqtt.py. nets is a list of {"ssid", "key"}, tried in turn."""

import network

from .link import deadline, passed

_WIFI_MS = const(20000)  # longest wait in ms for one network
# failures in a row after which the radio is restarted although it reports a connection
_AFRESH = const(5)


def up(c):
    """Generator that ends once there is a connection. Raises OSError if no network accepts.
    `wifi_at` of the Client counts attempts, so that the network that worked comes first."""
    sta = network.WLAN(network.STA_IF)
    if sta.isconnected():
        if not c.fails or c.fails % _AFRESH:
            return
        # It may report a network that no longer carries any data.
        sta.disconnect()
        sta.active(False)
        yield
    _hostname(c.cfg.get("hostname"))
    for _ in range(len(c.wifi)):
        net = c.wifi[c.wifi_at % len(c.wifi)]
        sta.active(True)
        sta.connect(net["ssid"], net.get("key") or None)
        t = deadline(_WIFI_MS)
        while not sta.isconnected() and not passed(t):
            yield
        if sta.isconnected():
            return
        c.wifi_at += 1
        sta.disconnect()
        sta.active(False)
        yield
    raise OSError("no Wi-Fi network answers")


def _hostname(name):
    try:
        if name:
            network.hostname(name)
    except (AttributeError, TypeError, ValueError):
        pass  # a port without this option; the name is only a convenience


def rssi():
    try:
        return network.WLAN(network.STA_IF).status("rssi")
    except (ValueError, OSError, TypeError):
        return None
