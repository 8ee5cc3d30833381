"""The agent's heart: what it knows, and where the broker's messages go. Frames are dispatch.py's,
answers answer.py's; both are loaded when a host speaks, and unloaded when none has for a while."""

import gc

from .util import Lazy, load
from .wire import LinkLost

VERSION = "0.1.0"


class Agent(Lazy):
    """setup.py says what it holds."""

    more = "answer"

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
