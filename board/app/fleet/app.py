"""Runs the app: starts its tasks, restarts those that fail, and answers requests of computers."""

import asyncio
import gc
import json
import os
import sys
import time

from .inbox import Inbox, traced
from .ring import Ring

_MOST_S = const(60)  # longest pause in seconds before a failed task is started again
_HEAD_START = const(100)  # tenths of a second that the connection gets before the app starts
_ALONGSIDE = ("management", "messages", "sleep", "app")  # tasks for which a sleep does not wait
_FAILS = const(3)  # failures in a row that end the trial of a new version


class App:
    def __init__(self, fleet, mqtt):
        self.fleet = fleet
        self.mqtt = mqtt
        self.ag = ag = mqtt.ag if mqtt else None
        self.note = fleet.load_note()
        self.running = self.note.get("run")
        self.name, self.version = (str(self.note.get("run") or "/").split("/") + [""])[:2]
        self.every = {"worker": 60, "management": 60}  # intervals in seconds
        self.inbox = Inbox(self)
        self.fails = {}  # failures in a row, by task
        self.failed_at = None  # time in ms of the last failure
        self.waiting = 0  # tasks that failed and will be tried again
        self.restarts = ag.tasks.restarts if ag else {}
        self.error = ""  # the last one, with its traceback
        self.alive = 0  # counts up while the app lets other tasks run
        self.trial = None
        self.plan = None
        self.awake = 0  # agent's time until which a computer keeps the board awake
        self.rounds = 0  # tasks that have not finished their first round
        self.sleeping = None  # the task that lets the board sleep
        self._topics = None
        self.ring = Ring(self, ag.clock.ms if ag else time.ticks_ms)

    def add(self, what, text):
        """Sends a message to the computers. Without the agent, it is printed."""
        if self.ag is None:
            return print(self.name, text)
        most = self.ag.client.size - 400  # leaves room for the tags and the batch's first line
        if len(text.encode()) > most:
            raise ValueError("a message may have %d bytes" % most)
        self.ring.add(what, text)

    def save_note(self, note):
        """Saves the record, unless another version was deployed meanwhile: the next start runs
        that one."""
        if self.fleet.load_note().get("run") == self.running:
            self.fleet.save_note(note)

    def event(self, state, **d):
        if self.ag:
            self.ag.guard.event("app", state=state, app=self.name, **d)
        else:
            print("app", self.name, state, d)

    async def sender(self):
        while True:
            await asyncio.sleep_ms(200)
            self.alive += 1
            if self.ag:
                try:
                    self.ring.flush()
                except MemoryError:
                    gc.collect()

    def request(self, d):
        """Answers APP with `a` (docs/protocol.md section 5). Raises ValueError for a wrong one."""
        a = d.get("a")
        if a == "msg":
            return self.inbox.take(str(d["id"]), str(d["t"]))
        if a == "set":
            for k in ("worker", "management", "sleep"):
                if k in d:
                    if not (0 if k == "sleep" else 0.05) <= d[k] <= 259200:
                        raise ValueError("an interval has 0.05 to 259200 seconds")
                    self.every[k] = d[k]
            self.note["set"] = self.every
            self.save_note(self.note)
        elif a == "plan":
            if self.plan and d.get("load"):
                self.plan.load()
            elif d.get("load"):
                self.schedule()
            return self.plan.info() if self.plan else {"plan": []}  # reading loads nothing
        elif a == "awake":
            self.awake = self.ag.clock.ms() + min(86400, max(0, int(d["s"]))) * 1000
        elif a != "info":
            raise ValueError("a")
        n = self.note
        d = {"app": self.name, "v": self.version, "trial": n.get("trial", 0)}
        d["bad"] = n.get("bad")
        d.update(old=n.get("old"), tasks=self.restarts, every=self.every)
        d.update(s=self.ring.next, drop=self.ring.lost, x=self.error[-300:])
        return d

    def schedule(self):
        from .plan import Plan

        self.plan = Plan(self)
        asyncio.create_task(self.plan.run())

    async def begin(self):
        n = self.note
        asyncio.create_task(self.sender())
        names = os.listdir(self.fleet.__path__)
        if "plan.json" in names:
            self.schedule()
        if "kept.txt" in names and self.ag:
            from .nap import restore

            restore(self)
        b = n.get("bad")
        if b and not b.get("told"):
            b["told"] = 1
            self.save_note(n)
            self.event("fellback", v=b.get("v", ""), x=b.get("x", "")[-200:])
        if not n.get("run"):
            return
        if n.get("trial"):
            from .trial import Trial

            self.trial = Trial(self)
            if not self.trial.begin():
                return
        # Gives the connection a head start, as for the board's own program, because the app may
        # never yield.
        for _ in range(_HEAD_START):
            if not self.ag or self.ag.client.state == 2:
                break
            await asyncio.sleep_ms(100)
        await self.keep("app", self.load)

    async def alone(self):
        await self.begin()
        while True:
            await asyncio.sleep(60)

    async def load(self):
        """Imports the app and starts its functions."""
        home = self.fleet.__path__ + "/apps/" + self.note["run"]
        with open(home + "/app.json") as f:
            spec = json.load(f)
        self.fleet.config = spec.get("config", {})
        self.every["worker"] = spec.get("worker", 60)
        self.every["management"] = spec.get("management", 60)
        self.every["sleep"] = spec.get("sleep", 0)
        self.every["wake"] = spec.get("wake", 2)
        self.every.update(self.note.get("set", {}))
        self.ring.size = spec.get("keep", 4096)
        if home not in sys.path:
            sys.path[:0] = [home]
        gc.collect()
        mods = []
        for name in spec["modules"]:
            try:
                __import__(name)
            except BaseException:
                sys.modules.pop(name, None)  # the next import must not find half a module
                raise
            mods.append(sys.modules[name])
        self.rounds = 1  # counts as a task, so that no round ends before all tasks have started
        for m in mods:
            self.parts(m, spec)
        self.round("")
        if self.inbox.handle:
            self.task("messages", self.inbox.run)

    def parts(self, m, spec):
        """Starts the tasks of one module."""
        if hasattr(m, "WorkerTask"):
            self.task("worker", lambda: self.worker(m.WorkerTask))
        if hasattr(m, "ManagementTask"):
            self.inbox.handle = False  # this task takes the messages
            self.task("management", lambda: self.management(m.ManagementTask))
        for name in spec.get("tasks", ("main",)):
            if hasattr(m, name):
                self.task(name, lambda f=getattr(m, name): self.plain(f))
        if hasattr(m, "start"):
            if self.mqtt is None:
                raise RuntimeError("start(mqtt, config) needs the agent on the board")
            self.task("start", lambda: self.plain(m.start, self.mqtt, self.fleet.config))

    def own_topics(self):
        if self._topics is None:
            from .topic import Topics

            self._topics = Topics(self)
        return self._topics

    def nap(self, s):
        """Lets the board sleep for s seconds. Returns the task that does; it ends with the board
        asleep."""
        if self.sleeping is None:
            from .nap import Nap

            self.sleeping = asyncio.create_task(self.keep("sleep", lambda: Nap(self).sleep(s)))
        return self.sleeping

    def round(self, name):
        """Counts a task that has finished its round between two sleeps. After the last one the
        board sleeps, if the app has an interval for that."""
        if name in _ALONGSIDE:
            return
        self.rounds -= 1
        if self.rounds == 0 and self.every.get("sleep"):
            self.nap(self.every["sleep"])

    def task(self, name, factory):
        self.restarts[name] = 0
        if name not in _ALONGSIDE:
            self.rounds += 1
        asyncio.create_task(self.keep(name, factory))

    async def keep(self, name, factory):
        """Runs factory(), and again after a growing pause if it fails."""
        wait = 1
        while True:
            t = time.ticks_ms()
            try:
                await factory()
                return self.round(name)
            except asyncio.CancelledError:
                raise
            except Exception as e:
                if time.ticks_diff(time.ticks_ms(), t) > _MOST_S * 1000:
                    wait = 1
                    self.fails[name] = 0
                self.failed(name, e)
            if self.fails[name] == _FAILS and self.every.get("sleep") and not self.trial:
                return self.round(name)  # saves the battery; the task starts again after the sleep
            self.waiting += 1
            await asyncio.sleep(wait)
            self.waiting -= 1
            wait = min(_MOST_S, wait * 2)

    def failed(self, name, e):
        text = traced(e)
        self.error = "%s: %s" % (name, text)
        self.restarts[name] = self.restarts.get(name, 0) + 1
        self.fails[name] = self.fails.get(name, 0) + 1
        self.failed_at = time.ticks_ms()
        if self.ag:
            self.ag.log.error(name, text)
            self.ag.guard.event("task", name=name, x=repr(e)[:100], n=self.restarts[name])
        else:
            print(self.error)
        if self.trial and self.fails[name] >= _FAILS:
            self.trial.fall(self.error)

    async def plain(self, f, *args):
        r = f(*args)
        return await r if hasattr(r, "send") else r

    async def worker(self, task):
        w = task()
        while True:
            r = await self.plain(w.call)
            if r:
                self.add("D", json.dumps(r))
            self.fails["worker"] = 0
            if self.every.get("sleep"):
                return
            await self.pause("worker")

    async def management(self, task):
        m = task()
        while True:
            if self.inbox.waiting:
                await self.inbox.answer(m.call)
            else:
                await self.plain(m.call, None)
                self.fails["management"] = 0
            await self.pause("management")

    async def pause(self, name):
        """Waits for the task's interval, even if it changes meanwhile. A message ends the wait of
        `management`."""
        t = time.ticks_ms()
        while True:
            left = self.every[name] * 1000 - time.ticks_diff(time.ticks_ms(), t)
            if left <= 0 or (name == "management" and self.inbox.waiting):
                return
            await asyncio.sleep_ms(min(200, int(left) + 1))
