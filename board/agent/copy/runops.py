"""Requests about running code: EXEC with its source, STDIN, INTR, APP (docs/protocol.md section
6)."""

import os
import time
from binascii import hexlify
from hashlib import sha256

from .entry import admins
from .intr import feed
from .inflow import Inflow
from .output import Output
from .paths import check_path
from .util import Fail, load

# Operations (docs/protocol.md section 5). A const whose name begins with _ takes no memory.
_OP_ACK = const(0x22)


class Code(Inflow):
    """Source that arrives in more than one frame."""

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
        pass  # it started after all of it had arrived

    def launch(self):
        """Runs the code if all of it has arrived."""
        if self.off < self.total or self.ag.flows.get((self.s, self.r)) is not self:
            return
        run = self.ag.run
        if hexlify(sha256(self.buf).digest()).decode() != self.j["h"]:
            self.cancel()
            raise Fail("EVERIFY", "this is not the code that was announced")
        self.close()
        if run.out:
            run.ag.flows.pop((run.out.s, run.out.r), None)
        run.out = None
        run.out = Output(self.ag, self.s, self.r, self.ag.cfg.get("out", 2048))
        self.ag.flows[(self.s, self.r)] = run.out
        run.out.again = self.j.get("run") and self.ag.cfg.get("after") == "restart"
        name = self.j.get("f", "<fleet>")
        run.submit("exec", self.buf, self.j.get("mode", "exec"), name)
        run.out.greet()


def op_exec(ag, s, r, j, body):
    run = ag.run
    if run.job:
        if run.job[0] == "wait":
            f = run.job[1]
            if f.s in ag.sessions.all and time.ticks_diff(time.ticks_ms(), f.moved) < 15000:
                raise Fail("EBUSY", "another request sends its code", by=f.s.cid)
            f.cancel()
        else:
            app = 1 if run.job[0] == "app" else 0
            raise Fail("EBUSY", "code is running", app=app, by=run.out.s.cid if run.out else "")
    if not 0 <= j["n"] <= ag.cfg.get("code", 16384):
        raise Fail("ETOOBIG", "put longer code into a file")
    if len(j["h"]) != 64:
        raise Fail("EINVAL", "h must be the SHA-256 of the code")
    if j.get("mode", "exec") not in ("exec", "single", "eval"):
        raise Fail("EINVAL", "mode")
    load("code")  # now, while a MemoryError can still be reported
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
        # the code ended without reading it; an error here would end its request a second time
        return
    if ag.run.state == "exec" and ag.run.out.s is not s:
        raise Fail("EROLE", "its input comes from the session that runs it")
    ag.send(s, _OP_ACK, r, b"", feed(ag.run, j["o"], body))


def op_intr(ag, s, r, j, _):
    ag.run.app["stop"] = True
    return {"hit": 1 if ag.run.interrupt() else 0}


def op_app(ag, s, r, j, _):
    if "a" in j:
        return load("entry").deployed().request(j)
    do = j.get("do", "info")
    run = ag.run
    app = run.app
    if do == "start":
        if "p" in j:
            admins(s)
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
