"""The agent's reports about itself: birth, reported configuration, telemetry (docs/protocol.md
sections 2 and 10), and its farewell. These methods of Main are loaded when called (util.Lazy)."""

import gc
import json
import os
import sys
import time
from binascii import hexlify

from . import hal
from .agent import VERSION
from .session import ROLES, role_key, signed
from .util import HOME, load


def birth(main):
    """Returns the content of the birth message."""
    ag, cfg = main.ag, main.cfg
    v = os.statvfs(HOME or "/")
    impl = sys.implementation
    d = {"on": 1, "proto": 2, "agent": VERSION, "slot": main.boot.get("run", "")}
    d["fw"] = ".".join(str(x) for x in impl[1][:3])
    d["platform"], d["machine"] = sys.platform, getattr(impl, "_machine", "")[:64]
    d["mpy"] = getattr(impl, "_mpy", 0)
    d["name"], d["tags"] = cfg.get("name", ""), cfg.get("tags", [])
    # Split, because "tz" as one name would stay in memory (README.md, "Memory").
    d.update({k: cfg[k] for k in "type location tz".split() if k in cfg})
    s = ag.sessions
    d["boot"], d["nonce"] = s.boot_hex, hexlify(s.nonce).decode()
    d["mode"] = s.mode
    d["roles"] = [r for r in ROLES if role_key(s, r)]
    d["state"], d["reset"] = ag.state(), hal.reset_cause()
    d["mtu"], d["win"], d["caps"] = ag.mtu, ag.win, caps(ag)
    d["free"] = gc.mem_free()
    d["fs"] = [v[1] * v[2], v[0] * v[3]]
    d.update(ag.guard.birth())
    for line in main.client.cfg["will"][1].split(b"\n")[1:]:  # none in open mode
        d["w"] = int(line.split()[0])
    fleet = sys.modules.get("fleet")
    d["app"] = fleet.about() if hasattr(fleet, "about") else {}
    return d


def caps(ag):
    """Returns the names of this board's abilities (docs/protocol.md section 2)."""
    c = []
    if ag.run.can:
        c += ["intr", "stdin"]
    try:
        import deflate

        c.append("zlib" if deflate else "")
    except ImportError:
        pass
    if ag.flash:
        c.append("ota")
    if ag.guard.wdt:
        c.append("wdt")
    return c


def prepare(main):
    """Prepares the next connection: signs its last will, whose number the birth names. With the
    same will for two connections, a copy of the first one's would mark the board as away."""
    ag, c = main.ag, main.client
    text = json.dumps({"on": 0, "boot": ag.sessions.boot_hex})
    c.cfg["will"] = main.st, signed(ag.sessions, "st", text)
    if c.cfg.get("ssl") or (c.cfg.get("other") or {}).get("ssl"):
        clock(main)


def clock(main):
    """TLS needs the date. NTP sets it unless the clock is already set."""
    if time.gmtime()[0] >= 2024 or not main.cfg.get("ntp", 1):
        return
    try:
        import ntptime

        ntptime.host = main.cfg.get("ntp") or "pool.ntp.org"
        ntptime.settime()
    except (ImportError, OSError) as e:
        main.ag.log.warning("agent", "no time from the network: %r" % e)


def tell(main):
    """Sends the birth message: first at the start, then whenever its content has changed."""
    main.said = main.ag.state()
    main.said_at = main.ag.clock.ms()
    main.client.send(main.st, signed(main.ag.sessions, "st", json.dumps(birth(main))), 1, True)


def report(main):
    """Sends the reported configuration and telemetry."""
    ag, c = main.ag, main.client
    while ag.reports:
        c.send(main.cfgr, signed(ag.sessions, "cfgr", ag.reports.pop(0)), 1, True)
    now = ag.clock.ms()
    every = main.cfg.get("tm", 60) * 1000
    if every and now - main.tm_at >= every:
        main.tm_at = now
        v = os.statvfs(HOME or "/")
        d = {"boot": ag.sessions.boot_hex, "up": now // 1000, "free": gc.mem_free()}
        d["fs"] = [v[1] * v[2], v[0] * v[3]]
        d["rc"], d["rtt"] = c.reconnects, ag.guard.rtt
        d["tasks"] = ag.tasks.counts() if ag.tasks else {}
        d["drop"], d["junk"] = {"log": sum(ag.log.drop.values())}, ag.bad
        if isinstance(c.wifi, list):
            d["rssi"] = load("wifi").rssi()
        if main.cfg.get("hw"):
            load("hw").report(ag, d)
        c.send(main.tmt, signed(ag.sessions, "tm", json.dumps(d)))


def leave(main):
    """Restarts the board. Code that runs is interrupted and gets 5 s to end."""
    ag = main.ag
    why = ag.leave_as
    if ag.run.state != "idle" and ag.clock.ms() < ag.leave_at + 5000:
        return ag.run.interrupt()
    close(main, "reset")
    if why == "soft":
        hal.soft_reset()
    hal.reset()


def close(main, why):
    """Announces that the board leaves, and closes the connection for good."""
    c = main.client
    try:
        ag = main.ag
        msg = json.dumps({"on": 0, "boot": ag.sessions.boot_hex, "why": why})
        c.send(main.st, signed(ag.sessions, "st", msg), 1, True)
        c._packet(0xE0, 5)
        time.sleep_ms(50)
    except (OSError, AttributeError):
        pass  # not connected, so the broker sends the will
    c.stopped = True
    c.detach()
    main.ag.run.detach()
