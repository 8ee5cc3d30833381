"""Who may do what: keys, sessions, counters (docs/protocol.md section 4). `ss` is the Agent's
`sessions`: all of this boot, at most `most`; the one unused for longest makes room."""

import json
import os
from binascii import hexlify, unhexlify

from .frame import mac, pads, same
from .util import Fail, Thing

ROLES = ("viewer", "operator", "admin")
_WINDOW = const(24)
_TOP = const(0x3FFFFFFF)


def make(keys, mode, uid, root, most):
    """The `ss` of a fresh boot."""
    ss = Thing()
    ss.mode = mode
    ss.boot = os.urandom(4)
    ss.nonce = os.urandom(16)
    ss.boot_hex = hexlify(ss.boot).decode()
    ss.aux = ss.boot[0] << 8 | ss.boot[1]
    ss.most = most
    ss.base = ("%s/%s/r/" % (root, uid)).encode()
    ss.keys = {}
    for role, k in keys.items():
        if role in ROLES and len(k) == 64:
            ss.keys[role] = unhexlify(k)
    ss.all = {}
    return ss


def _session(cid, topic, role, now):
    """One host's conversation with this boot."""
    s = Thing()
    s.cid = cid
    s.topic = topic
    s.role = role
    s.pads = None  # None in open mode
    s.t0 = now  # when HELLO came: deadlines count from here
    s.used = now
    s.out = 0  # counter of the last frame sent
    s.high = 1  # highest counter received, and a bit for each of those below it
    s.seen = 1
    s.hn = b""
    s.bn = b""
    return s


def _accept(s, n):
    """True the first time this counter comes and is not too old."""
    d = n - s.high
    if n < 1 or d < -_WINDOW:
        return False
    if d > 0:
        s.seen = ((s.seen << d) | 1) & 0x1FFFFFF if d <= _WINDOW else 1
        s.high = n
        return True
    if s.seen >> -d & 1:
        return False
    s.seen |= 1 << -d
    return True


def hello(ss, cid, head, payload, tag, now):
    """The session of a HELLO; Fail if it does not prove the key of the role it asks for."""
    j = json.loads(bytes(payload))
    hn = unhexlify(j["hn"])
    role = j.get("role", "")
    if j.get("boot") != ss.boot_hex:
        raise Fail("ESTALE", "this board has started again since")
    if len(hn) != 16:
        raise Fail("EPROTO", "hn must have 16 bytes")
    key = _check(ss, cid, role, head, payload, tag)
    s = ss.all.get(cid)
    if s and s.hn == hn:
        return s  # a repeated HELLO: same answer, counters as they are
    if s is None and len(ss.all) >= ss.most:
        del ss.all[min(ss.all.values(), key=lambda x: x.used).cid]
    level = 2 if ss.mode == "open" else ROLES.index(role)
    s = _session(cid, ss.base + cid.encode(), level, now)
    s.hn = hn
    s.bn = os.urandom(16)
    if key:
        s.pads = pads(mac(pads(key), b"MPY/1", ss.nonce, s.bn, hn, cid.encode()))
    ss.all[cid] = s
    return s


def _check(ss, cid, role, head, payload, tag):
    if ss.mode == "open":
        if tag is not None:
            raise Fail("EAUTH", "this board is in open mode: frames carry no tag")
        return None
    key = ss.keys.get(role)
    if key is None or tag is None:
        raise Fail("EAUTH", "no key for this role, or no tag")
    good = mac(pads(key), b"H", ss.nonce, cid.encode(), head, payload)
    if not same(good[:12], tag):
        raise Fail("EAUTH", "wrong key")
    return key


def verify(ss, s, head, payload, tag, counter):
    """True: take the frame. False: a copy. Fail("EAUTH"): wrong tag or counters used up."""
    if (tag is None) != (s.pads is None):
        raise Fail("EAUTH", "frames must be signed" if tag is None else "not signed here")
    if tag is not None and not same(mac(s.pads, b"h", head, payload)[:12], tag):
        raise Fail("EAUTH", "wrong tag")
    if counter >= _TOP or s.out >= _TOP - 16:
        ss.all.pop(s.cid, None)
        raise Fail("EAUTH", "counters used up: begin a new session")
    return _accept(s, counter)


def unseal(s, reqid, sealed):
    """Pads of the group key that PUT carries (section 8); None in open mode."""
    if s.pads is None:
        return None
    mask = mac(s.pads, b"group", reqid.to_bytes(4, "big"))
    gk = unhexlify(sealed)
    if len(gk) != 16:
        raise Fail("EPROTO", "group key must have 16 bytes")
    return pads(bytes(a ^ b for a, b in zip(gk, mask)))
