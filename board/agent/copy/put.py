"""Content coming in: by offset, with credit, repaired, verified by reading back (docs/protocol.md
7, 8)."""

import os
import random
import time

from .paths import check_path, parent
from .session import unseal
from .store import inflate, make_parents, remove, replace, sha_file
from .util import Fail

_MOST = 4  # transfers open or kept for resuming
_BUSY_MS = 15000  # a transfer that moved within this time keeps its path
_SPARE = 8192
_NAK_MS = 1000


class Inflow:
    """Bytes in order from a host. A subclass says where they go: take(mv), and end() at END."""

    gpads = None
    gid = None

    def __init__(self, ag, s, r, total):
        self.ag, self.s, self.r, self.total = ag, s, r, total
        self.off = 0
        self.since = 0  # frames since the last ACK
        self.nak_at = -1
        self.nak_t = self.moved = time.ticks_ms()
        ag.flows[(s.cid, r)] = self

    def greet(self):
        self.since = 0
        self.ag.send(self.s, 0x22, self.r, b"", self.off, self.ag.win)

    def close(self):
        self.ag.flows.pop((self.s.cid, self.r), None)
        self.ag.flows.pop(("g" + self.s.cid, self.gid), None)

    def on_stream(self, op, off, p, ack):
        if op == 0x21:
            if self.feed(off, p) and (ack or self.due()):
                self.greet()
        elif op == 0x24:
            if self.off < self.total:
                self._nak()
            else:
                self.end()
        elif op == 0x25:
            if not self.ag.cancel_job(self.s, self.r):
                self.ag.error(self.s, self.r, Fail("ECANCEL", "cancelled"))
            self.cancel()
        elif op in (0x22, 0x23):
            self.greet()

    def due(self):
        return self.since * 2 >= self.ag.win or self.off >= self.total

    def feed(self, off, p):
        """False: not what is wanted next, and a NAK is not due or has been sent."""
        n = len(p)
        if off > self.off:
            self._nak()
            return False
        if off + n > self.total:
            raise Fail("ETOOBIG", "more than was announced")
        self.moved = time.ticks_ms()
        self.since += 1
        if off + n > self.off:
            self.take(p[self.off - off :])
            self.off = off + n
            self.nak_at = -1
        return True

    def _nak(self):
        now = time.ticks_ms()
        if self.nak_at == self.off and time.ticks_diff(now, self.nak_t) < _NAK_MS:
            return
        self.nak_at = self.off
        self.nak_t = now
        self.ag.send(self.s, 0x23, self.r, b"", self.off, self.ag.win)

    def on_group(self, off, p, ack):
        """A frame for many boards: silent but for gaps, and those at a random time (section 8)."""
        if off > self.off:
            now = time.ticks_ms()
            if self.nak_at != self.off:
                self.nak_at = self.off
                self.nak_t = time.ticks_add(now, random.getrandbits(9) - _NAK_MS)
            elif time.ticks_diff(now, self.nak_t) >= _NAK_MS:
                self.nak_at = -1
                self._nak()
        elif self.feed(off, p) and ack:
            self.greet()


class Put(Inflow):
    """One file. It stays in memory while it may be resumed; its temporary file too."""

    def __init__(self, ag, s, r, path, j):
        super().__init__(ag, s, r, j.get("zn", j["n"]))
        self.path, self.size, self.h = path, j["n"], j["h"]
        self.zip = "zn" in j
        self.tmp = "%s.%s~" % (path, j["h"][:8])
        self.ending = False
        self.f = open(self.tmp, "wb")

    def adopt(self, s, r):
        """Goes on for another request for the same content."""
        self.close()
        self.s, self.r = s, r
        self.ag.flows[(s.cid, r)] = self

    def take(self, mv):
        try:
            if self.f is None:
                self.f = open(self.tmp, "ab")
            self.f.write(mv)
        except OSError:
            self.cancel()
            raise

    def rest(self):
        """Nobody sends: the file is closed, what has come is kept."""
        if self.f:
            self.f.close()
            self.f = None

    def cancel(self):
        self.close()
        self.rest()
        self.ag.puts.pop(self.path, None)
        for t in (self.tmp, self.tmp[:-1] + "z~"):
            remove(t)

    def end(self):
        if not self.ending:
            self.ending = True
            self.rest()
            self.ag.start(self.s, self.r, self._verify(), "verify")

    def _verify(self):
        try:
            tmp = self.tmp
            if self.zip:
                yield from inflate(tmp, tmp[:-1] + "z~", self.size)
                tmp = tmp[:-1] + "z~"
            got = yield from sha_file(tmp)
            if got != self.h or os.stat(tmp)[6] != self.size:
                raise Fail("EVERIFY", "what was written reads back differently", self.path)
            replace(tmp, self.path)
        finally:
            self.cancel()
        return {"n": self.size}


def op_put(ag, s, r, j, _):
    path = check_path(j["p"])
    size, h = j["n"], j["h"]
    if len(h) != 64 or not 0 <= size < 1 << 30 or not 0 < j.get("zn", 1) < 1 << 30:
        raise Fail("EINVAL", "size or hash is no good")
    try:
        st = os.stat(path)
    except OSError:
        st = None
    if st and st[0] & 0x4000:
        raise Fail("EISDIR", "there is a folder of that name", path)
    ag.start(s, r, _open(ag, s, r, path, j, st), "hash")


def _open(ag, s, r, path, j, st):
    if st and st[6] == j["n"]:
        if (yield from sha_file(path)) == j["h"]:
            return {"same": 1}
    old = ag.puts.get(path)
    if old and old.s.cid != s.cid and time.ticks_diff(time.ticks_ms(), old.moved) < _BUSY_MS:
        raise Fail("EBUSY", "another computer is writing this file", path)
    if old and (old.ending or old.h != j["h"] or old.zip != ("zn" in j)):
        if old.ending:
            raise Fail("EBUSY", "this file is being verified", path)
        old.cancel()
        old = None
    if old:
        old.adopt(s, r)
    else:
        _room(ag, path, j)
        ag.puts[path] = old = Put(ag, s, r, path, j)
    g = j.get("g")
    if g:
        old.gid = g["id"]
        old.gpads = unseal(s, r, g.get("k", ""))
        ag.flows[("g" + s.cid, old.gid)] = old
    old.greet()


def _room(ag, path, j):
    if len(ag.puts) >= _MOST:
        p = min(ag.puts.values(), key=lambda p: -time.ticks_diff(time.ticks_ms(), p.moved))
        if time.ticks_diff(time.ticks_ms(), p.moved) < _BUSY_MS:
            raise Fail("EBUSY", "too many transfers at once")
        p.cancel()
    make_parents(path)
    v = os.statvfs(parent(path))
    need = j["n"] + j.get("zn", 0) + _SPARE
    if v[0] * v[3] < need:
        raise Fail("ENOSPC", "%d bytes free, %d needed" % (v[0] * v[3], need), path)
