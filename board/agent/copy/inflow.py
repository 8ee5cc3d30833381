"""Content coming in: by offset, with credit, repaired (docs/protocol.md 7, 8)."""

import random
import time

from .util import Fail

_NAK_MS = const(1000)


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
