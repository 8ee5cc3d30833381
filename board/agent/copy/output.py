"""Sends the output of running code to the host that started it: a ring from which lost frames are
sent again. Waits for acknowledgement before it drops anything (docs/protocol.md section 6)."""

import time

from .wire import UP

# Operations (docs/protocol.md section 5). A const whose name begins with _ takes no memory.
_OP_OUT = const(0x13)
_OP_ACK = const(0x22)
_OP_NAK = const(0x23)
_OP_CANCEL = const(0x25)
_WAIT_MS = const(2000)  # ms that printing code waits for a host that does not acknowledge


class Output:
    def __init__(self, ag, s, r, size):
        self.ag, self.s, self.r = ag, s, r
        self.ring = bytearray(size)
        self.size = size
        self.acked = self.sent = self.end = 0  # positions in the whole output
        self.err_at = None  # the traceback starts here
        self.drop = 0
        self.stalled = False
        self.done = self.again = False
        self.t0 = time.ticks_ms()

    def put(self, buf):
        """Takes bytes. Waits while the ring is full. If the host stays silent, counts them as
        lost."""
        mv = memoryview(buf)
        while len(mv):
            room = self.size - (self.end - self.acked)
            if room == 0:
                if not self._wait():
                    self.drop += len(mv)
                    return
                continue
            at = self.end % self.size
            n = min(len(mv), room, self.size - at)
            self.ring[at : at + n] = mv[:n]
            self.end += n
            mv = mv[n:]
            self.flush(False)

    def _wait(self):
        c = self.ag.client
        t = time.ticks_ms()
        self.flush(True)
        was = self.acked
        while not self.stalled and c.state == UP:
            c.pump()
            if self.acked != was:
                return True
            if time.ticks_diff(time.ticks_ms(), t) > _WAIT_MS:
                self.stalled = True
                break
            c.idle(20)
        return False

    def flush(self, force):
        """Sends full frames, and a shorter one only if nothing is in transit or with `force`."""
        ag = self.ag
        while self.sent < self.end:
            n = self.end - self.sent
            if n < ag.mtu and not force and self.sent != self.acked:
                return
            if not ag.client.writable():
                return
            at = self.sent % self.size
            n = min(n, ag.mtu, self.size - at)
            aux = 1
            if self.err_at is not None:
                if self.sent >= self.err_at:
                    aux = 2
                else:
                    n = min(n, self.err_at - self.sent)
            mv = memoryview(self.ring)[at : at + n]
            if not ag.send(self.s, _OP_OUT, self.r, mv, self.sent, aux):
                return
            self.sent += n

    def error_begins(self):
        self.err_at = self.end

    def greet(self):
        if not self.done:
            ms = time.ticks_diff(time.ticks_ms(), self.t0)
            self.ag.busy(self.s, self.r, self.end, ms=ms, drop=self.drop)

    def on_stream(self, op, off, p, ack):
        if op == _OP_CANCEL:
            self.ag.run.interrupt()
        elif op in (_OP_ACK, _OP_NAK) and self.acked <= off <= self.end:
            self.stalled = False
            self.acked = off
            if op == _OP_NAK or ack or off > self.sent:
                self.sent = off
                self.flush(True)
            else:
                self.flush(False)
