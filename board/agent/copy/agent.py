"""The agent's heart: takes frames, finds who may do what, calls handlers, answers
(docs/protocol.md).

Everything here is synchronous and may run inside a socket's callback, so that it goes on while the
user's code keeps the interpreter busy. What takes long is a generator in `jobs`."""

import gc
import json
import sys
from binascii import hexlify

from . import frame
from .answer import Answers
from .frame import F_ACKREQ, F_MAC, HEAD, TAG, Fail
from .session import ROLES, Sessions
from .wire import LinkLost

VERSION = "0.1.0"
# op: (role needed, remembered: never run twice, module, function)
OPS = {
    0x02: (0, 0, "ops", "ping"),
    0x03: (0, 0, "ops", "bye"),
    0x10: (2, 1, "runops", "op_exec"),
    0x11: (1, 0, "runops", "op_stdin"),
    0x12: (1, 0, "runops", "op_intr"),
    0x14: (2, 0, "ops", "complete"),
    0x20: (2, 1, "put", "op_put"),
    0x26: (1, 0, "get", "op_get"),
    0x30: (0, 0, "files", "stat"),
    0x31: (0, 0, "files", "list_"),
    0x32: (0, 0, "files", "hash_"),
    0x33: (2, 1, "files", "mkdir"),
    0x34: (2, 1, "files", "rm"),
    0x35: (2, 1, "files", "mv"),
    0x36: (0, 0, "files", "statfs"),
    0x40: (1, 1, "ops", "reset"),
    0x41: (1, 1, "ops", "time_"),
    0x42: (2, 1, "cfg", "op_cfg"),
    0x43: (0, 0, "log", "op_logget"),
    0x44: (1, 1, "runops", "op_app"),
    0x45: (2, 1, "ota", "op_ota"),
}
_STREAM = (0x21, 0x22, 0x23, 0x24, 0x25)  # DATA ACK NAK END CANCEL: for an open request
_PLAIN = (0x02, 0x03, 0x11, 0x12)  # the payload is bytes, not JSON


class _Nobody:
    """To whom an unsigned answer goes: there is no session."""

    cid = pads = None
    out = 0

    def __init__(self, topic):
        self.topic = topic


def _parse(op, p):
    """(JSON object, bytes after it) of a request's payload."""
    body = b""
    if op == 0x10:
        n = p[0] << 8 | p[1]
        p, body = p[2 : 2 + n], p[2 + n :]
    j = json.loads(bytes(p)) if len(p) else {}
    if not isinstance(j, dict):
        raise ValueError("a JSON object is expected")
    return j, body


