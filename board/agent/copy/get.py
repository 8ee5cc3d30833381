"""Sends a file from any offset, within the host's credit (docs/protocol.md section 7)."""

import hashlib
import json
import os
import time
from binascii import hexlify

from .paths import check_path
from .reach import readable
from .util import Fail
from .wire import LinkLost

# Operations (docs/protocol.md section 5). A const whose name begins with _ takes no memory.
_OP_DATA = const(0x21)
_OP_ACK = const(0x22)
_OP_NAK = const(0x23)
_OP_END = const(0x24)
_OP_CANCEL = const(0x25)
_OP_PART = const(0x72)
_IDLE_MS = const(60000)  # ms without a word from the host after which the file is closed
_MOST = const(3)  # downloads at once


class Get:
    """at, acked, hashed: offsets up to which bytes were sent, acknowledged and hashed. window:
    bytes that may be in transit."""

    def __init__(self, ag, s, r, path, start, w):
        self.ag, self.s, self.r = ag, s, r
        self.size = os.stat(path)[6]
        if not 0 <= start <= self.size:
            raise Fail("EINVAL", "the file has %d bytes" % self.size, path)
        self.f = open(path, "rb")
        self.start = self.at = self.acked = self.hashed = start
        self.window = max(1, min(w, 64)) * ag.mtu
        self.sha = hashlib.sha256()
        self.digest = None
        self.mtime = os.stat(path)[8]
        self.moved = time.ticks_ms()
        self.ended = False
        ag.flows[(s, r)] = self
        ag.gets.append(self)
        self.greet()

    def greet(self):
        d = {"n": self.size, "o": self.start, "m": self.mtime}
        self.ag.send(self.s, _OP_PART, self.r, json.dumps(d).encode(), self.start)

    def _fill(self, mv):
        self.f.seek(self.at)  # the last bytes read may not have been sent
        n = self.f.readinto(mv[: self.size - self.at])
        if not n:
            raise Fail("EIO", "the file became shorter")
        if self.at + n > self.hashed:
            self.sha.update(mv[self.hashed - self.at : n])
            self.hashed = self.at + n
        self.n = n
        return n

    def pump(self):
        """Sends as much as credit and socket allow. Returns True if only the socket is full, so
        that the caller tries again soon."""
        c = self.ag.client
        while self.at < self.size and self.at - self.acked < self.window:
            if not c.writable():
                return True
            self.ag.send(self.s, _OP_DATA, self.r, off=self.at, fill=self._fill)
            self.at += self.n
        if self.at >= self.size and not self.ended:
            if self.digest is None:
                self.digest = hexlify(self.sha.digest()).decode()
            self.ended = True
            d = {"n": self.size, "h": self.digest}
            self.ag.send(self.s, _OP_END, self.r, json.dumps(d).encode(), self.size)
        return False

    def on_stream(self, op, off, p, ack):
        self.moved = time.ticks_ms()
        if op == _OP_CANCEL:
            self.close()
            return self.ag.error(self.s, self.r, Fail("ECANCEL", "cancelled"))
        if op not in (_OP_ACK, _OP_NAK) or not self.start <= off <= self.hashed:
            return
        self.acked = max(self.acked, off) if op == _OP_ACK else off
        if op == _OP_NAK or ack:
            self.at = off
            self.ended = False
        elif off >= self.size and self.ended:
            return self.close()
        self.pump()

    def close(self):
        self.f.close()
        self.ag.flows.pop((self.s, self.r), None)
        if self in self.ag.gets:
            self.ag.gets.remove(self)

    def idle(self):
        """Closes the file if the host has requested nothing for _IDLE_MS."""
        if time.ticks_diff(time.ticks_ms(), self.moved) > _IDLE_MS:
            self.close()


def _room(ag):
    """Closes the oldest transfer whose file was sent completely: its host left before its last
    ACK."""
    done = [g for g in ag.gets if g.ended]
    if not done:
        raise Fail("EBUSY", "too many transfers at once")
    max(done, key=lambda g: time.ticks_diff(time.ticks_ms(), g.moved)).close()


def op_get(ag, s, r, j, _):
    path = check_path(j["p"])
    readable(ag, s, path)
    old = ag.flows.get((s, r))
    if old:
        old.greet()
        old.pump()
        return  # END answers, not OK
    if os.stat(path)[0] & 0x4000:
        raise Fail("EISDIR", "that is a folder", path)
    if len(ag.gets) >= _MOST:
        _room(ag)
    g = Get(ag, s, r, path, j.get("o", 0), j.get("w", 8))
    try:
        g.pump()
    except LinkLost:
        raise  # the transfer continues when the host asks again
    except Exception:
        g.close()
        raise
