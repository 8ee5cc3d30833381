"""Takes frames, finds who may do what, calls handlers (docs/protocol.md). Loaded when a frame
comes.

Everything here is synchronous and may run inside a socket's callback, so that it goes on while the
user's code keeps the interpreter busy. What takes long is a generator in `jobs`."""

import json
from binascii import hexlify

from . import frame, session
from .frame import F_ACKREQ, F_MAC, HEAD, TAG
from .session import ROLES
from .util import Fail, load
from .wire import LinkLost

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
    0x43: (0, 0, "batch", "op_logget"),
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
    s = ag.sessions.all.get(cid)
    try:
        if op == 1:
            return _hello(ag, cid, aux, r, ctr, head, p, tag)
        if s is None or aux != ag.sessions.aux:
            raise Fail("ESTALE", "no such session in this boot")
        if not session.verify(ag.sessions, s, head, p, tag, ctr):
            ag.bad += 1
            return
    except Fail as e:
        return _refuse(ag, cid, r, e)
    s.used = ag.clock.ms()
    if ver != frame.VERSION or op not in OPS and op not in _STREAM:
        ag.error(s, r, Fail("EPROTO", "unknown version or operation", v=[1]))
    elif op in _STREAM:
        _stream(ag, s, op, r, off, flags, p)
    else:
        _request(ag, s, op, r, off, p)


def _group(ag, cid, op, r, off, flags, head, p, tag):
    f = ag.flows.get(("g" + cid, r))
    if f is None or op != 0x21:
        return
    good = f.gpads and frame.mac(f.gpads, b"g", head, p)[:12]
    if good and (tag is None or not frame.same(good, tag)):
        ag.bad += 1
        return
    _guarded(ag, f.s, f.r, lambda: f.on_group(off, p, flags & F_ACKREQ))


def _hello(ag, cid, aux, r, ctr, head, p, tag):
    try:
        s = session.hello(ag.sessions, cid, head, p, tag, ag.clock.ms())
    except (ValueError, KeyError, TypeError) as e:
        raise Fail("EPROTO", repr(e)[:80])
    s.used = ag.clock.ms()
    d = {"bn": hexlify(s.bn).decode(), "role": ROLES[s.role], "mtu": ag.mtu}
    d.update(win=ag.win, state=ag.state(), boot=ag.sessions.boot_hex)
    d["log"] = {"s": ag.log.next}
    ag.send(s, 0x70, r, json.dumps(d).encode())


def _refuse(ag, cid, r, e):
    """Unsigned advice, once a second at most for a wrong tag."""
    ag.bad += 1
    now = ag.clock.ms()
    if e.code == "EAUTH":
        if now - ag._warned < 1000:
            return
        ag._warned = now
        ag.log.warning("agent", "refused a frame from %s: %s" % (cid, e.text))
    s = _Nobody(ag.sessions.base + cid.encode())
    ag.error(s, r, e)


def _request(ag, s, op, r, off, p):
    role, kept, mod, fn = OPS[op]
    if kept:
        for k in ag.kept:
            if k[1] == r and k[0] == s.cid:
                return ag.again(s, k)

    def work():
        if s.role < role:
            raise Fail("EROLE", "this key's role may not do that")
        j, body = ({"o": off}, p) if op in _PLAIN else _parse(op, p)
        if ag.clock.ms() - s.t0 > j.get("dl", 1 << 60):
            raise Fail("ETIMEOUT", "the request came after its time")
        if kept and (op != 0x41 or "t" in j):
            ag.keep(s.cid, r)
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
    f = ag.flows.get((s.cid, r))
    if f is None:
        for k in ag.kept:
            if k[1] == r and k[0] == s.cid and op not in (0x22, 0x23):
                return ag.again(s, k)
        if op not in (0x22, 0x23, 0x25):
            ag.error(s, r, Fail("ESTALE", "no such transfer"))
        return
    _guarded(ag, s, r, lambda: f.on_stream(op, off, p, flags & F_ACKREQ))