class Agent(Answers):
    def __init__(self, cfg, client, uid, log):
        super().__init__(client, cfg.get("qos", 1))
        self.cfg = cfg
        self.uid = uid
        self.log = log
        root = cfg.get("root", "mpy")
        self.root = root
        self.base = "%s/%s/" % (root, uid)
        self.win = cfg.get("win", 16)
        self.sessions = Sessions(
            cfg.get("keys", {}), cfg.get("mode", "signed"), uid, root, cfg.get("sessions", 4)
        )
        self.bad = 0  # frames dropped
        self._warned = -1000
        self.run = None  # run.Runner
        self.guard = None
        self.msg_cbs = []
        self.topics = {"cfg": None, "wd": None}  # leaf -> f(payload)

    # Receiving

    def on_message(self, topic, mv, retained, qos, dup):
        """A message of the broker, whatever it is; never raises."""
        t = topic.decode().split("/") if len(topic) < 200 else ()
        try:
            if topic.startswith(self.base.encode()):
                leaf = t[self.base.count("/")]
                if leaf == "c" and not retained:
                    return self.on_frame(t[-1], mv, False)
                f = self.topics.get(leaf)
                if f:
                    return f(mv)
            elif len(t) > 2 and t[-2] == "c" and topic.startswith(self.root.encode() + b"/"):
                if not retained:
                    self.on_frame(t[-1], mv, True)
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
            self.log.exc("agent", e)

    def on_frame(self, cid, mv, group):
        n = len(mv)
        if n < HEAD or not 8 <= len(cid) <= 16:
            self.bad += 1
            return
        ver, flags, op, aux, r, ctr, off = frame.unpack(mv)
        end = n - TAG if flags & F_MAC else n
        if end < HEAD or end - HEAD > self.mtu or max(r, ctr, off) > 0x3FFFFFFF:
            self.bad += 1
            return
        head, p, tag = mv[:HEAD], mv[HEAD:end], mv[end:] if flags & F_MAC else None
        if group:
            return self._group(cid, op, r, off, flags, head, p, tag)
        s = self.sessions.get(cid)
        try:
            if op == 1:
                return self._hello(cid, aux, r, ctr, head, p, tag)
            if s is None or aux != self.sessions.aux:
                raise Fail("ESTALE", "no such session in this boot")
            if not self.sessions.verify(s, head, p, tag, ctr):
                self.bad += 1
                return
        except Fail as e:
            return self._refuse(cid, r, e)
        s.used = self.clock.ms()
        if ver != frame.VERSION or op not in OPS and op not in _STREAM:
            self.error(s, r, Fail("EPROTO", "unknown version or operation", v=[1]))
        elif op in _STREAM:
            self._stream(s, op, r, off, flags, p)
        else:
            self._request(s, op, r, off, p)

    def _group(self, cid, op, r, off, flags, head, p, tag):
        f = self.flows.get(("g" + cid, r))
        if f is None or op != 0x21:
            return
        good = f.gpads and frame.mac(f.gpads, b"g", head, p)[:12]
        if good and (tag is None or not frame.same(good, tag)):
            self.bad += 1
            return
        self._guarded(f.s, f.r, lambda: f.on_group(off, p, flags & F_ACKREQ))

    def _hello(self, cid, aux, r, ctr, head, p, tag):
        try:
            s = self.sessions.hello(cid, head, p, tag, self.clock.ms())
        except (ValueError, KeyError, TypeError) as e:
            raise Fail("EPROTO", repr(e)[:80])
        s.used = self.clock.ms()
        d = {"bn": hexlify(s.bn).decode(), "role": ROLES[s.role], "mtu": self.mtu}
        d.update(win=self.win, state=self.state(), boot=self.sessions.boot_hex)
        d["log"] = {"s": self.log.next}
        self.send(s, 0x70, r, json.dumps(d).encode())

    def _refuse(self, cid, r, e):
        """Unsigned advice, once a second at most for a wrong tag."""
        self.bad += 1
        now = self.clock.ms()
        if e.code == "EAUTH":
            if now - self._warned < 1000:
                return
            self._warned = now
            self.log.warning("agent", "refused a frame from %s: %s" % (cid, e.text))
        s = _Nobody(self.sessions.base + cid.encode())
        self.error(s, r, e)

    def _request(self, s, op, r, off, p):
        role, kept, mod, fn = OPS[op]
        if kept:
            for k in self.kept:
                if k[1] == r and k[0] == s.cid:
                    return self._again(s, k)

        def work():
            if s.role < role:
                raise Fail("EROLE", "this key's role may not do that")
            j, body = ({"o": off}, p) if op in _PLAIN else _parse(op, p)
            if self.clock.ms() - s.t0 > j.get("dl", 1 << 60):
                raise Fail("ETIMEOUT", "the request came after its time")
            if kept and (op != 0x41 or "t" in j):
                self._keep(s.cid, r)
            a = self.handler(mod, fn)(self, s, r, j, body)
            if a is not None:
                self.finish(s, r, a)

        self._guarded(s, r, work)

    def state(self):
        """idle, exec, app or ota."""
        return "ota" if self.ota else self.run.state

    def handler(self, mod, fn):
        """A function of a module of this copy, imported when first needed."""
        name = __name__[: __name__.rindex(".") + 1] + mod
        if name not in sys.modules:
            __import__(name)
        return getattr(sys.modules[name], fn)

    def unload(self, mod):
        """Gives the memory of a module back that nothing holds on to."""
        pkg = __name__[: __name__.rindex(".")]
        sys.modules.pop(pkg + "." + mod, None)
        if hasattr(sys.modules[pkg], mod):
            delattr(sys.modules[pkg], mod)

    def _guarded(self, s, r, work):
        try:
            work()
        except LinkLost:
            raise
        except Exception as e:
            self.error(s, r, e)

    def _stream(self, s, op, r, off, flags, p):
        f = self.flows.get((s.cid, r))
        if f is None:
            for k in self.kept:
                if k[1] == r and k[0] == s.cid and op not in (0x22, 0x23):
                    return self._again(s, k)
            if op not in (0x22, 0x23, 0x25):
                self.error(s, r, Fail("ESTALE", "no such transfer"))
            return
        self._guarded(s, r, lambda: f.on_stream(op, off, p, flags & F_ACKREQ))
