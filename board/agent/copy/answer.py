"""Answers: frames to a host, kept results, and long jobs (docs/protocol.md sections 4 and 5).
These are methods of the Agent, loaded when there is something to answer (util.Lazy)."""

import gc
import json
import time

from . import frame
from .frame import F_MAC, HEAD, TAG
from .util import Fail, load
from .wire import UP, LinkLost

# Operations (docs/protocol.md section 5). A const whose name begins with _ takes no memory.
_OP_OK = const(0x70)
_OP_BUSY = const(0x71)
_OP_ERR = const(0x7F)
_KEPT = const(8)  # kept results of requests that must not run twice
_JOBS = const(4)  # parallel jobs of one session, limited because each needs memory
_SLICE_MS = const(40)  # milliseconds of a job's turn
_BEAT_MS = const(2000)  # interval of BUSY while a job runs
# Positions in a kept result and in a job (setup.py).
_SESSION = const(0)
_REQUEST = const(1)
_ANSWER = const(2)
_GENERATOR = const(2)
_BEAT = const(4)
_NOMEM = b'{"c":"ENOMEM","m":"not enough memory on the board"}'


def again(ag, s, k):
    """Answers a repeated request: with its kept answer, or BUSY while it runs."""
    if k[_ANSWER]:
        op, payload, o, aux = k[_ANSWER]
        return send(ag, s, op, k[_REQUEST], payload, o, aux)
    f = ag.flows.get((s, k[_REQUEST]))
    if f:
        f.greet()
    else:
        busy(ag, s, k[_REQUEST])


def keep(ag, s, r):
    """Reserves a place for the result of a request that must not run twice. The oldest result
    gives way."""
    if len(ag.kept) >= _KEPT:
        for i, k in enumerate(ag.kept):
            if k[_ANSWER]:
                del ag.kept[i]
                break
        else:
            raise Fail("EBUSY", "too many requests at once")
    ag.kept.append([s, r, None])


def send(ag, s, op, r, payload=b"", off=0, aux=0, flags=0, fill=None):
    """Sends one frame to the session's host. `fill(memoryview)` writes the payload in place and
    returns its length. Returns False if not connected; nothing is sent then."""
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
    if s.enc and n:
        load("crypt").encrypt(s.enc[0], tx[at:a], tx[a:end])
    if s.pads:
        tx[end : end + TAG] = frame.mac(s.pads, b"b", tx[at:end])[:TAG]
        end += TAG
    c.finish(end)
    return True


def finish(ag, s, r, answer, off=0):
    """Answers OK with a dict or bytes; the answer is kept if the request must not run twice."""
    if not isinstance(answer, (bytes, bytearray, memoryview)):
        answer = json.dumps(answer).encode()
    _end(ag, s, r, _OP_OK, answer, off, 0)


def error(ag, s, r, e):
    """Answers ERR for an exception."""
    if isinstance(e, MemoryError):
        gc.collect()
        code, payload = "ENOMEM", _NOMEM
    else:
        code, d = frame.explain(e)
        payload = json.dumps(d).encode()
        if len(payload) > ag.mtu:
            payload = json.dumps({"c": code}).encode()
    _end(ag, s, r, _OP_ERR, payload, 0, frame.NAMES.index(code))


def _end(ag, s, r, op, payload, off, aux):
    for k in ag.kept:
        if k[_REQUEST] == r and k[_SESSION] is s:
            k[_ANSWER] = (op, bytes(payload), off, aux)
    send(ag, s, op, r, payload, off, aux)


def busy(ag, s, r, off=0, **d):
    send(ag, s, _OP_BUSY, r, json.dumps(d).encode(), off)


def start(ag, s, r, gen, what):
    """Starts a generator as a job. Its return value is the answer."""
    n = 0
    for j in tuple(ag.jobs):
        if j[_SESSION] is s:
            if j[_REQUEST] == r:  # a repeated request, because its answer takes long
                return busy(ag, s, r, what=what)
            n += 1
        elif j[_SESSION] not in ag.sessions.all and not _kept(ag, j):
            # Its computer has left. Many that come, ask and leave would fill the memory.
            ag.jobs.remove(j)
            j[_GENERATOR].close()
    if n >= _JOBS:
        raise Fail("EBUSY", "too many requests at once")
    j = [s, r, gen, what, ag.clock.ms()]
    if not _turn(ag, j):
        ag.jobs.append(j)


def _kept(ag, j):
    """Returns whether a job changes something, so that it goes on without its session."""
    return any(k[_SESSION] is j[_SESSION] and k[_REQUEST] == j[_REQUEST] for k in ag.kept)


def turns(ag):
    """Gives each job a turn. Returns True while there are jobs."""
    for j in tuple(ag.jobs):
        if _turn(ag, j):
            ag.jobs.remove(j)
    return len(ag.jobs) > 0


def _turn(ag, j):
    """Advances a job by one turn. Returns True if it has ended. Inside a callback it runs to its
    end, because the user's code may give it no other turn."""
    s, r, gen, what, beat = j
    t = time.ticks_ms()
    try:
        while ag.in_callback or time.ticks_diff(time.ticks_ms(), t) < _SLICE_MS:
            next(gen)
            now = ag.clock.ms()
            if now - j[_BEAT] > _BEAT_MS:
                j[_BEAT] = now
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
    """Cancels a request's job, which answers ECANCEL. Returns True if there was one."""
    for j in ag.jobs:
        if j[_REQUEST] == r and j[_SESSION] is s:
            ag.jobs.remove(j)
            j[_GENERATOR].close()
            error(ag, s, r, Fail("ECANCEL", "cancelled"))
            return True
    return False


def handler(ag, mod, fn):
    """Returns a function of a module of this copy, for the board's app."""
    return getattr(load(mod), fn)
