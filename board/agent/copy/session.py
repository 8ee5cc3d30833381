"""Who may do what: keys, sessions, counters (docs/protocol.md section 4)."""

import json
import os
from binascii import hexlify, unhexlify

from .frame import Fail, mac, pads, same

ROLES = ("viewer", "operator", "admin")
_WINDOW = 24
_TOP = 0x3FFFFFFF


class Session:
    """One host's conversation with this boot."""

    def __init__(self, cid, topic, role, keypads, now):
        self.cid = cid
        self.topic = topic
        self.role = role
        self.pads = keypads  # None in open mode
        self.t0 = now  # when HELLO came: deadlines count from here
        self.used = now
        self.out = 0  # counter of the last frame sent
        self.high = 1  # highest counter received, and a bit for each of those below it
        self.seen = 1
        self.hn = b""
        self.bn = b""

    def accept(self, n):
        """True the first time this counter comes and is not too old."""
        d = n - self.high
        if n < 1 or d < -_WINDOW:
            return False
        if d > 0:
            self.seen = ((self.seen << d) | 1) & 0x1FFFFFF if d <= _WINDOW else 1
            self.high = n
            return True
        if self.seen >> -d & 1:
            return False
        self.seen |= 1 << -d
        return True


class Sessions:
    """All sessions of this boot, at most `most`; the one unused for longest makes room."""

    def __init__(self, keys, mode, uid, root, most):
        self.mode = mode
        self.boot = os.urandom(4)
        self.nonce = os.urandom(16)
        self.boot_hex = hexlify(self.boot).decode()
        self.aux = self.boot[0] << 8 | self.boot[1]
        self.most = most
        self.base = ("%s/%s/r/" % (root, uid)).encode()
        self.keys = {}
        for role, k in keys.items():
            if role in ROLES and len(k) == 64:
                self.keys[role] = unhexlify(k)
        self.all = {}

    def get(self, cid):
        return self.all.get(cid)

    def hello(self, cid, head, payload, tag, now):
        """The session of a HELLO; Fail if it does not prove the key of the role it asks for."""
        j = json.loads(bytes(payload))
        hn = unhexlify(j["hn"])
        role = j.get("role", "")
        if j.get("boot") != self.boot_hex:
            raise Fail("ESTALE", "this board has started again since")
        if len(hn) != 16:
            raise Fail("EPROTO", "hn must have 16 bytes")
        key = self._check(cid, role, head, payload, tag)
        s = self.all.get(cid)
        if s and s.hn == hn:
            return s  # a repeated HELLO: same answer, counters as they are
        if s is None and len(self.all) >= self.most:
            del self.all[min(self.all.values(), key=lambda x: x.used).cid]
        level = 2 if self.mode == "open" else ROLES.index(role)
        s = Session(cid, self.base + cid.encode(), level, None, now)
        s.hn = hn
        s.bn = os.urandom(16)
        if key:
            s.pads = pads(mac(pads(key), b"MPY/1", self.nonce, s.bn, hn, cid.encode()))
        self.all[cid] = s
        return s

    def _check(self, cid, role, head, payload, tag):
        if self.mode == "open":
            if tag is not None:
                raise Fail("EAUTH", "this board is in open mode: frames carry no tag")
            return None
        key = self.keys.get(role)
        if key is None or tag is None:
            raise Fail("EAUTH", "no key for this role, or no tag")
        good = mac(pads(key), b"H", self.nonce, cid.encode(), head, payload)
        if not same(good[:12], tag):
            raise Fail("EAUTH", "wrong key")
        return key

    def verify(self, s, head, payload, tag, counter):
        """True: take the frame. False: a copy. Fail("EAUTH"): wrong tag or counters used up."""
        if (tag is None) != (s.pads is None):
            raise Fail("EAUTH", "frames must be signed" if tag is None else "not signed here")
        if tag is not None and not same(mac(s.pads, b"h", head, payload)[:12], tag):
            raise Fail("EAUTH", "wrong tag")
        if counter >= _TOP or s.out >= _TOP - 16:
            self.drop(s.cid)
            raise Fail("EAUTH", "counters used up: begin a new session")
        return s.accept(counter)

    def drop(self, cid):
        self.all.pop(cid, None)


def unseal(s, reqid, sealed):
    """Pads of the group key that PUT carries (section 8); None in open mode."""
    if s.pads is None:
        return None
    mask = mac(s.pads, b"group", reqid.to_bytes(4, "big"))
    gk = unhexlify(sealed)
    if len(gk) != 16:
        raise Fail("EPROTO", "group key must have 16 bytes")
    return pads(bytes(a ^ b for a, b in zip(gk, mask)))
