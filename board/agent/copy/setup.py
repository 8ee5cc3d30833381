"""Creates the agent's parts and connects them. Unloaded afterwards, so that code that runs once
takes no memory later; this is why objects get their attributes here. Their classes list them."""

import gc
import os
import select
import sys
from binascii import hexlify

from . import hal
from .agent import VERSION, Agent
from .guard import Guard, Policy
from .log import Log
from .mqtt import Client
from .run import Runner
from .util import HOME, Clock, load


def _mtu(cfg):
    n = cfg.get("mtu")
    if not n:
        free = gc.mem_free()
        n = 512 if hal.ESP8266 else 1024 if free < 120000 else 2048
    return max(256, min(n, 16384))


def _agent(cfg, client, uid, log, sessions):
    ag = Agent()
    ag.client = client
    ag.qos = cfg.get("qos", 1)
    ag.mtu = client.size - 28  # a frame's header and tag
    ag.clock = Clock()
    ag.flows = {}  # (session, reqid) -> open transfer; also ("g" + cid, id) for groups
    ag.kept = []  # [session, reqid, answer or None while it runs]
    ag.jobs = []  # [session, reqid, generator, what, last sign of life]
    ag.in_callback = False
    ag.cfg = cfg
    ag.uid = uid
    ag.log = log
    ag.root = cfg.get("root", "mpy")
    ag.base = "%s/%s/" % (ag.root, uid)
    ag.win = cfg.get("win", 16)
    ag.sessions = sessions  # see session.py
    ag.bad = 0  # frames dropped
    ag._warned = -1000  # time of the last unsigned error
    ag.guard = ag.tasks = ag.ota = None
    ag.flash = hal.ota()
    ag.puts = {}  # path -> Put
    ag.gets = []
    ag.leave_as = None
    ag.reports = []
    ag.msg_cbs = []
    ag.topics = {"wd": None}  # leaf -> f(payload)
    ag.run = _runner(ag)
    return ag


def _runner(ag):
    r = Runner()
    r.ag = ag
    r.job = None  # (kind, what, mode, file name) waiting or running
    r.out = None  # Output of the EXEC that runs or ran last
    r.state = "idle"
    r.task = None  # the asyncio task that runs code
    r.sock = r.came = None
    r.live = False  # the user's code itself is running now
    r.count = 0  # number of pieces of code run
    r.hit = -1  # the last one that was interrupted
    r.calm = True
    r.pending = False  # an interrupt is wanted
    r.fire = False  # readinto() returns Ctrl-C
    r.bomb = None
    r.input = b""
    r.taken = 0
    r.app = {"p": None, "x": "", "n": 0, "stop": False}
    r.can = hal.can_interrupt() and hasattr(os, "dupterm")
    r.stdin = select.poll()
    r.stdin.register(sys.stdin, select.POLLIN)
    return r


def _guard(ag, boot):
    g = Guard()
    g.ag = ag
    g.boot = boot  # the shim's record of this start
    g.safe = boot.get("safe", 0)
    wd = ag.cfg.get("wd", {})
    g.policy = Policy(wd, ag.clock.ms(), boot.get("outage", 0))
    g.wdt = hal.wdt(max(10, wd["hw"]) * 1000) if wd.get("hw") else None
    g.asked = None  # message of the last round trip, until it returns
    g.events = []
    g.new_firmware = False
    g.rtt = g.sent = 0
    g.topic = (ag.base + "wd").encode()
    g.evt = (ag.base + "ev").encode()
    ag.topics["wd"] = g.back
    if boot.get("event"):
        g.event("agent", state=boot["event"])
    if g.wdt and boot.get("fails") and hal.reset_cause() == "watchdog":
        load("crash").report(g, wd["hw"])
    if boot.get("crashed"):
        g.event("crash", **boot.pop("crashed"))
    return g


def _log(cfg):
    log = Log()
    log.clock = Clock()
    log.size = cfg.get("ring", 4096)
    log.level = dict(cfg.get("level") or {})
    log.level[""] = cfg.get("log", "I")
    log.ring = []
    log.used = 0
    log.next = 1
    log.drop = {}
    log.line = bytearray()
    log.urgent = False
    log.last = 0
    log.busy = False  # a batch is in transit
    return log


def _has_app():
    """Returns whether an app was deployed to this board (board/app/fleet)."""
    try:
        os.stat(HOME + "/fleet/run.json")
        return True
    except OSError:
        return False


def make(main, cfg, boot):
    """Sets the attributes of Main. cfg: config.json; boot: the shim's record of this start."""
    main.cfg = cfg
    uid = hexlify(hal.uid()).decode()
    b = cfg["broker"]
    root = cfg.get("root", "mpy")
    base = "%s/%s/" % (root, uid)
    # Split, because "network" as one name would stay in memory (README.md, "Memory").
    nets = cfg.get("wifi network".split()[1]) or cfg.get("wifi")
    log = _log(cfg)
    main.client = c = Client({"size": _mtu(cfg) + 28, "client_id": "mpy-" + uid}, nets)
    c.cfg.update(b)
    c.cfg["hostname"] = cfg.get("name")
    c.cfg["keepalive"] = cfg.get("keepalive", 30)
    mode, most = cfg.get("mode", "signed"), cfg.get("sessions", 4)
    ss = load("keys").make(cfg.get("keys", {}), mode, uid, root, most)
    main.ag = ag = _agent(cfg, c, uid, log, ss)
    log.boot = ss.boot_hex
    log.keys = ss
    ag.guard = _guard(ag, boot)
    deployed = _has_app()
    if deployed or cfg.get("modules") or cfg.get("app") or cfg.get("hw"):
        ag.tasks = load("tasks").Tasks(ag, deployed)
    try:
        os.stat(HOME + "/mpyfleet/ota.json")
        load("ota").started(ag.guard)
    except OSError:
        pass  # no update was begun
    main.boot = boot
    main.error = None
    main.st = (base + "st").encode()
    main.logt = ag.logt = (base + "log").encode()
    main.cfgr = (base + "cfgr").encode()
    main.tmt = (base + "tm").encode()
    main.tm_at = 0
    main.said = None  # the state in the last birth
    main.said_at = 0
    c.subs = [((base + "c/+").encode(), 1), ((root + "/all/c/+").encode(), 1)]
    for t in cfg.get("tags", ()):
        c.subs.append((("%s/g/%s/c/+" % (root, t)).encode(), 1))
    c.subs.append(((base + "cfg").encode(), 1))
    c.subs.append(((base + "wd").encode(), 1))
    c.on_message = ag.on_message
    # Only methods of Main: a function of this module would keep the module in memory.
    c.on_big = main.on_big
    c.on_up, c.on_down = main.up, main.down
    c.on_socket = ag.run.new_socket
    c.before = main.before
    ag.tick = main.tick
    ag.callback_tick = main.quick
    ag.changed = main.changed
    ag.vital = main.vital


def begin(main):
    """Removes leftovers of an interrupted change, before the first connection."""
    log = main.ag.log
    try:
        n = load("store").sweep()
        if n:
            log.info("agent", "removed %d unfinished files" % n)
    except OSError as e:
        log.exc("agent", e)
    log.info("agent", "agent %s, start %s" % (VERSION, log.boot))
    if main.cfg.get("ap"):
        load("ap").begin(main)
    if main.boot.get("cfg"):
        load("trial").started(main)
