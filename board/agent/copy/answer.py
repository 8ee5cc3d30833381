"""Answers: frames to a host, results that are remembered, and jobs that take long
(docs/protocol.md 4, 5)."""

import gc
import json
import time

from . import frame
from .frame import F_MAC, HEAD, TAG, Fail
from .util import Clock
from .wire import UP, LinkLost

_KEPT = 8  # results of changing requests that are remembered
_SLICE_MS = 40  # a job's turn
_BEAT_MS = 2000  # a job's sign of life
_NOMEM = b'{"c":"ENOMEM","m":"not enough memory on the board"}'


class Answers:
    def __init__(self, client, qos):
        self.client = client
        self.qos = qos
        self.mtu = client.size - HEAD - TAG
        self.clock = Clock()
        self.flows = {}  # (cid, reqid) -> open transfer; also ("g" + cid, id) for groups
        self.kept = []  # [cid, reqid, answer or None while it runs]
        self.jobs = []  # [session, reqid, generator, what, last sign of life]
        self.in_callback = False

    def _again(self, s, k):
        """A request that came before: its stored answer, or a sign that it is at work."""
        if k[2]:
            op, payload, o, aux = k[2]
            return self.send(s, op, k[1], payload, o, aux)
        f = self.flows.get((s.cid, k[1]))
        if f:
            f.greet()
        else:
            self.busy(s, k[1])

    def _keep(self, cid, r):
        if len(self.kept) >= _KEPT:
            for i, k in enumerate(self.kept):
                if k[2]:
                    del self.kept[i]
                    break
            else:
                raise Fail("EBUSY", "too many requests at once")
        self.kept.append([cid, r, None])

    def send(self, s, op, r, payload=b"", off=0, aux=0, flags=0, fill=None):
        """One frame to the session's host. `fill(memoryview)` writes the payload in place and
        gives its
        length. False: not connected, nothing sent."""
        c = self.client
        if c.state != UP:
            return False
        at = c.begin(s.topic, self.qos)
        tx = c.txm
        a = at + HEAD
        if fill:
            n = fill(tx[a : a + self.mtu])
        else:
            n = len(payload)
            if n > self.mtu:
                raise Fail("ETOOBIG", "the answer does not fit a frame")
            tx[a : a + n] = payload
        if s.cid:
            s.out += 1
        frame.pack(c.tx, at, op, flags | (F_MAC if s.pads else 0), aux, r, s.out, off)
        end = a + n
        if s.pads:
            tx[end : end + TAG] = frame.mac(s.pads, b"b", tx[at:end])[:TAG]
            end += TAG
        c.finish(end)
        return True

    def finish(self, s, r, answer, off=0):
        """OK, with a dict or bytes; remembered if the request is one that must not run twice."""
        if not isinstance(answer, (bytes, bytearray, memoryview)):
            answer = json.dumps(answer).encode()
        self._end(s, r, 0x70, answer, off, 0)

    def error(self, s, r, e):
        """ERR for an exception."""
        if isinstance(e, MemoryError):
            gc.collect()
            code, payload = "ENOMEM", _NOMEM
        else:
            code, d = frame.explain(e)
            payload = json.dumps(d).encode()
            if len(payload) > self.mtu:
                payload = json.dumps({"c": code}).encode()
        self._end(s, r, 0x7F, payload, 0, frame.NAMES.index(code))

    def _end(self, s, r, op, payload, off, aux):
        for k in self.kept:
            if k[1] == r and k[0] == s.cid:
                k[2] = (op, bytes(payload), off, aux)
        self.send(s, op, r, payload, off, aux)

    def busy(self, s, r, off=0, **d):
        self.send(s, 0x71, r, json.dumps(d).encode(), off)

    def start(self, s, r, gen, what):
        """Has a generator worked off; what it returns is the answer."""
        j = [s, r, gen, what, self.clock.ms()]
        if not self._turn(j):
            self.jobs.append(j)

    def work(self):
        """A turn for the jobs. True while there are any."""
        for j in tuple(self.jobs):
            if self._turn(j):
                self.jobs.remove(j)
        return len(self.jobs) > 0

    def _turn(self, j):
        s, r, gen, what, beat = j
        t = time.ticks_ms()
        try:
            while self.in_callback or time.ticks_diff(time.ticks_ms(), t) < _SLICE_MS:
                next(gen)
                now = self.clock.ms()
                if now - j[4] > _BEAT_MS:
                    j[4] = now
                    self.busy(s, r, what=what)
            return False
        except StopIteration as e:
            if e.value is not None:
                self.finish(s, r, e.value)
        except LinkLost:
            raise
        except Exception as e:
            self.error(s, r, e)
        return True

    def cancel_job(self, s, r):
        """True if there was such a job; it ends with ECANCEL."""
        for j in self.jobs:
            if j[1] == r and j[0].cid == s.cid:
                self.jobs.remove(j)
                j[2].close()
                self.error(s, r, Fail("ECANCEL", "cancelled"))
                return True
        return False
