"""The agent's heart: what it knows, and where the broker's messages go. Frames are dispatch.py's,
answers answer.py's; both are loaded when a host speaks, and unloaded when none has for a while."""

import gc

from .util import Clock, Lazy, load
from .wire import LinkLost

VERSION = "0.1.0"


class Agent(Lazy):
    more = "answer"

    def __init__(self, cfg, client, uid, log, sessions):
        self.client = client
        self.qos = cfg.get("qos", 1)
        self.mtu = client.size - 28  # a frame's header and tag
        self.clock = Clock()
        self.flows = {}  # (cid, reqid) -> open transfer; also ("g" + cid, id) for groups
        self.kept = []  # [cid, reqid, answer or None while it runs]
        self.jobs = []  # [session, reqid, generator, what, last sign of life]
        self.in_callback = False
        self.cfg = cfg
        self.uid = uid
        self.log = log
        self.root = cfg.get("root", "mpy")
        self.base = "%s/%s/" % (self.root, uid)
        self.win = cfg.get("win", 16)
        self.sessions = sessions  # see session.py
        self.bad = 0  # frames dropped
        self._warned = -1000
        self.run = self.guard = self.tasks = self.ota = self.flash = None
        self.puts = {}
        self.gets = []
        self.leave_as = None
        self.reports = []
        self.msg_cbs = []
        self.topics = {"cfg": None, "wd": None}  # leaf -> f(payload)

    def on_message(self, topic, mv, retained, qos, dup):
        """A message of the broker, whatever it is; never raises."""
        t = topic.decode().split("/") if len(topic) < 200 else ()
        try:
            if topic.startswith(self.base.encode()):
                leaf = t[self.base.count("/")]
                if leaf == "c" and not retained:
                    return load("dispatch").on_frame(self, t[-1], mv, False)
                f = self.topics.get(leaf)
                if f:
                    return f(mv)
            elif len(t) > 2 and t[-2] == "c" and topic.startswith(self.root.encode() + b"/"):
                if not retained:
                    load("dispatch").on_frame(self, t[-1], mv, True)
                return
            for cb in self.msg_cbs:
                cb(topic, bytes(mv), retained, qos, dup)
        except MemoryError:
            gc.collect()
            self.bad += 1
        except LinkLost:
            raise  # the client's to handle
        except Exception as e:
            self.bad += 1
            try:
                self.log.exc("agent", e)
            except MemoryError as m:
                self.log.lost(m)

    def state(self):
        """idle, exec, app or ota."""
        return "ota" if self.ota else self.run.state

    def handler(self, mod, fn):
        """A function of a module of this copy, imported when first needed."""
        return getattr(load(mod), fn)

    def work(self):
        """A turn for the jobs. True while there are any."""
        return len(self.jobs) > 0 and load("answer").turns(self)
