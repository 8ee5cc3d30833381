"""Checks frames, finds out who may do what and calls the handlers (docs/protocol.md). Loaded when
a frame arrives.

Everything here is synchronous and may run inside a socket's callback, so that the agent answers
while the user's code keeps the interpreter busy. Long work is a generator in `ag.jobs`.

Names of parameters stay in the board's memory, so all modules use the same short ones: `ag` the
Agent, `s` a session, `r` a request's id, `p` a payload, `off` an offset in bytes, `f` an open
transfer in `ag.flows`, `c` the MQTT client."""

import json
import sys
from binascii import hexlify

from . import entry, frame
from .agent import VERSION
from .frame import F_ACKREQ, F_MAC, HEAD, TAG
from .session import ROLES
from .util import HOME, Fail, load
from .wire import LinkLost

# Operations (docs/protocol.md section 5). A const whose name begins with _ takes no memory.
_OP_HELLO = const(0x01)
_OP_PING = const(0x02)
_OP_BYE = const(0x03)
_OP_EXEC = const(0x10)
_OP_STDIN = const(0x11)
_OP_INTR = const(0x12)
_OP_COMPLETE = const(0x14)
_OP_PUT = const(0x20)
_OP_DATA = const(0x21)
_OP_ACK = const(0x22)
_OP_NAK = const(0x23)
_OP_END = const(0x24)
_OP_CANCEL = const(0x25)
_OP_GET = const(0x26)
_OP_STAT = const(0x30)
_OP_LIST = const(0x31)
_OP_HASH = const(0x32)
_OP_MKDIR = const(0x33)
_OP_RM = const(0x34)
_OP_MV = const(0x35)
_OP_STATFS = const(0x36)
_OP_RESET = const(0x40)
_OP_TIME = const(0x41)
_OP_CFG = const(0x42)
_OP_LOGGET = const(0x43)
_OP_APP = const(0x44)
_OP_OTA = const(0x45)
_OP_OK = const(0x70)
# Positions in a kept result (setup.py).
_SESSION = const(0)
_REQUEST = const(1)

# Roles, as in session.ROLES.
_VIEWER = const(0)
_OPERATOR = const(1)
_ADMIN = const(2)

# op: (least role, 1 if it must not run twice and its answer is kept, module, function)
OPS = {
    _OP_PING: (_VIEWER, 0, "ops", "ping"),
    _OP_BYE: (_VIEWER, 0, "ops", "bye"),
    _OP_EXEC: (_ADMIN, 1, "runops", "op_exec"),
    _OP_STDIN: (_OPERATOR, 0, "runops", "op_stdin"),
    _OP_INTR: (_OPERATOR, 0, "runops", "op_intr"),
    _OP_COMPLETE: (_ADMIN, 0, "ops", "complete"),
    _OP_PUT: (_ADMIN, 1, "put", "op_put"),
    _OP_GET: (_OPERATOR, 0, "get", "op_get"),
    _OP_STAT: (_VIEWER, 0, "files", "stat"),
    _OP_LIST: (_VIEWER, 0, "files", "list_"),
    _OP_HASH: (_VIEWER, 0, "files", "hash_"),
    _OP_MKDIR: (_ADMIN, 1, "files", "mkdir"),
    _OP_RM: (_ADMIN, 1, "files", "rm"),
    _OP_MV: (_ADMIN, 1, "files", "mv"),
    _OP_STATFS: (_VIEWER, 0, "files", "statfs"),
    _OP_RESET: (_OPERATOR, 1, "ops", "reset"),
    _OP_TIME: (_OPERATOR, 1, "ops", "time_"),
    _OP_CFG: (_ADMIN, 1, "cfg", "op_cfg"),
    _OP_LOGGET: (_VIEWER, 0, "batch", "op_logget"),
    _OP_APP: (_OPERATOR, 1, "runops", "op_app"),
    _OP_OTA: (_ADMIN, 1, "ota", "op_ota"),
}
# Operations that belong to a request that is already open.
_STREAM = (_OP_DATA, _OP_ACK, _OP_NAK, _OP_END, _OP_CANCEL)
# Operations whose payload is bytes, not JSON.
_PLAIN = (_OP_PING, _OP_BYE, _OP_STDIN, _OP_INTR)


class _Nobody:
    """Placeholder for the session in an unsigned answer."""

    cid = pads = enc = None
    out = 0

    def __init__(self, topic):
        self.topic = topic


def _parse(op, p):
    """Splits a request's payload into its JSON object and the bytes after it."""
    body = b""
    if op == _OP_EXEC:
        n = p[0] << 8 | p[1]
        p, body = p[2 : 2 + n], p[2 + n :]
    j = json.loads(bytes(p)) if len(p) else {}
    if not isinstance(j, dict):
        raise ValueError("a JSON object is expected")
    return j, body


