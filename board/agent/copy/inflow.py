"""Receives content by offset, with credit, and repairs gaps (docs/protocol.md 7, 8)."""

import random
import time

from .util import Fail

# Operations (docs/protocol.md section 5). A const whose name begins with _ takes no memory.
_OP_DATA = const(0x21)
_OP_ACK = const(0x22)
_OP_NAK = const(0x23)
_OP_END = const(0x24)
_OP_CANCEL = const(0x25)
_NAK_MS = const(1000)  # ms after which the same gap is reported again


class Inflow:
    """Bytes in order from a host. A subclass stores them: take(mv) for each piece, end() at END.

    s, r: session and id of the request; total: length in bytes; off: bytes taken so far;
    since: frames since the last ACK; nak_at, nak_t: offset and time of the last NAK; moved: time
    of the last new bytes; gpads, gid: key and id of a group's transfer; enc: its keys, if its
    frames are encrypted."""

    gpads = enc = None
    gid = None

    def __init__(self, ag, s, r, total):
        self.ag, self.s, self.r, self.total = ag, s, r, total
        self.off = 0
        self.since = 0  # frames since the last ACK
        self.nak_at = -1
        self.nak_t = self.moved = time.ticks_ms()
        ag.flows[(s, r)] = self

    def greet(self):
        self.since = 0
        self.ag.send(self.s, _OP_ACK, self.r, b"", self.off, self.ag.win)

    def close(self):
        self.ag.flows.pop((self.s, self.r), None)
        self.ag.flows.pop(("g" + self.s.cid, self.gid), None)

    def on_stream(self, op, off, p, ack):
        if op == _OP_DATA:
            if self.feed(off, p) and (ack or self.due()):
                self.greet()
        elif op == _OP_END:
            if self.off < self.total:
                self._nak()
            else:
                self.end()
        elif op == _OP_CANCEL:
            if not self.ag.cancel_job(self.s, self.r):
                self.ag.error(self.s, self.r, Fail("ECANCEL", "cancelled"))
            self.cancel()
        elif op in (_OP_ACK, _OP_NAK):
            self.greet()

    def due(self):
        return self.since * 2 >= self.ag.win or self.off >= self.total

    def feed(self, off, p):
        """Takes a piece. Returns False if bytes before it are missing; sends a NAK when one is
        due."""
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
        self.ag.send(self.s, _OP_NAK, self.r, b"", self.off, self.ag.win)

    def on_group(self, off, p, ack):
        """Takes a frame that was sent to many boards. Answers only gaps, after a random time
        (section 8)."""
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
