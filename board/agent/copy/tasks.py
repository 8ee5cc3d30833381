"""The board's own work in addition to the agent: modules with start(mqtt, config), watched tasks,
the app."""

import asyncio
import sys

from .util import load

# First and longest pause, in seconds, before a failed task is started again. A task that has run
# longer than the longest pause gets the first one again.
_FIRST_S = const(1)
_MOST_S = const(60)
# Milliseconds that the connection gets before the program starts, because it may never yield.
_HEAD_START_MS = const(10000)


class Mqtt:
    """The object that a module gets as `mqtt`: the client, and callbacks as modules for mqboard
    expect them."""

    def __init__(self, tasks, name):
        self.tasks = tasks
        self.ag = tasks.ag
        self.client = tasks.ag.client
        self.name = name

    def on_init(self, coro):
        """Awaits coro once, after the first connection."""
        self.tasks.inits.append((self.name, coro))
        if self.client.state == 2:
            asyncio.create_task(self.tasks.run_inits())

    def on_mqtt(self, cb):
        """cb(connected) is a coroutine function, called when the connection is established or
        lost."""
        self.tasks.mqtts.append((self.name, cb))

    def on_msg(self, cb):
        """cb(topic, msg, retained, qos, dup) is called for every message that is not the
        agent's."""
        self.ag.msg_cbs.append(cb)

    def watch(self, name, factory):
        """Keeps factory() running. If it fails, it is started again after a growing pause."""
        return self.tasks.watch(name, factory)

    def battery(self):
        """Returns the battery's voltage in mV, None if the configuration names no pin for it."""
        return load("hw").millivolts(self.ag)


class Tasks:
    def __init__(self, ag, deployed):
        self.ag = ag
        self.inits = []  # (module, coroutine)
        self.mqtts = []  # (module, callback)
        self.restarts = {}
        self._broken = {}  # exceptions by module, for the birth message
        self.deployed = deployed  # an app was deployed: its supervisor is one of the modules

    def counts(self):
        return self.restarts

    def up(self):
        asyncio.create_task(self.run_inits())
        self._tell(True)

    async def run_inits(self):
        while self.inits:
            name, c = self.inits.pop(0)
            await self._own(name, lambda: c)

    async def _own(self, name, f, *a):
        """Calls a function of a module and awaits what it returns. An exception is reported under
        the module's name: nobody awaits this task."""
        try:
            r = f(*a)
            if hasattr(r, "send"):
                await r
        except Exception as e:
            self.ag.guard.broke(name, e)

    def down(self):
        self._tell(False)

    def _tell(self, up):
        for name, cb in self.mqtts:
            asyncio.create_task(self._own(name, cb, up))

    def watch(self, name, factory):
        self.restarts[name] = 0
        return asyncio.create_task(self._watch(name, factory))

    async def _watch(self, name, factory):
        wait = _FIRST_S
        while True:
            t = self.ag.clock.ms()
            try:
                await factory()
                return
            except asyncio.CancelledError:
                raise
            except Exception as e:
                self.ag.log.exc(name, e)
                self.restarts[name] += 1
                if self.ag.clock.ms() - t > _MOST_S * 1000:
                    wait = _FIRST_S
                self.ag.guard.event("task", name=name, x=repr(e)[:100], n=self.restarts[name])
            await asyncio.sleep(wait)
            wait = min(_MOST_S, wait * 2)

    def load(self):
        """Starts the modules and the app of the configuration, except in safe mode."""
        ag = self.ag
        if ag.guard.safe:
            ag.log.warning("agent", "safe mode: neither modules nor app are started")
            return
        pins = ag.cfg.get("hw") or {}
        if "activity" in pins or "failure" in pins:
            self.watch("leds", lambda: load("hw").show(ag))
        mods = ag.cfg.get("modules", {})
        if not isinstance(mods, dict):
            mods = {m: {} for m in mods}
        if self.deployed:
            mods = dict(mods, fleet={})
        if "logging" not in sys.modules and mods:
            self._logging()
        for name, conf in mods.items():
            try:
                __import__(name)
                r = sys.modules[name].start(Mqtt(self, name), conf)
                if hasattr(r, "send"):
                    asyncio.create_task(self._own(name, lambda r=r: r))
            except Exception as e:
                ag.guard.broke(name, e)
        if ag.cfg.get("app"):
            asyncio.create_task(self._app(ag.cfg["app"]))

    def _logging(self):
        """Provides `logging` for modules that import it, if the board has none."""
        try:
            __import__("logging")
        except ImportError:
            from . import logfacade

            logfacade.log = self.ag.log
            sys.modules["logging"] = logfacade

    async def _app(self, path):
        """Runs the board's program, and again after a pause if it crashes. A stopped program stays
        stopped."""
        run = self.ag.run
        wait = _FIRST_S
        until = self.ag.clock.ms() + _HEAD_START_MS
        boot = self.ag.guard.boot
        # A program that never yields would prevent a configuration on trial from being reverted.
        while boot.get("cfg", {}).get("state") == "open" or (
            self.ag.client.state != 2 and self.ag.clock.ms() < until
        ):
            await asyncio.sleep_ms(50)
        while not run.app["stop"]:
            if not run.job:
                n = run.app["n"]
                t = self.ag.clock.ms()
                run.app["p"] = path
                try:
                    run.submit("app", path, "exec", path)
                except MemoryError as e:
                    run.app["x"] = repr(e)
                    run.app["n"] += 1
                    self.ag.log.log("E", "app", "no memory to start it")
                while run.app["n"] == n or (run.job and run.job[0] == "app"):
                    await asyncio.sleep_ms(200)
                if not run.app["x"] or run.app["x"].startswith("KeyboardInterrupt"):
                    return
                wait = _FIRST_S if self.ag.clock.ms() - t > _MOST_S * 1000 else wait
            await asyncio.sleep(wait)
            wait = min(_MOST_S, wait * 2)
