"""Answers: frames to a host, results that are remembered, and jobs that take long
(docs/protocol.md 4, 5).
These are methods of the Agent that are loaded when there is something to answer (util.Lazy)."""

import gc
import json
import time

from . import frame
from .frame import F_MAC, HEAD, TAG
from .util import Fail
from .wire import UP, LinkLost

_KEPT = const(8)  # results of changing requests that are remembered
_SLICE_MS = const(40)  # a job's turn
_BEAT_MS = const(2000)  # a job's sign of life
_NOMEM = b'{"c":"ENOMEM","m":"not enough memory on the board"}'


def again(ag, s, k):
    """A request that came before: its stored answer, or a sign that it is at work."""
    if k[2]:
        op, payload, o, aux = k[2]
        return send(ag, s, op, k[1], payload, o, aux)
    f = ag.flows.get((s.cid, k[1]))
    if f:
        f.greet()
    else:
        busy(ag, s, k[1])


def keep(ag, cid, r):
    if len(ag.kept) >= _KEPT:
        for i, k in enumerate(ag.kept):
            if k[2]:
                del ag.kept[i]
                break
        else:
            raise Fail("EBUSY", "too many requests at once")
    ag.kept.append([cid, r, None])


def send(ag, s, op, r, payload=b"", off=0, aux=0, flags=0, fill=None):
    """One frame to the session's host. `fill(memoryview)` writes the payload in place and
    gives its
    length. False: not connected, nothing sent."""
    c = ag.client
    if c.state != UP:
        return False
    c.grow(c.size)
    at = c.begin(s.topic, ag.qos)
    tx = c.txm
    a = at + HEAD
    if fill:
        n = fill(tx[a : a + ag.mtu])
    else:
        n = len(payload)
        if n > ag.mtu:
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


def finish(ag, s, r, answer, off=0):
    """OK, with a dict or bytes; remembered if the request is one that must not run twice."""
    if not isinstance(answer, (bytes, bytearray, memoryview)):
        answer = json.dumps(answer).encode()
    _end(ag, s, r, 0x70, answer, off, 0)


def error(ag, s, r, e):
    """ERR for an exception."""
    if isinstance(e, MemoryError):
        gc.collect()
        code, payload = "ENOMEM", _NOMEM
    else:
        code, d = frame.explain(e)
        payload = json.dumps(d).encode()
        if len(payload) > ag.mtu:
            payload = json.dumps({"c": code}).encode()
    _end(ag, s, r, 0x7F, payload, 0, frame.NAMES.index(code))


def _end(ag, s, r, op, payload, off, aux):
    for k in ag.kept:
        if k[1] == r and k[0] == s.cid:
            k[2] = (op, bytes(payload), off, aux)
    send(ag, s, op, r, payload, off, aux)


def busy(ag, s, r, off=0, **d):
    send(ag, s, 0x71, r, json.dumps(d).encode(), off)


def start(ag, s, r, gen, what):
    """Has a generator worked off; what it returns is the answer."""
    j = [s, r, gen, what, ag.clock.ms()]
    if not _turn(ag, j):
        ag.jobs.append(j)


def turns(ag):
    """A turn for the jobs. True while there are any."""
    for j in tuple(ag.jobs):
        if _turn(ag, j):
            ag.jobs.remove(j)
    return len(ag.jobs) > 0


def _turn(ag, j):
    s, r, gen, what, beat = j
    t = time.ticks_ms()
    try:
        while ag.in_callback or time.ticks_diff(time.ticks_ms(), t) < _SLICE_MS:
            next(gen)
            now = ag.clock.ms()
            if now - j[4] > _BEAT_MS:
                j[4] = now
                busy(ag, s, r, what=what)
        return False
    except StopIteration as e:
        if e.value is not None:
            finish(ag, s, r, e.value)
    except LinkLost:
        raise
    except Exception as e:
        error(ag, s, r, e)
    return True


def cancel_job(ag, s, r):
    """True if there was such a job; it ends with ECANCEL."""
    for j in ag.jobs:
        if j[1] == r and j[0].cid == s.cid:
            ag.jobs.remove(j)
            j[2].close()
            error(ag, s, r, Fail("ECANCEL", "cancelled"))
            return True
    return False
