import sys


def probe():
    import json

    d = {"platform": sys.platform, "mpy": getattr(sys.implementation, "_mpy", 0)}
    d["version"] = ".".join(str(x) for x in sys.implementation[1][:3])
    try:
        import asyncio

        d["asyncio"] = 1 if asyncio else 0
    except ImportError:
        d["asyncio"] = 0
    try:
        import socket

        d["socket"] = 1 if socket else 0
    except ImportError:
        d["socket"] = 0
    import os

    d["random"] = 1 if hasattr(os, "urandom") else 0
    try:
        import mpyfleet_f

        d["frozen"] = mpyfleet_f.VERSION
    except (ImportError, AttributeError):
        pass
    try:
        import gc

        gc.collect()
        d["heap"] = gc.mem_free()
    except (ImportError, AttributeError):
        pass
    import machine

    d["uid"] = "".join("%02x" % b for b in machine.unique_id())
    try:
        import network

        sta = network.WLAN(network.STA_IF)
        d["wlan"] = 1
        d["up"] = 1 if sta.isconnected() else 0
        d["ip"] = sta.ifconfig()[0] if d["up"] else ""
    except (ImportError, AttributeError, OSError):
        d["wlan"] = 0
    print(json.dumps(d))


probe()
