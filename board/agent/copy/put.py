"""Receives files: written to a temporary file, verified by reading it back, then renamed
(docs/protocol.md 7)."""

import os
import time

from .inflow import Inflow
from .paths import check_path, parent
from .reach import changeable
from .entry import unseal
from .store import inflate, make_parents, remove, replace, sha_file
from .util import Fail, load

_MOST = const(4)  # transfers open or kept for resuming
_BUSY_MS = const(15000)  # ms without progress after which a transfer loses its path
_SPARE = const(8192)  # bytes that stay free on the file system


class Put(Inflow):
    """Receives one file. It and its temporary file are kept while the transfer may be resumed."""

    def __init__(self, ag, s, r, path, j):
        super().__init__(ag, s, r, j.get("zn", j["n"]))
        self.path, self.size, self.h = path, j["n"], j["h"]
        self.zip = "zn" in j
        self.tmp = "%s.%s~" % (path, j["h"][:8])
        self.ending = False
        self.f = open(self.tmp, "wb")

    def adopt(self, s, r):
        """Continues for another request with the same content."""
        self.close()
        self.s, self.r = s, r
        self.ag.flows[(s, r)] = self

    def take(self, mv):
        try:
            if self.f is None:
                self.f = open(self.tmp, "ab")
            self.f.write(mv)
        except OSError:
            self.cancel()
            raise

    def rest(self):
        """The sender is silent: closes the file and keeps the received part."""
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
    changeable(ag, path)
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
    if old and old.s is not s and time.ticks_diff(time.ticks_ms(), old.moved) < _BUSY_MS:
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
        old.enc = load("crypt").group(old.gpads) if g.get("e") else None
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
    if not v[2]:
        raise OSError(19)  # nothing is mounted there: no blocks at all
    need = j["n"] + j.get("zn", 0) + _SPARE
    if v[0] * v[3] < need:
        raise Fail("ENOSPC", "%d bytes free, %d needed" % (v[0] * v[3], need), path)
