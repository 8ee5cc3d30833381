"""Running the user's code: requests, the board's own program, their input, output and interruption
(docs/protocol.md section 6). The Runner is what os.dupterm copies everything printed to."""

import asyncio
import io
import os
import select
import sys
import time
from asyncio import core

from . import hal
from .code import compile_and_run
from .frame import Fail
from .output import Output
from .put import Inflow
from .util import check_path

_FEED = 128  # bytes of input handed to the port's ring at once; that holds about 260


class Runner(io.IOBase):
    def __init__(self, ag):
        self.ag = ag
        self.event = asyncio.Event()
        self.job = None  # (kind, what, mode, file name) waiting or running
        self.out = None  # Output of the EXEC that runs or ran last
        self.state = "idle"
        self.task = None  # the asyncio task that runs code
        self.sock = self.came = None
        self.live = False  # the user's code itself is running now
        self.count = 0  # pieces of code run so far
        self.calm = True
        self.pending = False  # an interrupt is wanted
        self.fire = False  # readinto() shall give Ctrl-C
        self.bomb = None
        self.input = b""
        self.taken = 0
        self.app = {"p": None, "x": "", "n": 0, "stop": False}
        self.can = hal.can_interrupt() and hasattr(os, "dupterm")
        self.stdin = select.poll()
        self.stdin.register(sys.stdin, select.POLLIN)

    def attach(self):
        if hasattr(os, "dupterm"):
            os.dupterm(self)

    def detach(self):
        if hasattr(os, "dupterm"):
            os.dupterm(None)

    def watch(self, sock, cb=None):
        """Has the link's socket watched: by `cb` from now on, or by the one there was when only the socket
        is a new one (reconnected while code runs)."""
        if self.sock is not None and self.sock is not sock:
            hal.forget(self.sock)
        self.sock = sock
        if sock is not None:
            hal.on_read(sock, cb)
        self.came = cb

    def new_socket(self, sock):
        self.watch(sock, self.came)

    # The stream that os.dupterm sees. An exception that leaves one of these three methods ends the
    # stream, and KeyboardInterrupt is raised at any branch. So nothing puts one in unless `calm`, what came
    # before is caught at write()'s first branch, and put in anew with none between that and the return.

    def write(self, buf):
        n = len(buf)
        mine = self.calm  # False: what the agent itself prints while it handles a print
        self.calm = False
        try:
            if mine:
                self._write(buf)
        except KeyboardInterrupt:
            self.pending = True
        except Exception as e:
            self.ag.log.lost(e)
        if mine:
            if self.pending and self.live and self.can:
                self.fire = True
                os.dupterm_notify(None)
            self.calm = True
        return n

    def _write(self, buf):
        o = self.out
        c = self.ag.client
        if self.state != "exec" or o is None or c.locked:
            self.ag.log.printed(buf)
        elif c.enter():
            try:
                o.put(buf)
            except OSError as e:
                c.fail(e)
            finally:
                c.leave()

    def readinto(self, buf):
        if self.fire:
            self.fire = self.pending = False
            buf[0] = 3
            return 1
        if not self.input:
            return None
        buf[0] = self.input[0]
        self.input = self.input[1:]
        return 1

    def ioctl(self, op, arg):
        return arg & 4 if op == 3 else 0

    def interrupt(self):
        """KeyboardInterrupt in what runs. True if something does."""
        if not self.live:
            return False
        cur = core.cur_task
        if cur is not None and cur is not self.task and self.bomb is None:
            self.bomb = asyncio.create_task(explode(self, self.count))
            return True  # it runs the event loop itself: let that end
        if not self.can:
            raise Fail("ENOSYS", "this port cannot interrupt running code")
        self.pending = True
        if self.calm:
            self.fire = True
            os.dupterm_notify(None)
        return True

    def feed(self, off, data):
        """Input for sys.stdin: takes what fits, says up to where it has been taken."""
        if off <= self.taken < off + len(data) and not self.input:
            new = bytes(data[self.taken - off :])[:_FEED]
            if not self.stdin.poll(0):
                self.input = new
                self.taken += len(new)
                os.dupterm_notify(None)
        return self.taken

    # Running

    async def loop(self):
        """The task in which all code runs, one after the other."""
        self.task = core.cur_task
        while True:
            await self.event.wait()
            self.event.clear()
            while self.job:
                kind, code, mode, name = self.job
                compile_and_run(self, kind, code, mode, name)
                self.job = None
                self.ag.changed()
                await asyncio.sleep_ms(0)

    def submit(self, kind, code, mode, name):
        self.job = (kind, code, mode, name)
        self.input = b""
        self.taken = 0
        self.event.set()


