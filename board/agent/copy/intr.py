"""Interrupts running code and gives it input for a host (docs/protocol.md section 6)."""

import asyncio
import os
from asyncio import core

import micropython

from .util import Fail

_FEED = const(128)  # bytes of input passed to the port's ring at once; the ring holds about 260


def interrupt(run):
    """Raises KeyboardInterrupt in the running code. Returns True if something runs."""
    cur = core.cur_task
    if cur is not None and cur is not run.task and run.bomb is None:
        run.bomb = asyncio.create_task(explode(run, run.count))
        return True  # the code runs the event loop itself: ends that
    if not run.can:
        raise Fail("ENOSYS", "this port cannot interrupt running code")
    run.fire_now(None)
    if run.hit == run.count:
        try:
            # It has caught the last one. Another follows while it handles this one.
            micropython.schedule(run.fire_now, None)
        except RuntimeError:
            pass  # the queue is full: the host asks again
    run.hit = run.count
    return True


def feed(run, off, data):
    """Accepts input for sys.stdin as far as it fits, and reports the offset up to which it was
    accepted."""
    if off <= run.taken < off + len(data) and not run.input:
        new = bytes(data[run.taken - off :])[:_FEED]
        if not run.stdin.poll(0):
            run.input = new
            run.taken += len(new)
            os.dupterm_notify(None)
    return run.taken


async def explode(run, count):
    """Ends the event loop that the running code runs, as Ctrl-C does."""
    if run.live and run.count == count:
        raise KeyboardInterrupt
