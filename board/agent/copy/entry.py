"""Opens, verifies and ends sessions, and checks their counters (docs/protocol.md section 4)."""

import json
import os
import sys
from binascii import unhexlify

from .frame import mac, pads, same
from .session import ROLES, part, role_key
from .util import Fail, Thing, load

_WINDOW = const(24)  # counters this far below the highest one are still accepted
_TOP = const(0x3FFFFFFF)  # the largest counter
_UNUSED_MS = const(60000)  # ms without a frame after which anyone may replace a session
_WAITING = const(4)  # sessions that wait for their first frame
_FIRST_MS = const(10000)  # ms that they may wait while another one needs the slot


def _session(cid, topic, role, now):
    """One host's conversation with this boot."""
    s = Thing()
    s.cid = cid
    s.topic = topic
    s.name, s.role = role
    s.pads = None  # None in open mode
    s.t0 = now  # when HELLO arrived: deadlines count from here
    s.used = now
    s.out = 0  # counter of the last frame sent
    s.high = 1  # highest counter received, and a bit for each of those below it
    s.seen = 1
    s.hn = b""
    s.bn = b""
    s.asked = False  # the host wants encrypted payloads, and this board supports them
    s.enc = None  # the keys for encryption, from the session's first frame on
    return s


def _accept(s, n):
    """Returns True the first time that this counter arrives, unless it is too old."""
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
    """Returns the session of a HELLO. Raises Fail unless it proves the key of the
    requested role."""
    j = json.loads(bytes(payload))
    hn = unhexlify(j["hn"])
    role = j.get("role", "")
    if j.get("boot") != ss.boot_hex:
        raise Fail("ESTALE", "this board has started again since")
    if len(hn) != 16:
        raise Fail("EPROTO", "hn must have 16 bytes")
    key = _check(ss, cid, role, head, payload, tag)
    who = (role, ROLES.index(role.split(":")[0])) if key else ("", 2)
    for s in ss.all + ss.new:
        if s.cid == cid and s.hn == hn and s.name == who[0]:
            return s  # a repeated HELLO: same answer, unchanged counters
    ck = _room(ss, j.get("ck"), now)
    s = _session(cid, ss.base + cid.encode(), who, now)
    s.ck = ck
    s.hn = hn
    s.bn = os.urandom(16)
    if key:
        who = ss.uid, part(role), part(cid)
        s.pads = pads(mac(key, b"MPY/2 S", *who, ss.nonce, s.bn, hn))
        try:
            s.asked = j.get("enc") == 1 and load("crypt") is not None
        except ImportError:
            pass  # this firmware has no AES, and the answer says so
    ss.new.append(s)
    return s


def _room(ss, ck, now):
    """Frees a slot for a session that waits for its first frame. Copied HELLOs can fill all slots,
    so the board then issues a number. Returns True if this HELLO repeats it in `ck`: it cannot be
    a copy."""
    ck, n = ck == ss.ck, ss.ck
    if len(ss.new) >= _WAITING:
        old = [s for s in ss.new if now - s.t0 > _FIRST_MS]
        if not old and not ck:
            raise Fail("EBUSY", "say HELLO again with this ck", ck=n)
        ss.new.remove(min(old or ss.new, key=lambda s: (s.ck, s.t0)))
    ss.ck += ck
    return ck


def _check(ss, cid, role, head, payload, tag):
    if ss.mode == "open":
        if tag is not None:
            raise Fail("EAUTH", "this board is in open mode: frames carry no tag")
        return None
    key = role_key(ss, role)
    if key is None or tag is None:
        raise Fail("EAUTH", "no key for this role, or no tag")
    good = mac(key, b"MPY/2 H", ss.uid, part(role), part(cid), ss.nonce, head, payload)
    if not same(good[:12], tag):
        raise Fail("EAUTH", "wrong key")
    return key


def find(ag, cid, head, payload, tag):
    """Returns the session that signed the frame. A new session takes effect with its first frame,
    because a HELLO alone may be a copy. Raises ESTALE if there is no session, and EAUTH if none
    has signed it."""
    ss = ag.sessions
    why = "ESTALE"
    for s in ss.all + ss.new[::-1]:
        if s.cid == cid:
            why = "EAUTH"
            if (tag is None) == (s.pads is None) and (
                tag is None or same(mac(s.pads, b"h", head, payload)[:12], tag)
            ):
                return s if s in ss.all else _enter(ag, s)
    raise Fail(why, "no session of this boot has signed this")


def _enter(ag, s):
    """Activates a session. With the same cid and key it continues current work as the same object,
    which owns the transfers and results."""
    ss = ag.sessions
    s.enc = load("crypt").keys(s.pads) if s.asked else None
    ss.new = [x for x in ss.new if x is not s]
    mine = ss.all + [f.s for f in ag.flows.values()] + [k[0] for k in ag.kept]
    for x in mine + [j[0] for j in ag.jobs]:
        if x.cid == s.cid and x.name == s.name:
            x.pads, x.hn, x.bn, x.t0 = s.pads, s.hn, s.bn, s.t0
            x.out, x.high, x.seen = s.out, s.high, s.seen
            x.asked, x.enc = s.asked, s.enc
            s = x
            break
    if s not in ss.all:
        if len(ss.all) >= ss.most:
            # a session with more rights is replaced only when idle
            now = ag.clock.ms()
            old = [x for x in ss.all if x.role <= s.role or now - x.used > _UNUSED_MS]
            if not old:
                raise Fail("EBUSY", "too many computers with more rights")
            ss.all.remove(min(old, key=lambda x: x.used))
        ss.all.append(s)
    return s


def fresh(ss, s, counter):
    """Returns True to accept the frame, False for a copy. Raises EAUTH if the counters are used
    up."""
    if counter >= _TOP or s.out >= _TOP - 16:
        ss.all.remove(s)
        raise Fail("EAUTH", "counters used up: begin a new session")
    return _accept(s, counter)


def admins(s):
    """Raises Fail if the session has another role."""
    if s.role < 2:
        raise Fail("EROLE", "this key's role may not do that")


def unseal(s, reqid, sealed):
    """Returns the HMAC pads of the group key in PUT (section 8); None in open mode."""
    if s.pads is None:
        return None
    mask = mac(s.pads, b"group", reqid.to_bytes(4, "big"))
    gk = unhexlify(sealed)
    if len(gk) != 16:
        raise Fail("EPROTO", "group key must have 16 bytes")
    return pads(bytes(a ^ b for a, b in zip(gk, mask)))


def opened(s, reqid, sealed):
    """Decrypts the text of a request that is sealed for this session (section 10)."""
    if s.pads is None:
        raise Fail("EINVAL", "a board in open mode gets keys and passwords over the cable only")
    b = unhexlify(sealed)
    out = b""
    n = reqid.to_bytes(4, "big")
    for i in range(0, len(b), 32):
        mask = mac(s.pads, b"cfg", n, i.to_bytes(4, "big"))
        out += bytes(x ^ y for x, y in zip(b[i : i + 32], mask))
    return out.decode()


def deployed():
    """Returns the supervisor of the app that was deployed to this board."""
    if "fleet" not in sys.modules:
        raise Fail("ENOSYS", "no app was deployed to this board")
    return sys.modules["fleet"]
