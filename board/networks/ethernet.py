"""Connects the agent over Ethernet (docs/networks.md). Copy it to the board's /lib and set
`network: {ethernet: {…}}`.

Its settings are the arguments of network.LAN, and for a WIZnet chip of network.WIZNET5K:

    ESP32 with a PHY:  {mdc: 23, mdio: 18, power: 12, phy_type: PHY_LAN8720, phy_addr: 0}
    WIZnet at SPI 0:   {spi: 0, cs: 17, reset: 20}
    others (STM32):    {}
    fixed address:     {…, ifconfig: [192.168.1.7, 255.255.255.0, 192.168.1.1, 192.168.1.1]}
"""

import network
from machine import SPI, Pin

_PINS = ("mdc", "mdio", "power", "reset")
_lan = None


def _make(config):
    options = dict(config)
    options.pop("ifconfig", None)
    if "spi" in options:
        pins = (Pin(options["cs"]), Pin(options["reset"]))
        return network.WIZNET5K(SPI(options["spi"]), *pins)
    for name in _PINS:
        if name in options:
            options[name] = Pin(options[name])
    if "phy_type" in options:
        options["phy_type"] = getattr(network, options["phy_type"])
    return network.LAN(**options)


def up(config, fails):
    """Generator that ends once there is a link with an address. After five failures in a row the
    interface is taken down and up."""
    global _lan
    if _lan is None:
        _lan = _make(config)
    if fails and fails % 5 == 0:
        _lan.active(False)
        yield
    if not _lan.active():
        _lan.active(True)
    if "ifconfig" in config:
        _lan.ifconfig(tuple(config["ifconfig"]))
    while not _lan.isconnected():
        yield
