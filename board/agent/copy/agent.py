"""The central object: it holds the agent's state and passes on the broker's messages. dispatch.py
handles frames, answer.py sends answers; both are loaded when a host talks to the board and
unloaded after a while of silence."""

import gc

from .util import Lazy, load
from .wire import LinkLost

VERSION = "0.6.0"


class Agent(Lazy):
    """The agent's state. setup.py sets the attributes, once, so that their setting takes no
    memory:

    client: the MQTT client; clock: milliseconds since the start; cfg: config.json; uid: the
    board's id; root, base: beginnings of its topics; qos, mtu, win: limits of frames; log: Log;
    sessions: session.py; flows: open transfers by (session, request id); kept: results of requests
    that must not run twice; jobs: long requests; run: Runner; guard: Guard; tasks: modules of the
    board's owner; ota: an update of the firmware, or None; puts, gets: open uploads and downloads;
    bad: frames dropped; topics: functions by the last part of a topic; msg_cbs: the owner's
    callbacks; reports: results of new configurations, to be sent; leave_as, leave_at: how and when
    to restart; in_callback: a frame is handled inside a socket's callback. Its other methods are
    in answer.py."""

    more = "answer"

    def on_message(self, topic, mv, retained, qos, dup):
        """Handles any message of the broker. Raises nothing but LinkLost. Messages without a valid
        signature are only counted, because log records of them would displace important ones."""
        try:
            if len(topic) > 199:
                raise UnicodeError
            t = topic.decode().split("/")
            if topic.startswith(self.base.encode()):
                leaf = t[self.base.count("/")]
                if leaf == "c" and not retained:
                    return load("dispatch").on_frame(self, t[-1], mv, False)
                if leaf == "cfg":
                    return load("cfg").desired(self, mv)
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
            raise  # the client handles it
        except UnicodeError:
            self.bad += 1
        except Exception as e:
            self.bad += 1
            try:
                self.log.exc("agent", e)
            except MemoryError as m:
                self.log.lost(m)

    def state(self):
        """Returns idle, exec, app or ota."""
        return "ota" if self.ota else self.run.state

    def work(self):
        """Gives each job a turn. Returns True while there are jobs."""
        return len(self.jobs) > 0 and load("answer").turns(self)
