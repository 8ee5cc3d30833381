"""Composes the agent from its parts; loaded for that and unloaded afterwards."""

import asyncio
import gc
import json
import os
from binascii import hexlify

from . import hal, session
from .agent import VERSION, Agent
from .guard import Guard
from .log import Log
from .mqtt import Client
from .run import Runner
from .util import Clock, load


def _mtu(cfg):
    n = cfg.get("mtu")
    if not n:
        free = gc.mem_free()
        n = 512 if hal.ESP8266 else 1024 if free < 120000 else 2048
    return max(256, min(n, 16384))


def make(main, cfg, boot):
    """Fills Main. cfg: config.json; boot: the shim's note of this start."""
    main.cfg = cfg
    uid = hexlify(hal.uid()).decode()
    b = cfg["broker"]
    root = cfg.get("root", "mpy")
    base = "%s/%s/" % (root, uid)
    nets = cfg.get("wifi")
    log = Log(Clock(), cfg.get("ring", 4096), cfg.get("log", "I"))
    main.client = c = Client({"size": _mtu(cfg) + 28, "client_id": "mpy-" + uid}, nets)
    c.cfg.update(b)
    c.cfg["hostname"] = cfg.get("name")
    c.cfg["keepalive"] = cfg.get("keepalive", 30)
    mode, most = cfg.get("mode", "signed"), cfg.get("sessions", 4)
    ss = session.make(cfg.get("keys", {}), mode, uid, root, most)
    main.ag = ag = Agent(cfg, c, uid, log, ss)
    log.boot = ag.sessions.boot_hex
    ag.flash = hal.ota()
    ag.run = Runner(ag)
    ag.guard = Guard(ag, boot)
    if cfg.get("modules") or cfg.get("app"):
        ag.tasks = load("tasks").Tasks(ag)
    try:
        os.stat("/mpyfleet/ota.json")
        load("ota").started(ag.guard)
    except OSError:
        pass  # no update was begun
    main.boot = boot
    main.ended = asyncio.Event()
    main.error = None
    main.st = (base + "st").encode()
    main.logt = ag.logt = (base + "log").encode()
    main.cfgr = (base + "cfgr").encode()
    main.tmt = (base + "tm").encode()
    main.tm_at = 0
    main.said = None  # the state that the last birth told of
    main.said_at = 0
    will = json.dumps({"on": 0, "boot": log.boot})
    c.cfg["will"] = (main.st, will)
    c.subs = [((base + "c/+").encode(), 1), ((root + "/all/c/+").encode(), 1)]
    for t in cfg.get("tags", ()):
        c.subs.append((("%s/g/%s/c/+" % (root, t)).encode(), 1))
    c.subs.append(((base + "cfg").encode(), 1))
    c.subs.append(((base + "wd").encode(), 1))
    c.on_message = ag.on_message
    # methods of Main itself: a function from here would keep this module in memory
    c.on_big = main.on_big
    c.on_up, c.on_down = main.up, main.down
    c.on_socket = ag.run.new_socket
    c.before = main.before if b.get("ssl") else None
    ag.tick = main.tick
    ag.callback_tick = main.quick
    ag.changed = main.changed
    ag.topics["cfg"] = main.desired


def begin(main):
    """Before the first connection: removes what a restart broke off."""
    log = main.ag.log
    try:
        n = load("store").sweep()
        if n:
            log.info("agent", "removed %d unfinished files" % n)
    except OSError as e:
        log.exc("agent", e)
    log.info("agent", "agent %s, start %s" % (VERSION, log.boot))