async def explode(run, count):
    """Ends the event loop that the running code runs, as Ctrl-C does."""
    if run.live and run.count == count:
        raise KeyboardInterrupt


class Code(Inflow):
    """Source that comes in more than one frame."""

    def __init__(self, ag, s, r, j):
        super().__init__(ag, s, r, j["n"])
        self.j = j
        self.buf = bytearray(self.total)

    def take(self, mv):
        self.buf[self.off : self.off + len(mv)] = mv

    def cancel(self):
        self.close()
        self.ag.run.job = None

    def on_stream(self, op, off, p, ack):
        super().on_stream(op, off, p, ack)
        self.launch()

    def end(self):
        pass  # it began when all of it was there

    def launch(self):
        if self.off < self.total or self.ag.flows.get((self.s.cid, self.r)) is not self:
            return
        run = self.ag.run
        self.close()
        if run.out:
            run.ag.flows.pop((run.out.s.cid, run.out.r), None)
        run.out = None
        run.out = Output(self.ag, self.s, self.r, self.ag.cfg.get("out", 2048))
        self.ag.flows[(self.s.cid, self.r)] = run.out
        name = self.j.get("f", "<fleet>")
        run.submit("exec", self.buf, self.j.get("mode", "exec"), name)
        run.out.greet()


def op_exec(ag, s, r, j, body):
    run = ag.run
    if run.job:
        if run.job[0] == "wait":
            f = run.job[1]
            if f.s.cid in ag.sessions.all and time.ticks_diff(time.ticks_ms(), f.moved) < 15000:
                raise Fail("EBUSY", "another request sends its code", by=f.s.cid)
            f.cancel()
        else:
            app = 1 if run.job[0] == "app" else 0
            raise Fail("EBUSY", "code is running", app=app, by=run.out.s.cid if run.out else "")
    if not 0 <= j["n"] <= ag.cfg.get("code", 16384):
        raise Fail("ETOOBIG", "put longer code into a file")
    if j.get("mode", "exec") not in ("exec", "single", "eval"):
        raise Fail("EINVAL", "mode")
    c = Code(ag, s, r, j)
    run.job = ("wait", c, None, None)
    c.feed(0, body)
    if c.off < c.total:
        c.greet()
    c.launch()


def op_stdin(ag, s, r, j, body):
    if not ag.run.can:
        raise Fail("ENOSYS", "this port takes no input while code runs")
    if ag.run.state == "idle":
        return  # the code ended without reading it; an error here would end its request a second time
    ag.send(s, 0x22, r, b"", ag.run.feed(j["o"], body))


def op_intr(ag, s, r, j, _):
    ag.run.app["stop"] = True
    return {"hit": 1 if ag.run.interrupt() else 0}


def op_app(ag, s, r, j, _):
    do = j.get("do", "info")
    run = ag.run
    app = run.app
    if do == "start":
        path = check_path(j.get("p") or app["p"] or "/app.py")
        os.stat(path)
        if run.job:
            raise Fail("EBUSY", "code is running")
        app["p"] = path
        app["stop"] = False
        run.submit("app", path, "exec", path)
    elif do == "stop":
        app["stop"] = True
        if run.state == "app":
            run.interrupt()
    elif do != "info":
        raise Fail("EINVAL", "do")
    d = {"run": 1 if run.job and run.job[0] == "app" else 0, "p": app["p"], "x": app["x"]}
    d["n"] = app["n"]
    d["tasks"] = ag.tasks.counts() if ag.tasks else {}
    return d