def on_frame(ag, cid, mv, group):
    n = len(mv)
    if n < HEAD or not 8 <= len(cid) <= 16:
        ag.bad += 1
        return
    ver, flags, op, aux, r, ctr, off = frame.unpack(mv)
    end = n - TAG if flags & F_MAC else n
    if end < HEAD or end - HEAD > ag.mtu or max(r, ctr, off) > 0x3FFFFFFF:
        ag.bad += 1
        return
    head, p, tag = mv[:HEAD], mv[HEAD:end], mv[end:] if flags & F_MAC else None
    if group:
        return _group(ag, cid, op, r, off, flags, head, p, tag)
    try:
        if op == _OP_HELLO:
            if ver != frame.VERSION:
                raise Fail("EPROTO", "this board speaks another version", v=[2])
            return _hello(ag, cid, r, head, p, tag)
        if aux != ag.sessions.aux:
            raise Fail("ESTALE", "no such session in this boot")
        s = entry.find(ag, cid, head, p, tag)
        if not entry.fresh(ag.sessions, s, ctr):
            ag.bad += 1
            return
        if s.enc and len(p):
            load("crypt").decrypt(s.enc[1], head, p)
    except Fail as e:
        return _refuse(ag, cid, r, e)
    s.used = ag.clock.ms()
    if ver != frame.VERSION or op not in OPS and op not in _STREAM:
        ag.error(s, r, Fail("EPROTO", "unknown version or operation", v=[2]))
    elif op in _STREAM:
        _stream(ag, s, op, r, off, flags, p)
    else:
        _request(ag, s, op, r, off, p)


def _group(ag, cid, op, r, off, flags, head, p, tag):
    f = ag.flows.get(("g" + cid, r))
    if f is None or op != _OP_DATA:
        return
    good = f.gpads and frame.mac(f.gpads, b"g", head, p)[:12]
    if good and (tag is None or not frame.same(good, tag)):
        ag.bad += 1
        return
    if f.enc:
        load("crypt").decrypt(f.enc, head, p)
    _guarded(ag, f.s, f.r, lambda: f.on_group(off, p, flags & F_ACKREQ))


def _hello(ag, cid, r, head, p, tag):
    try:
        s = entry.hello(ag.sessions, cid, head, p, tag, ag.clock.ms())
    except (ValueError, KeyError, TypeError) as e:
        raise Fail("EPROTO", repr(e)[:80])
    s.used = ag.clock.ms()
    d = {"bn": hexlify(s.bn).decode(), "role": ROLES[s.role], "mtu": ag.mtu}
    d.update(win=ag.win, state=ag.state(), boot=ag.sessions.boot_hex, agent=VERSION)
    d["slot"], d["caps"] = ag.guard.boot.get("run", ""), load("telling").caps(ag)
    d["mpy"] = getattr(sys.implementation, "_mpy", 0)
    if s.asked:
        d["enc"] = 1
    if HOME:
        d["home"] = HOME
    ag.send(s, _OP_OK, r, json.dumps(d).encode())


def _refuse(ag, cid, r, e):
    """Sends an unsigned error. Anyone can provoke it, so it is limited to one in 100 ms, EAUTH to
    one a second. EBUSY answers a frame that a key has signed, so it is not limited."""
    ag.bad += 1
    now = ag.clock.ms()
    if e.code != "EBUSY":
        if now - ag._warned < (1000 if e.code == "EAUTH" else 100):
            return
        ag._warned = now
    s = _Nobody(ag.sessions.base + cid.encode())
    ag.error(s, r, e)


def _request(ag, s, op, r, off, p):
    role, kept, mod, fn = OPS[op]

    def work():
        if s.role < role:
            raise Fail("EROLE", "this key's role may not do that")
        if kept:
            for k in ag.kept:
                if k[_REQUEST] == r and k[_SESSION] is s:
                    return ag.again(s, k)
        j, body = ({"o": off}, p) if op in _PLAIN else _parse(op, p)
        if ag.clock.ms() - s.t0 > j.get("dl", 1 << 60):
            raise Fail("ETIMEOUT", "the request came after its time")
        if kept and (op != _OP_TIME or "t" in j):  # reading the clock may run twice
            ag.keep(s, r)
        a = getattr(load(mod), fn)(ag, s, r, j, body)
        if a is not None:
            ag.finish(s, r, a)

    _guarded(ag, s, r, work)


def _guarded(ag, s, r, work):
    try:
        work()
    except LinkLost:
        raise
    except Exception as e:
        ag.error(s, r, e)


def _stream(ag, s, op, r, off, flags, p):
    f = ag.flows.get((s, r))
    if f is None:
        for k in ag.kept:
            if k[_REQUEST] == r and k[_SESSION] is s and op not in (_OP_ACK, _OP_NAK):
                return ag.again(s, k)
        if op not in (_OP_ACK, _OP_NAK, _OP_CANCEL):
            ag.error(s, r, Fail("ESTALE", "no such transfer"))
        return
    _guarded(ag, s, r, lambda: f.on_stream(op, off, p, flags & F_ACKREQ))
