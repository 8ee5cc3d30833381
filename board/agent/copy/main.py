"""Composes the agent of this copy and runs it. Called by the shim, /mpyfleet/__init__.py."""

import asyncio
import gc
import json
import sys

from .util import HOME, Lazy, load, unload
from .wire import UP

_REST_MS = const(10000)  # milliseconds of silence after which unused modules are unloaded
current = None  # the running agent's Main, for other modules and for inspection from the REPL


class Main(Lazy):
    more = "telling"

    def __init__(self, cfg, boot):
        load("setup").make(self, cfg, boot)

    def up(self):
        gc.threshold(32768)  # the shim kept it low while the objects were created
        self.tell()
        self.ag.guard.up()
        if self.ag.tasks:
            self.ag.tasks.up()

    def down(self, error, was_up):
        if not was_up:  # what is printed is shown on the serial console and logged
            return print("no broker:", error)
        self.ag.log.down()
        self.ag.log.log("W", "mqtt", "connection lost: " + error)
        if self.ag.tasks:
            self.ag.tasks.down()

    def on_big(self, topic, n):
        self.ag.bad += 1

    def before(self):
        self.prepare()

    def changed(self):
        """The board's program has started or ended. It is reported at once, because the program
        may leave no time later."""
        now = self.ag.state()
        c = self.client
        if now != self.said and "app" in (now, self.said) and c.state == UP and not c.locked:
            try:
                self.tell()
            except OSError:
                pass  # the connection failed; the client knows already

    def quick(self):
        """Continues downloads and output after frames have arrived. May run inside a callback.
        Returns True if more can be sent soon."""
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
        """Does what is due regularly; called from a task, or from a timer while user code runs.
        Returns True to be called again soon."""
        ag, c = self.ag, self.client
        c.step()
        if c.full:
            c.serve()
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
            ag.guard.tick()  # first, because no report may delay feeding the watchdog
        except OSError:
            pass  # the connection failed; the client knows already
        try:
            if c.state == UP:
                if self.said != ag.state() and ag.clock.ms() - self.said_at > 1000:
                    self.tell()
                ag.log.flush(c, self.logt)
                every = self.cfg.get("tm", 60) * 1000
                if ag.reports or (every and ag.clock.ms() - self.tm_at >= every):
                    self.report()
        except OSError:
            pass  # the connection failed; the client knows already
        return more

    def rest(self):
        """Unloads modules that have not been used for a while. While code runs they stay, because
        a frame needs them even if that code has used up the memory."""
        ag = self.ag
        run = ag.run
        if self.client.state != 2 or run.state != "idle" or run.job or ag.jobs:
            return
        o = run.out
        if unload(_REST_MS):
            self.client.shrink()
            if o and o.done and o.acked >= o.end:  # the host has all of it
                ag.flows.pop((o.s, o.r), None)
                run.out = None

    async def run(self):
        ag = self.ag
        ag.run.attach()
        load("setup").begin(self)
        asyncio.create_task(self.vital(self.client.run))
        if ag.tasks:
            ag.tasks.load()
        more = False
        while not self.error:
            try:
                await asyncio.sleep_ms(0 if more else 50 if ag.flows else 100)
                more = False
                more = self.tick()
                self.rest()
            except MemoryError:
                gc.collect()  # everything due is due again at the next call
            except KeyboardInterrupt:
                self.theirs()
            if ag.leave_as and ag.clock.ms() > ag.leave_at:
                self.leave()
        raise self.error

    async def vital(self, f):
        """Runs one of the agent's own tasks. If it fails, run() raises its error, which restarts
        the board."""
        while True:
            try:
                return await f()
            except KeyboardInterrupt:
                self.theirs()
            except Exception as e:
                self.error = e
                return

    def theirs(self):
        """A KeyboardInterrupt arrived in one of the agent's tasks. It is passed on to the code
        that runs this event loop, if any, and the agent continues."""
        run = self.ag.run
        if not run.live:
            raise
        asyncio.create_task(load("intr").explode(run, run.count))


def run(boot, cfg=None):
    """Runs until a reset or Ctrl-C on the cable."""
    if cfg is None:
        with open(HOME + "/mpyfleet/config.json") as f:
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
        unload()  # it may have run out of memory
        try:
            m.ag.guard.crash("agent", load("crash").trace(e))
            m.close("stopped")
        finally:
            load("hal").reset()
