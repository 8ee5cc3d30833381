"""Composes the agent of this copy and runs it. Called by the shim, /mpyfleet/__init__.py."""

import asyncio
import gc
import json
import os
import sys
import time
from binascii import hexlify

from . import hal, link
from .agent import VERSION, Agent
from .guard import Guard, trace
from .log import Log
from .mqtt import Client
from .run import Runner, explode
from .util import Clock

CONFIG = "/mpyfleet/config.json"
current = None  # the running agent's Main, for looking at it from the REPL


def _mtu(cfg):
    n = cfg.get("mtu")
    if not n:
        free = gc.mem_free()
        n = 512 if hal.ESP8266 else 1024 if free < 120000 else 2048
    return max(256, min(n, 16384))


class Main:
    def __init__(self, cfg, boot):
        """cfg: config.json; boot: the shim's note of this start."""
        self.cfg = cfg
        uid = hexlify(hal.uid()).decode()
        b = cfg["broker"]
        root = cfg.get("root", "mpy")
        base = "%s/%s/" % (root, uid)
        nets = cfg.get("wifi")
        wifi = link.Wifi(nets, cfg.get("name")) if nets else None
        log = Log(Clock(), cfg.get("ring", 4096), cfg.get("log", "I"))
        self.client = c = Client({"size": _mtu(cfg) + 28, "client_id": "mpy-" + uid}, wifi)
        c.cfg.update(b)
        c.cfg["keepalive"] = cfg.get("keepalive", 30)
        self.ag = ag = Agent(cfg, c, uid, log)
        log.boot = ag.sessions.boot_hex
        ag.puts, ag.gets = {}, []
        ag.flash = hal.ota()
        ag.run = Runner(ag)
        ag.guard = Guard(ag, boot)
        ag.tasks = None
        if cfg.get("modules") or cfg.get("app"):
            ag.tasks = ag.handler("tasks", "Tasks")(ag)
        ag.ota = None
        try:
            os.stat("/mpyfleet/ota.json")
            ag.handler("ota", "started")(ag.guard)
        except OSError:
            pass  # no update was begun
        ag.leave_as = None
        ag.reports = []
        ag.birth = self.birth
        self.boot = boot
        self.ended = asyncio.Event()
        self.error = None
        self.st = (base + "st").encode()
        self.logt = ag.logt = (base + "log").encode()
        self.cfgr = (base + "cfgr").encode()
        self.tmt = (base + "tm").encode()
        self.tm_at = 0
        self.said = None  # the state that the last birth told of
        self.said_at = 0
        will = json.dumps({"on": 0, "boot": log.boot})
        c.cfg["will"] = (self.st, will)
        c.subs = [((base + "c/+").encode(), 1), ((root + "/all/c/+").encode(), 1)]
        for t in cfg.get("tags", ()):
            c.subs.append((("%s/g/%s/c/+" % (root, t)).encode(), 1))
        c.subs.append(((base + "cfg").encode(), 1))
        c.subs.append(((base + "wd").encode(), 1))
        c.on_message, c.on_big = ag.on_message, self.big
        c.on_up, c.on_down = self.up, self.down
        c.on_socket = ag.run.new_socket
        c.before = self.clock if b.get("ssl") else None
        ag.tick = self.tick
        ag.callback_tick = self.quick
        ag.changed = self.changed
        ag.topics["cfg"] = lambda mv: ag.handler("cfg", "desired")(ag, mv)

    def birth(self):
        """The birth message's content."""
        ag, cfg = self.ag, self.cfg
        v = os.statvfs("/")
        impl = sys.implementation
        d = {"on": 1, "proto": 1, "agent": VERSION, "slot": self.boot.get("run", "")}
        d["fw"] = ".".join(str(x) for x in impl[1][:3])
        d["platform"], d["machine"] = sys.platform, getattr(impl, "_machine", "")[:64]
        d["mpy"] = getattr(impl, "_mpy", 0)
        d["name"], d["tags"] = cfg.get("name", ""), cfg.get("tags", [])
        s = ag.sessions
        d["boot"], d["nonce"] = s.boot_hex, hexlify(s.nonce).decode()
        d["mode"] = s.mode
        d["roles"] = list(s.keys)
        d["state"], d["reset"] = ag.state(), hal.reset_cause()
        d["mtu"], d["win"], d["caps"] = ag.mtu, ag.win, self.caps()
        d["free"] = gc.mem_free()
        d["fs"] = [v[1] * v[2], v[0] * v[3]]
        d.update(ag.guard.birth())
        return d

    def caps(self):
        c = []
        if self.ag.run.can:
            c += ["intr", "stdin"]
        try:
            import deflate

            c.append("zlib" if deflate else "")
        except ImportError:
            pass
        if self.ag.flash:
            c.append("ota")
        if self.ag.guard.wdt:
            c.append("wdt")
        return c

    def clock(self):
        """TLS needs to know the date. NTP, if nobody has set the clock."""
        if time.gmtime()[0] >= 2024 or not self.cfg.get("ntp", 1):
            return
        try:
            import ntptime

            ntptime.host = self.cfg.get("ntp") or "pool.ntp.org"
            ntptime.settime()
        except (ImportError, OSError) as e:
            self.ag.log.warning("agent", "no time from the network: %r" % e)

    def up(self):
        gc.threshold(32768)  # the shim had it low while everything was made
        self.tell()
        self.ag.guard.up()
        if self.ag.tasks:
            self.ag.tasks.up()

    def down(self, error, was_up):
        if not was_up:  # who sits at the cable wants to know; it is in the log as well
            return print("no broker:", error)
        self.ag.log.down()
        self.ag.log.warning("mqtt", "connection lost: " + error)
        if self.ag.tasks:
            self.ag.tasks.down()

    def big(self, topic, first):
        self.ag.bad += 1
        self.ag.log.warning("mqtt", "a message on %s is too large" % topic.decode())

    def tell(self):
        self.said = self.ag.state()
        self.said_at = self.ag.clock.ms()
        self.client.send(self.st, json.dumps(self.birth()), 1, True)

    def changed(self):
        """The board's program begins or has ended: told at once, it may leave no time later."""
        now = self.ag.state()
        c = self.client
        if now != self.said and "app" in (now, self.said) and c.state == 2 and not c.locked:
            try:
                self.tell()
            except OSError:
                pass  # the connection: the client knows already

    def quick(self):
        """What is due after frames came, also inside a callback."""
        ag, c = self.ag, self.client
        if not c.enter():
            return False
        more = False
        try:
            for g in tuple(ag.gets):
                more = g.pump() or more
            if ag.run.state == "exec" and ag.run.out:
                ag.run.out.flush(False)
        except OSError as e:
            c.fail(e)
        finally:
            c.leave()
        return more

    def tick(self):
        """What is due now and then; from a task, or from a timer while user code runs. True: come
        again soon."""
        ag, c = self.ag, self.client
        c.step()
        more = self.quick()
        if c.enter():
            try:
                more = ag.work() or more
            except OSError as e:
                c.fail(e)
            finally:
                c.leave()
        for g in tuple(ag.gets):
            g.idle()
        try:
            if c.state == 2:
                if self.said != ag.state() and ag.clock.ms() - self.said_at > 1000:
                    self.tell()
                ag.log.flush(c, self.logt)
                self.report()
            ag.guard.tick()
        except OSError:
            pass  # the connection: the client knows already
        return more

    def report(self):
        """Reported configuration and telemetry."""
        ag, c = self.ag, self.client
        while ag.reports:
            c.send(self.cfgr, ag.reports[0], 1, True)
            del ag.reports[0]
        now = ag.clock.ms()
        every = self.cfg.get("tm", 60) * 1000
        if every and now - self.tm_at >= every:
            self.tm_at = now
            v = os.statvfs("/")
            d = {"boot": ag.sessions.boot_hex, "up": now // 1000, "free": gc.mem_free()}
            d["fs"] = [v[1] * v[2], v[0] * v[3]]
            d["rc"], d["rtt"] = c.reconnects, ag.guard.rtt
            d["tasks"] = ag.tasks.counts() if ag.tasks else {}
            d["drop"] = {"log": sum(ag.log.drop.values())}
            if c.wifi:
                d["rssi"] = c.wifi.rssi()
            c.send(self.tmt, json.dumps(d))

    async def ticking(self):
        while True:
            more = self.tick()
            if self.ag.leave_as and self.ag.clock.ms() > self.ag.leave_at:
                self.leave()
            await asyncio.sleep_ms(0 if more else 50 if self.ag.flows else 100)

    def leave(self):
        ag = self.ag
        why = ag.leave_as
        if ag.run.state != "idle" and ag.clock.ms() < ag.leave_at + 5000:
            return ag.run.interrupt()
        self.close("reset")
        if why == "soft":
            hal.soft_reset()
        hal.reset()

    def close(self, why):
        c = self.client
        try:
            ag = self.ag
            msg = json.dumps({"on": 0, "boot": ag.sessions.boot_hex, "why": why})
            c.send(self.st, msg, 1, True)
            c._packet(0xE0, 5)
            time.sleep_ms(50)
        except (OSError, AttributeError):
            pass  # not connected: the broker sends the will
        c.stopped = True
        c.detach()
        self.ag.run.detach()

    async def run(self):
        ag = self.ag
        ag.run.attach()
        try:
            n = ag.handler("store", "sweep")()
            ag.unload("store")
            if n:
                ag.log.info("agent", "removed %d unfinished files" % n)
        except OSError as e:
            ag.log.exc("agent", e)
        ag.log.info("agent", "agent %s, start %s" % (VERSION, ag.sessions.boot_hex))
        for f in (self.client.run, ag.run.loop, self.ticking):
            asyncio.create_task(self.vital(f))
        if ag.tasks:
            ag.tasks.load()
        await self.ended.wait()
        raise self.error

    async def vital(self, f):
        """The agent ends with any of its own tasks, so that it is started anew."""
        while True:
            try:
                await f()
                self.error = RuntimeError("a task of the agent came to its end")
            except KeyboardInterrupt:
                if not self.ag.run.live:
                    raise
                # It was for the code that runs this event loop: it gets it, and we go on.
                asyncio.create_task(explode(self.ag.run, self.ag.run.count))
                continue
            except Exception as e:
                self.error = e
            return self.ended.set()


def run(boot, cfg=None):
    """Runs until reset or Ctrl-C at the cable."""
    if cfg is None:
        with open(CONFIG) as f:
            cfg = json.load(f)
    global current
    current = m = Main(cfg, boot)
    try:
        asyncio.run(m.run())
    except KeyboardInterrupt:
        m.ag.guard.clean("stopped")
        m.close("stopped")
        print("The agent has stopped. Ctrl-D starts it again.")
    except Exception as e:
        sys.print_exception(e)
        m.ag.guard.crash("agent", trace(e))
        m.close("stopped")
        hal.reset()
